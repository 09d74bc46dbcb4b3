import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Endpoint } from "../../../../lab/aws/endpoint";

/** An endpoint on a loopback port of its own. */
export interface Served {
  readonly url: string;
  /** Configuration of an SDK client that asks this endpoint once and never retries. */
  readonly client: ClientConfiguration;
  close(): Promise<void>;
}

export interface ClientConfiguration {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly maxAttempts: number;
}

export async function serve(endpoint: Endpoint, accessKeyId = "AKIATEST"): Promise<Served> {
  const server = http.createServer(endpoint.listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    client: { region: "us-east-1", endpoint: url, credentials: { accessKeyId, secretAccessKey: "secret" }, maxAttempts: 1 },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
