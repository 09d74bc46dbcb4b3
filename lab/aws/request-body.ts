import type http from "node:http";

/** More than any call of ours: the artifact is uploaded by nobody inside the lab. Bytes. */
const MAX_BODY = 64 * 1024 * 1024;

export async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY) throw new Error(`request body exceeds ${MAX_BODY} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
