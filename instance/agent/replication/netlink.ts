/**
 * Connection tracking over netlink (linux/netfilter/nfnetlink_conntrack.h). Headers are in host order (little endian on every machine
 * that runs this), attributes in network order.
 */
const NFNL_SUBSYS_CTNETLINK = 1;

export const MESSAGE = {
  error: 2,
  done: 3,
  flow: NFNL_SUBSYS_CTNETLINK << 8,
  get: (NFNL_SUBSYS_CTNETLINK << 8) | 1,
  delete: (NFNL_SUBSYS_CTNETLINK << 8) | 2,
} as const;

export const FLAG = { request: 0x1, ack: 0x4, dump: 0x300, exclusive: 0x200, create: 0x400 } as const;

/** Netlink header, then the one of nfnetlink. */
export const HEADER_BYTES = 20;

export const CTA = { original: 1, reply: 2, status: 3, protoinfo: 4, natSource: 6, timeout: 7, statusMask: 26 } as const;

export const STATUS = { seenReply: 0x2, assured: 0x4, confirmed: 0x8 } as const;

/** Of a flow's tuple: who it is between, by transport protocol. An echo has one identifier, and another type each way. */
export const CTA_PROTO = { number: 1, sourcePort: 2, targetPort: 3, icmpId: 4, icmpType: 5, icmpCode: 6 } as const;

export const ICMP_TYPE = { echoReply: 0, echo: 8 } as const;

/** Positive errno values that requests are answered with. */
export const ERRNO = { noEntry: 2, busy: 16, exists: 17 } as const;
