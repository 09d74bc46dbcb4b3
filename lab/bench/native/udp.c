#include "load.h"

#define SOURCE_PORT 33333
#define FIRST_PORT 1024
#define BATCH 64

static int bound(int port) {
  struct sockaddr_in any = address_of("0.0.0.0", port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) die("socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0) die("bind");
  return fd;
}

/* Answers from the address that was asked. */
void udp_echo(int first_port, int ports) {
  struct epoll_event events[EVENTS];
  int epoll = epoll_create1(0);
  for (int i = 0; i < ports; i++) {
    int fd = bound(first_port + i);
    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
    watch(epoll, fd, EPOLLIN, EPOLL_CTL_ADD);
  }
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      char bytes[64], control[CMSG_SPACE(sizeof(struct in_pktinfo))];
      struct sockaddr_in from;
      struct iovec data = {.iov_base = bytes, .iov_len = sizeof bytes};
      struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &data, .msg_iovlen = 1,
                               .msg_control = control, .msg_controllen = sizeof control};
      struct cmsghdr *header;
      ssize_t size = recvmsg(events[i].data.fd, &message, 0);
      if (size < 0) continue;
      header = CMSG_FIRSTHDR(&message);
      if (header != NULL) ((struct in_pktinfo *)CMSG_DATA(header))->ipi_ifindex = 0;
      data.iov_len = (size_t)size;
      sendmsg(events[i].data.fd, &message, 0);
    }
  }
}

/* Flow n of a number: the addresses in turn, then the next port. */
static struct sockaddr_in flow(struct sockaddr_in first, unsigned addresses, unsigned long n) {
  struct sockaddr_in to = nth_address(first, (unsigned)(n % addresses));
  to.sin_port = htons((uint16_t)(FIRST_PORT + n / addresses % 64000));
  return to;
}

/* Three bytes there and back make a UDP flow established. */
void prime(char **a) {
  struct sockaddr_in first = address_of(a[0], FIRST_PORT);
  unsigned addresses = (unsigned)atoi(a[1]);
  long flows = atol(a[2]), answered = 0;
  int fd = bound(SOURCE_PORT);
  struct timeval patience = {.tv_sec = 1};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (int round = 0; round < 3; round++)
    for (long n = 0; n < flows; n++) {
      struct sockaddr_in to = flow(first, addresses, (unsigned long)n);
      char byte;
      if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to) != 1) die("sendto");
      if (recv(fd, &byte, 1, 0) == 1) answered++;
    }
  printf("{\"wanted\":%ld,\"answered\":%ld}\n", 3 * flows, answered);
}

/* Datagrams round robin over FLOWS 5-tuples until SECONDS or MOST datagrams are over. */
void blast(char **a) {
  static char payload[2048];
  struct sockaddr_in first = address_of(a[0], FIRST_PORT), to[BATCH];
  unsigned addresses = (unsigned)atoi(a[1]);
  unsigned long flows = (unsigned long)atol(a[2]), n = 0;
  size_t bytes = (size_t)atol(a[3]);
  double seconds = atof(a[4]), start;
  long most = atol(a[5]), sent = 0;
  struct mmsghdr messages[BATCH] = {0};
  struct iovec data = {.iov_base = payload, .iov_len = bytes < sizeof payload ? bytes : sizeof payload};
  int fd = bound(SOURCE_PORT);
  for (int i = 0; i < BATCH; i++) {
    messages[i].msg_hdr.msg_iov = &data;
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &to[i];
    messages[i].msg_hdr.msg_namelen = sizeof *to;
  }
  start = now();
  while (now() - start < seconds && sent < most) {
    int count;
    for (int i = 0; i < BATCH; i++) to[i] = flow(first, addresses, n++ % flows);
    count = sendmmsg(fd, messages, BATCH, 0);
    if (count > 0) sent += count;
  }
  printf("{\"sent\":%ld,\"seconds\":%.6f}\n", sent, now() - start);
}
