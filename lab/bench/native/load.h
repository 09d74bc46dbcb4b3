/* Load for `lab bench`: small, bounded, one JSON line on stdout for each command. */
#ifndef LOAD_H
#define LOAD_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DESCRIPTORS 1048576
#define EVENTS 512

double now(void);
_Noreturn void die(const char *what);
struct sockaddr_in address_of(const char *text, int port);
struct sockaddr_in nth_address(struct sockaddr_in first, unsigned n);
void set_option(int fd, int level, int name, int value);
void watch(int epoll, int fd, uint32_t events, int operation);
int compare_doubles(const void *a, const void *b);
double percentile(double *sorted, long count, double share);

void serve(int port, int processes);
void sink(int port);
void bulk(const char *to, int port, double seconds);
void connect_loop(char **argument);
void hold(char **argument);
void udp_echo(int first_port, int ports);
void prime(char **argument);
void blast(char **argument);
void flow_events(int group);
#endif
