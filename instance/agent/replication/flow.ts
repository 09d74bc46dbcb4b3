/** A flow through a NAT, as the kernel tracks it and as peers copy it. Mutable: one object is filled again and again while reading. */
export interface Flow {
  /** IP protocol: 1 ICMP (echo), 6 TCP, 17 UDP. */
  protocol: number;
  /** IPv4 addresses as unsigned 32-bit numbers, ports as numbers. An echo has its identifier for a port of the client's; the remote's is 0. */
  client: number;
  clientPort: number;
  remote: number;
  remotePort: number;
  /** SNAT address and port. */
  nat: number;
  natPort: number;
  /** Seconds until the entry expires; 0: it is gone. */
  lifetime: number;
  /** Kernel's TCP state (TCP_STATE); 0 for others. */
  tcpState: number;
  /** Window scales and flags of the two directions (IP_CT_TCP_FLAG_*). */
  wscaleOriginal: number;
  wscaleReply: number;
  tcpFlagsOriginal: number;
  tcpFlagsReply: number;
}

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;

/** enum tcp_conntrack of the kernel, as far as it is named here. */
export const TCP_STATE = { established: 3, finWait: 4, closeWait: 5 } as const;

export function emptyFlow(): Flow {
  return {
    protocol: 0,
    client: 0,
    clientPort: 0,
    remote: 0,
    remotePort: 0,
    nat: 0,
    natPort: 0,
    lifetime: 0,
    tcpState: 0,
    wscaleOriginal: 0,
    wscaleReply: 0,
    tcpFlagsOriginal: 0,
    tcpFlagsReply: 0,
  };
}

/** Worth a copy: traffic in both directions is still possible. A TCP flow that is closing for good is not. */
export function isOpen({ protocol, tcpState }: Flow): boolean {
  return protocol !== TCP || (tcpState >= TCP_STATE.established && tcpState <= TCP_STATE.closeWait);
}

/** Has so short a lifetime of its own that its copies need no longer one when the NAT is gone that told of it. */
export function endsSoon({ protocol, tcpState }: Flow): boolean {
  return protocol === ICMP || (protocol === TCP && tcpState !== TCP_STATE.established);
}

/** As flowKey, and with its translation: another flow of the same client's socket has another. */
export function translatedKey(flow: Flow): string {
  return flowKey(flow) + String.fromCharCode(flow.nat >>> 16, flow.nat & 0xffff, flow.natPort);
}

/** The same for the same client, remote and protocol: a client's socket. */
export function flowKey({ protocol, client, clientPort, remote, remotePort }: Flow): string {
  return String.fromCharCode(protocol, client >>> 16, client & 0xffff, clientPort, remote >>> 16, remote & 0xffff, remotePort);
}

export function toNumber(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}
