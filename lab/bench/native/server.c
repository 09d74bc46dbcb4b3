#include "load.h"
#include <sys/prctl.h>

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in any = address_of("0.0.0.0", port);
  if (fd < 0) die("socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0) die("bind");
  if (listen(fd, 65535) != 0) die("listen");
  return fd;
}

static void accept_all(int epoll, int listener) {
  for (int i = 0; i < 256; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    watch(epoll, fd, EPOLLIN, EPOLL_CTL_ADD);
  }
}

/* Answers each read with one byte; keeps a connection until the peer closes it. One process holds as many as it has descriptors. */
void serve(int port, int processes) {
  struct epoll_event events[EVENTS];
  char bytes[4096];
  int epoll, listener;
  for (int i = 1; i < processes; i++) {
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    break;
  }
  listener = listen_on(port);
  epoll = epoll_create1(0);
  watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(epoll, listener);
      else if (read(fd, bytes, sizeof bytes) <= 0 || write(fd, bytes, 1) < 0) close(fd);
    }
  }
}

/* Takes bytes and forgets them in the kernel. */
void sink(int port) {
  struct epoll_event events[EVENTS];
  int listener = listen_on(port), epoll = epoll_create1(0);
  watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) accept_all(epoll, listener);
      else if (recv(fd, NULL, 1 << 20, MSG_TRUNC) == 0) close(fd);
    }
  }
}

/* Sends as fast as it goes; what still waits in our own socket was not carried. */
void bulk(const char *to, int port, double seconds) {
  static char bytes[1 << 17];
  struct sockaddr_in address = address_of(to, port);
  int fd = socket(AF_INET, SOCK_STREAM, 0), waiting = 0;
  double sent = 0, start, end;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  start = now();
  while (now() - start < seconds) {
    ssize_t wrote = write(fd, bytes, sizeof bytes);
    if (wrote < 0) die("write");
    sent += (double)wrote;
  }
  ioctl(fd, TIOCOUTQ, &waiting);
  end = now();
  printf("{\"bytes\":%.0f,\"seconds\":%.4f}\n", sent - waiting, end - start);
}
