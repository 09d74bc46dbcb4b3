import { createSocket } from "node:dgram";
import { CROWD_PORTS } from "./kinds";
import { runThread } from "./thread";

/**
 * Thread of the crowd's server for UDP: every packet goes back as it came.
 * A thread of its own, because libuv reads 32 packets of a socket each turn of the loop: beside hundreds of connections that talk, that was
 * less than came, and once the socket's queue was seconds long every answer of every lane was late for good.
 */
void runThread(async (address) => {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  // Its own address, not every one of the node's: an answer must come from where the question went.
  await new Promise<void>((resolve) => socket.bind(CROWD_PORTS.udp, address, resolve));
});
