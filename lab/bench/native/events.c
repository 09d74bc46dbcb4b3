#include "load.h"
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

static const struct nlattr *find(const char *from, size_t length, uint16_t type) {
  while (length >= sizeof(struct nlattr)) {
    const struct nlattr *attribute = (const struct nlattr *)from;
    size_t size = NLA_ALIGN(attribute->nla_len);
    if (attribute->nla_len < sizeof *attribute || size > length) return NULL;
    if ((attribute->nla_type & NLA_TYPE_MASK) == type) return attribute;
    from += size;
    length -= size;
  }
  return NULL;
}

static const struct nlattr *inside(const struct nlattr *outer, uint16_t type) {
  return outer == NULL ? NULL : find((const char *)outer + NLA_HDRLEN, (size_t)outer->nla_len - NLA_HDRLEN, type);
}

/* Source port of the client and the kernel's time: enough to find a flow of ours again on another kernel of this machine. */
static void print_event(const struct nlmsghdr *message) {
  const char *body = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
  const struct nlattr *original = find(body, message->nlmsg_len - NLMSG_LENGTH(sizeof(struct nfgenmsg)), CTA_TUPLE_ORIG);
  const struct nlattr *address = inside(inside(original, CTA_TUPLE_IP), CTA_IP_V4_SRC);
  const struct nlattr *port = inside(inside(original, CTA_TUPLE_PROTO), CTA_PROTO_SRC_PORT);
  const struct nlattr *to = inside(inside(original, CTA_TUPLE_IP), CTA_IP_V4_DST);
  uint32_t source, target;
  uint16_t number;
  if (address == NULL || port == NULL || to == NULL) return;
  memcpy(&source, (const char *)address + NLA_HDRLEN, sizeof source);
  memcpy(&target, (const char *)to + NLA_HDRLEN, sizeof target);
  memcpy(&number, (const char *)port + NLA_HDRLEN, sizeof number);
  printf("%u %u %u %.6f\n", ntohl(source), ntohs(number), ntohl(target), now());
}

/* One line a flow that the kernel announces to a group (1: new, 2: update), until killed. */
void flow_events(int group) {
  static char buffer[1 << 18];
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  if (fd < 0) die("socket");
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){1 << 26}, sizeof(int));
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 1 << 24);
  set_option(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    unsigned left;
    if (size < 0 && errno == ENOBUFS) {
      printf("lost\n");
      continue;
    }
    if (size < 0) die("recv");
    left = (unsigned)size;
    for (const struct nlmsghdr *message = (struct nlmsghdr *)buffer; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
      if (message->nlmsg_type >> 8 == NFNL_SUBSYS_CTNETLINK) print_event(message);
    fflush(stdout);
  }
}
