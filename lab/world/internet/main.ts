import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { createServer as createHttpsServer } from "node:https";
import { INTERNET } from "../fabric";
import { answerQuery } from "./dns";

/**
 * The internet in one process: DNS, HTTP and TLS for every address of its namespace, an echo that tells a caller's public address,
 * and the AWS API forwarded to the holder. With `forward` it is the last part only, for functions outside the VPC.
 *
 *   internet.cjs (serve|forward) AWS_SOCKET [CERTIFICATE KEY]
 */
const [mode = "", awsSocket = "", certificate = "", key = ""] = process.argv.slice(2);

/** Port of the echo server: a connection is answered by the caller's address and a newline, then closed. */
const ECHO_PORT = 7;
const NAMES = {
  "aws.amazon.com": INTERNET.website,
  "checkip.amazonaws.com": INTERNET.website,
  "one.one.one.one": INTERNET.resolver,
};

function peer(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

function serveWeb(request: IncomingMessage, response: ServerResponse): void {
  const caller = peer(request.socket.remoteAddress);
  const body =
    request.url === "/cdn-cgi/trace"
      ? `fl=lab\nh=${request.headers.host ?? ""}\nip=${caller}\nts=${Date.now() / 1000}\n`
      : `${caller}\n`;
  response.writeHead(200, { "content-type": "text/plain", "content-length": Buffer.byteLength(body), connection: "close" });
  response.end(body);
}

/** Bound to one address: an answer must come from where the question went. */
function dnsOverUdp(address: string): void {
  const resolver = createSocket("udp4");
  resolver.on("message", (query, from) => {
    const answer = answerQuery(query, NAMES);
    if (answer !== undefined) resolver.send(answer, from.port, from.address);
  });
  resolver.bind(53, address);
}

function dnsOverTcp(): Server {
  return createServer((socket) => {
    let received = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = answerQuery(received.subarray(2, 2 + received.readUInt16BE(0)), NAMES);
      if (answer === undefined) return socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.end(Buffer.concat([length, answer]));
    });
  });
}

function echo(): Server {
  return createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(`${peer(socket.remoteAddress)}\n`);
  });
}

function forwardAws(): Server {
  return createServer((socket) => {
    const upstream = connect(awsSocket);
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
}

function listening(server: Server, port: number, host = "0.0.0.0"): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve());
  });
}

async function main(): Promise<void> {
  const { address, port } = INTERNET.awsEndpoint;
  await listening(forwardAws(), port, address);
  if (mode === "serve") {
    for (const address of [INTERNET.resolver, ...INTERNET.otherResolvers]) dnsOverUdp(address);
    const credentials = { cert: readFileSync(certificate), key: readFileSync(key) };
    await listening(dnsOverTcp(), 53);
    await listening(createHttpServer(serveWeb), 80);
    await listening(createHttpsServer(credentials, serveWeb), 443);
    await listening(echo(), ECHO_PORT);
  }
  process.stdout.write("ready\n");
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
