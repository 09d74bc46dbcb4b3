import { createServer } from "node:net";
import type { Socket } from "node:net";

/** A TCP server on one address; resolves when it listens. */
export function listen(port: number, host: string, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    // A connection that the client lost ends here by an error some day; the client is the one that counts it.
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve());
  });
}
