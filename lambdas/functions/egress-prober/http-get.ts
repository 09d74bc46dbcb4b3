import { get } from "node:http";

/** Our answers are a few kilobytes; whoever sends more is not one of ours. Bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One GET on a connection of its own: a kept connection says nothing about whether a new one can be made.
 *
 * @throws the socket's error, with `code`; Error with `code: "ETIMEDOUT"` when there is no connection within `deadlineMs`, with `"ENODATA"`
 *   when there is one, but not the whole answer; Error with `code: "EMSGSIZE"` when the body is over {@link MAX_BODY_BYTES}.
 */
export function httpGet(target: HttpTarget, deadlineMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = get({ ...target, agent: false, headers: { connection: "close" } }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_BODY_BYTES) request.destroy(fault("EMSGSIZE", `the body is over ${MAX_BODY_BYTES} bytes`));
        chunks.push(chunk);
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
      response.on("error", reject);
    });
    let isConnected = false;
    request.on("socket", (socket) => socket.once("connect", () => (isConnected = true)));
    const late = (): Error =>
      isConnected
        ? fault("ENODATA", `connected, but no answer within ${deadlineMs} ms`)
        : fault("ETIMEDOUT", `no connection within ${deadlineMs} ms`);
    const timer = setTimeout(() => request.destroy(late()), deadlineMs);
    request.on("error", reject);
    request.on("close", () => clearTimeout(timer));
  });
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
