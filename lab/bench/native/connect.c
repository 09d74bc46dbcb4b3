#include "load.h"

#define MAX_LATENCIES 1000000

static struct {
  struct sockaddr_in to, source;
  unsigned addresses, sources, next;
  int epoll;
  long done, failed, refused, started;
  double began[MAX_DESCRIPTORS];
  char asked[MAX_DESCRIPTORS];
  double latencies[MAX_LATENCIES];
} s;

static void start_one(void) {
  struct sockaddr_in to = nth_address(s.to, s.next % s.addresses);
  struct sockaddr_in source = nth_address(s.source, (s.next / s.addresses) % s.sources);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  s.next++;
  s.started++;
  if (fd < 0) {
    s.failed++;
    return;
  }
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  s.began[fd] = now();
  s.asked[fd] = 0;
  if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0 ||
      (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
    s.failed++;
    close(fd);
    return;
  }
  watch(s.epoll, fd, EPOLLOUT, EPOLL_CTL_ADD);
}

static void finish(int fd, int ok) {
  if (!ok) s.failed++;
  else if (s.done < MAX_LATENCIES) s.latencies[s.done++] = now() - s.began[fd];
  close(fd);
}

/* 1: the connection has ended, well or not. */
static int step(int fd) {
  char byte;
  if (!s.asked[fd]) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == ECONNREFUSED) s.refused++;
    if (error != 0 || write(fd, "x", 1) != 1) {
      finish(fd, 0);
      return 1;
    }
    s.asked[fd] = 1;
    watch(s.epoll, fd, EPOLLIN, EPOLL_CTL_MOD);
    return 0;
  }
  finish(fd, read(fd, &byte, 1) == 1);
  return 1;
}

/* Connect, one byte there and back, close; a number in parallel, or so many a second (RATE > 0). */
void connect_loop(char **a) {
  struct epoll_event events[EVENTS];
  double seconds = atof(a[3]), rate = atof(a[7]), start, elapsed;
  int parallel = atoi(a[4]);
  s.to = address_of(a[0], atoi(a[2]));
  s.addresses = (unsigned)atoi(a[1]);
  s.source = address_of(a[5], 0);
  s.sources = (unsigned)atoi(a[6]);
  s.next = (unsigned)getpid() * 2654435761u % 100000;
  s.epoll = epoll_create1(0);
  start = now();
  if (rate <= 0)
    for (int i = 0; i < parallel; i++) start_one();
  while ((elapsed = now() - start) < seconds) {
    int count;
    if (rate > 0)
      while ((double)s.started < elapsed * rate && s.started - s.done - s.failed < parallel) start_one();
    count = epoll_wait(s.epoll, events, EVENTS, rate > 0 ? 1 : 100);
    for (int i = 0; i < count; i++)
      if (step(events[i].data.fd) && rate <= 0) start_one();
  }
  qsort(s.latencies, (size_t)s.done, sizeof(double), compare_doubles);
  printf("{\"done\":%ld,\"failed\":%ld,\"refused\":%ld,\"pending\":%ld,\"seconds\":%.4f,\"p50us\":%.0f,\"p99us\":%.0f}\n", s.done,
         s.failed, s.refused, s.started - s.done - s.failed, elapsed, 1e6 * percentile(s.latencies, s.done, 0.5),
         1e6 * percentile(s.latencies, s.done, 0.99));
}
