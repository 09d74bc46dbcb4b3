import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { once } from "node:events";

const closers: (() => void)[] = [];

/** Closes every server of the test file's finished test. */
export function closeAll(): void {
  for (const close of closers.splice(0)) close();
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

export async function http(listener: RequestListener): Promise<number> {
  const server = createHttpServer(listener);
  const port = await listen(server);
  closers.push(() => server.closeAllConnections());
  return port;
}

/** A resolver that knows one address for every name; null answers nothing at all. Returns `address:port`. */
export async function dns(address: string | null, options: { readonly dropFirst?: number } = {}): Promise<string> {
  const socket = createSocket("udp4");
  let dropped = 0;
  socket.on("message", (query, peer) => {
    if (address === null || dropped++ < (options.dropFirst ?? 0)) return;
    socket.send(answer(query, address), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  closers.push(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** Query → response with one A record of the question's name (RFC 1035 §4.1). */
function answer(query: Buffer, address: string): Buffer {
  let end = 12;
  while (query[end] !== 0) end += (query[end] ?? 0) + 1;
  const question = query.subarray(12, end + 5);
  const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  return Buffer.concat([header, question, record]);
}
