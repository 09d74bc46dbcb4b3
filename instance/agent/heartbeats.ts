import { createSocket, type Socket } from "node:dgram";
import { PORTS } from "../../contract/ports";
import type { HeartbeatBody } from "../../contract/heartbeat";
import { type DropReason, open, type OpenContext, seal } from "./heartbeat-codec";
import { type Log, words } from "./log";

export interface Heartbeats {
  /** One packet to every address; sealed once. Never throws, never waits. */
  send(body: HeartbeatBody, key: Buffer, addresses: Iterable<string>): void;
  readonly dropped: () => Readonly<Record<DropReason, number>>;
  close(): void;
}

export interface HeartbeatsOptions {
  readonly port?: number;
  readonly log: Log;
  /** What packets are judged by now; null while no key is loaded: they cannot be judged, so they are neither heard nor counted. */
  readonly context: () => OpenContext | null;
  readonly onHeard: (body: HeartbeatBody) => void;
}

/** Binds UDP 881 and hears: what is not a fresh packet of a listed peer is counted, logged and dropped. */
export async function bindHeartbeats({ port = PORTS.heartbeat, log, context, onHeard }: HeartbeatsOptions): Promise<Heartbeats> {
  const dropped: Record<DropReason, number> = { malformed: 0, foreign: 0, forged: 0, replayed: 0 };
  const socket = createSocket("udp4");
  socket.on("message", (packet, { address }) => {
    const judge = context();
    if (judge === null) return;
    const opened = open(packet, address, judge);
    if (opened.outcome === "ok") {
      onHeard(opened.body);
      return;
    }
    dropped[opened.outcome] += 1;
    log.limited(`heartbeat-${opened.outcome}`, "heartbeat dropped", { why: opened.why, total: dropped[opened.outcome] });
  });
  await bind(socket, port);
  socket.on("error", (error) => log.limited("heartbeat-socket", "heartbeat socket", { why: words(error) }));
  return {
    send: (body, key, addresses) => {
      const packet = seal(body, key);
      for (const address of addresses)
        socket.send(packet, port, address, (error) => {
          if (error) log.limited("heartbeat-send", "heartbeat not sent", { address, why: words(error) });
        });
    },
    dropped: () => ({ ...dropped }),
    close: () => socket.close(),
  };
}

function bind(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, "0.0.0.0", () => {
      socket.off("error", reject);
      resolve();
    });
  });
}
