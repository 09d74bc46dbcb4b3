import { get } from "node:http";

export interface TargetCheck {
  /** The load balancer's address in the zone. */
  readonly localAddress: string;
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
}

/** One health check as a load balancer node makes it: a new connection, a GET, an answer in time. */
export function checkHealth(check: TargetCheck): Promise<{ readonly status: number } | { readonly error: string }> {
  const { localAddress, address, port, path, timeoutMs } = check;
  return new Promise((resolve) => {
    const settle = (result: { readonly status: number } | { readonly error: string }): void => {
      clearTimeout(deadline);
      resolve(result);
      request.destroy();
    };
    const request = get({ host: address, port, path, localAddress, agent: false }, (response) => {
      response.resume();
      settle({ status: response.statusCode ?? 0 });
    });
    const deadline = setTimeout(() => settle({ error: `no answer within ${timeoutMs} ms` }), timeoutMs);
    request.on("error", (error) => settle({ error: error.message }));
  });
}
