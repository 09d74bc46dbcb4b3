import type { RequestListener } from "node:http";
import { PUBLIC_ENDPOINTS } from "../../../../lambdas/functions/egress-prober/endpoints";
import { askHealthz } from "../../../../lambdas/functions/egress-prober/ask-healthz";
import { MAX_BODY_BYTES } from "../../../../lambdas/functions/egress-prober/http-get";
import { closeAll, http } from "./sockets";
import { healthyDocument } from "./documents";

afterEach(closeAll);

async function ask(listener: RequestListener | undefined, deadlineMs = 250) {
  const healthPort = listener === undefined ? 1 : await http(listener);
  return askHealthz({ instanceId: "i-a", address: "127.0.0.1" }, { ...PUBLIC_ENDPOINTS, healthPort }, deadlineMs);
}

test("a healthy NAT's document is carried whole, asked by GET /healthz", async () => {
  const seen: unknown[] = [];

  const result = await ask((request, response) => {
    seen.push([request.method, request.url, request.headers.connection]);
    response.end(JSON.stringify(healthyDocument));
  });

  expect(result).toEqual({ instanceId: "i-a", outcome: "answered", healthz: healthyDocument });
  expect(seen).toEqual([["GET", "/healthz", "close"]]);
});

test("an unhealthy NAT answers 503 and is still answered: the document says why", async () => {
  const sick = { ...healthyDocument, healthy: false, reasons: ["ruleset is not as loaded"] };

  const result = await ask((_request, response) => response.writeHead(503).end(JSON.stringify(sick)));

  expect(result).toMatchObject({ outcome: "answered", healthz: { healthy: false, reasons: sick.reasons } });
});

test("a machine to which no way leads has said nothing: a timeout", async () => {
  const nowhere = { instanceId: "i-a", address: "224.0.0.1" };

  expect(await askHealthz(nowhere, PUBLIC_ENDPOINTS, 100)).toMatchObject({ outcome: "timeout" });
});

test("an agent that says nothing, at the deadline, is no machine that does: its kernel has taken the connection", async () => {
  const started = performance.now();

  const result = await ask(() => undefined, 100);

  expect(result).toMatchObject({ outcome: "refused", error: expect.stringContaining("connected, but no answer within 100 ms") });
  expect(performance.now() - started).toBeLessThan(250);
});

test("so is one that drips bytes for ever: the deadline is for the whole answer", async () => {
  const result = await ask((_request, response) => {
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  }, 100);

  expect(result).toMatchObject({ outcome: "refused" });
});

test("a closed port is refused", async () => {
  expect(await ask(undefined)).toMatchObject({ outcome: "refused", error: expect.stringContaining("ECONNREFUSED") });
});

test.each([
  ["that is not JSON", "<html>"],
  ["of another schema", JSON.stringify({ ...healthyDocument, schema: 2 })],
  ["that lacks a part", JSON.stringify({ ...healthyDocument, selfProbe: undefined })],
  ["of another instance", JSON.stringify({ ...healthyDocument, instanceId: "i-b" })],
  ["that never ends", " ".repeat(MAX_BODY_BYTES + 1)],
])("an answer %s is malformed, with the reason", async (_title, body) => {
  const result = await ask((_request, response) => response.end(body), 1_000);

  expect(result).toMatchObject({ outcome: "malformed", error: expect.stringMatching(/.{10,}/) });
});

test("bytes that are not HTTP are malformed", async () => {
  const result = await ask((request) => request.socket.end("SSH-2.0-OpenSSH_9.9\r\n"));

  expect(result).toMatchObject({ outcome: "malformed" });
});
