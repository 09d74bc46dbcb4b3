import { emptyFlow, type Flow, ICMP, TCP, toNumber } from "../../../../instance/agent/replication/flow";

export const FLOATING = toNumber("10.0.0.20");

/** What a ping is; the kernel gives it 30 s at each packet. */
export const ECHO: Partial<Flow> = {
  protocol: ICMP,
  clientPort: 4711,
  natPort: 815,
  remotePort: 0,
  lifetime: 30,
  tcpState: 0,
  wscaleOriginal: 0,
  wscaleReply: 0,
  tcpFlagsOriginal: 0,
  tcpFlagsReply: 0,
};

/** The n-th TCP flow of a client behind a SNAT address. */
export function flow(n: number, over: Partial<Flow> = {}): Flow {
  return {
    ...emptyFlow(),
    protocol: TCP,
    client: toNumber("10.0.64.10") + (n >>> 14),
    clientPort: 1024 + (n % 16_384),
    remote: toNumber("198.51.100.10"),
    remotePort: 443,
    nat: FLOATING,
    natPort: 1024 + n,
    lifetime: 3600,
    tcpState: 3,
    wscaleOriginal: 7,
    wscaleReply: 9,
    tcpFlagsOriginal: 3,
    tcpFlagsReply: 3,
    ...over,
  };
}
