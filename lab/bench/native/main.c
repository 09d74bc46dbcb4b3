#include "load.h"
#include <sys/prctl.h>

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

_Noreturn void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

struct sockaddr_in address_of(const char *text, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) {
    fprintf(stderr, "load: %s is not an IPv4 address\n", text);
    exit(2);
  }
  return address;
}

struct sockaddr_in nth_address(struct sockaddr_in first, unsigned n) {
  first.sin_addr.s_addr = htonl(ntohl(first.sin_addr.s_addr) + n);
  return first;
}

void set_option(int fd, int level, int name, int value) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) die("setsockopt");
}

void watch(int epoll, int fd, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  if (epoll_ctl(epoll, operation, fd, &event) != 0) die("epoll_ctl");
}

int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double percentile(double *sorted, long count, double share) {
  return count == 0 ? 0 : sorted[(long)((double)(count - 1) * share)];
}

/* As many descriptors as we may have; nobody outlives the bench. */
static void prepare(void) {
  struct rlimit limit;
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static int usage(void) {
  fprintf(stderr, "usage: load serve PORT PROCESSES | sink PORT | udp-echo FIRST_PORT PORTS | events GROUP\n"
                  "       load bulk ADDRESS PORT SECONDS\n"
                  "       load connect ADDRESS ADDRESSES PORT SECONDS PARALLEL SOURCE SOURCES RATE\n"
                  "       load hold ADDRESS PORT COUNT RATE SOURCE SOURCES PATIENCE_SECONDS\n"
                  "       load prime ADDRESS ADDRESSES FLOWS\n"
                  "       load blast ADDRESS ADDRESSES FLOWS BYTES SECONDS MOST\n");
  return 2;
}

int main(int count, char **argument) {
  const struct {
    const char *name;
    int arguments;
  } commands[] = {{"serve", 2}, {"sink", 1}, {"udp-echo", 2}, {"events", 1}, {"bulk", 3},
                  {"connect", 8}, {"hold", 7}, {"prime", 3}, {"blast", 6}};
  char **rest = argument + 2;
  size_t i, commands_count = sizeof commands / sizeof *commands;
  if (count < 2) return usage();
  for (i = 0; i < commands_count && strcmp(argument[1], commands[i].name) != 0; i++)
    ;
  if (i == commands_count || count - 2 != commands[i].arguments) return usage();
  prepare();
  switch (i) {
    case 0: serve(atoi(rest[0]), atoi(rest[1])); break;
    case 1: sink(atoi(rest[0])); break;
    case 2: udp_echo(atoi(rest[0]), atoi(rest[1])); break;
    case 3: flow_events(atoi(rest[0])); break;
    case 4: bulk(rest[0], atoi(rest[1]), atof(rest[2])); break;
    case 5: connect_loop(rest); break;
    case 6: hold(rest); break;
    case 7: prime(rest); break;
    case 8: blast(rest); break;
  }
  return 0;
}
