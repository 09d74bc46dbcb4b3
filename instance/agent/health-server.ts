import { createServer, type Server } from "node:http";
import { PORTS } from "../../contract/ports";

export interface HealthAnswers {
  /** Faults of this machine alone; the load balancer asks. */
  readonly livez: () => { readonly ok: boolean; readonly body: unknown };
  /** Everything; the prober asks. */
  readonly healthz: () => { readonly ok: boolean; readonly body: unknown };
}

/** Milliseconds. Node looks whether the first two are over only so often: every 30 s, left alone. */
const LIMITS = {
  requestTimeout: 2_000,
  headersTimeout: 2_000,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 500,
} as const;

/** `GET /livez` and `GET /healthz` on :880: 200 when ok, else 503, a JSON document either way. Resolves when it listens. */
export async function serveHealth(answers: HealthAnswers, port: number = PORTS.health): Promise<Server> {
  const server = createServer(LIMITS, (request, response) => {
    const path = request.url?.split("?", 1)[0];
    const route =
      request.method !== "GET"
        ? undefined
        : path === "/livez"
          ? answers.livez
          : path === "/healthz"
            ? answers.healthz
            : undefined;
    const { status, body } =
      route === undefined ? { status: 404, body: { error: "GET /livez or GET /healthz" } } : statusOf(route());
    response.writeHead(status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  });
  // Three zones' load balancer nodes, a prober per lane and an operator; far below what could starve the heartbeats.
  server.maxConnections = 128;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "0.0.0.0", () => {
      server.off("error", reject);
      resolve();
    });
  });
  return server;
}

function statusOf({ ok, body }: { readonly ok: boolean; readonly body: unknown }) {
  return { status: ok ? 200 : 503, body };
}
