import { parentPort, workerData } from "node:worker_threads";
import { CROWD_PORTS } from "./kinds";
import { listen } from "./listen";

/**
 * Thread of the crowd's server for new connections: each is told its public address and closed. Says `ready` to its parent.
 * A thread of its own, because libuv takes one new connection of a port each turn of the loop: beside hundreds of connections that talk,
 * a turn takes so long that 50 new ones a second and lane waited for seconds to be accepted.
 */
void listen(CROWD_PORTS.short, workerData as string, (socket) => socket.end(socket.remoteAddress ?? "")).then(() =>
  parentPort?.postMessage("ready"),
);
