#include "load.h"

#define FIRST_PORT 1100

enum { NONE, OPENING, OPEN };
static char state[MAX_DESCRIPTORS];
static double began[MAX_DESCRIPTORS], errors[MAX_DESCRIPTORS];
static long opened, refused, failed;
static int highest;

static int open_one(struct sockaddr_in to, struct sockaddr_in source) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) die("socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0) die("bind");
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) die("connect");
  state[fd] = OPENING;
  began[fd] = now();
  if (fd > highest) highest = fd;
  return fd;
}

static void settle(int epoll, int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
  if (error == 0) {
    state[fd] = OPEN;
    opened++;
    return;
  }
  if (error == ECONNREFUSED) errors[refused++] = now() - began[fd];
  else failed++;
  state[fd] = NONE;
  close(fd);
}

/* One byte there and back on every connection: an entry in a table is not yet a connection. */
static long count_alive(void) {
  long alive = 0;
  double deadline = now() + 10;
  char byte;
  for (int fd = 0; fd <= highest; fd++)
    if (state[fd] == OPEN && write(fd, "x", 1) != 1) state[fd] = NONE;
  for (int fd = 0; fd <= highest; fd++) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    double left = deadline - now();
    if (state[fd] != OPEN) continue;
    if (poll(&one, 1, left > 0 ? (int)(left * 1000) : 0) == 1 && read(fd, &byte, 1) == 1) alive++;
  }
  return alive;
}

static void report(int wanted, double seconds) {
  qsort(errors, (size_t)refused, sizeof(double), compare_doubles);
  printf("{\"wanted\":%d,\"opened\":%ld,\"refused\":%ld,\"failed\":%ld,\"unanswered\":%ld,\"seconds\":%.2f,"
         "\"refusedAfterP50Ms\":%.2f,\"refusedAfterMaxMs\":%.2f}\n",
         wanted, opened, refused, failed, wanted - opened - refused - failed, seconds, 1e3 * percentile(errors, refused, 0.5),
         1e3 * percentile(errors, refused, 1));
  fflush(stdout);
}

/* Opens connections and keeps them until stdin ends; a line on stdin asks how many are alive. */
void hold(char **a) {
  struct sockaddr_in to = address_of(a[0], atoi(a[1])), first = address_of(a[4], 0);
  int wanted = atoi(a[2]), sources = atoi(a[5]), started = 0, epoll = epoll_create1(0);
  double rate = atof(a[3]), patience = atof(a[6]), start = now(), last = start;
  struct epoll_event events[EVENTS];
  char line[64];
  while (opened + refused + failed < wanted && now() - last < patience) {
    int count;
    while (started < wanted && started < (now() - start) * rate) {
      struct sockaddr_in source = nth_address(first, (unsigned)(started % sources));
      source.sin_port = htons((uint16_t)(FIRST_PORT + started / sources));
      watch(epoll, open_one(to, source), EPOLLOUT, EPOLL_CTL_ADD);
      started++;
      last = now();
    }
    count = epoll_wait(epoll, events, EVENTS, 1);
    for (int i = 0; i < count; i++) settle(epoll, events[i].data.fd);
  }
  report(wanted, now() - start);
  while (fgets(line, sizeof line, stdin) != NULL) {
    printf("{\"alive\":%ld}\n", count_alive());
    fflush(stdout);
  }
}
