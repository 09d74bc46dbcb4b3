import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Endpoints } from "../../../../lambdas/functions/egress-prober/endpoints";
import { handle } from "../../../../lambdas/functions/egress-prober/handler";
import { closeAll, dns, http, listen } from "./sockets";
import { healthyDocument } from "./documents";

const pem = readFileSync(join(__dirname, "self-signed.pem"), "utf8");
const settings = { lane: "use1-az1-l1", zone: "use1-az1", targets: ["127.0.0.1", "aws.amazon.com"] };
const probe = { schema: 1, probe: { deadlineMs: 400 } };

afterEach(closeAll);

/** An internet in which everything works, of this machine's own sockets. */
async function workingInternet(): Promise<Endpoints> {
  const tls = createTlsServer({ key: pem, cert: pem });
  tls.on("tlsClientError", () => undefined);
  const trace = await http((_request, response) => response.end("fl=1f1\nip=198.51.100.7\nts=1\n"));
  return {
    dnsServers: [await dns("127.0.0.1")],
    tlsPort: await listen(tls),
    trace: { host: "127.0.0.1", port: trace, path: "/cdn-cgi/trace" },
    healthPort: await http((_request, response) => response.end(JSON.stringify(healthyDocument))),
    ca: pem,
  };
}

async function results(endpoints: Endpoints) {
  const answer = await handle(probe, { settings, endpoints });
  return answer.probe?.results.map(({ target, check, ok, error }) => ({ target, check, ok, ...(ok ? {} : { error }) }));
}

test("a working lane answers every check of every target, and the public address it was seen with", async () => {
  const answer = await handle(probe, { settings, endpoints: await workingInternet() });

  expect(answer).toMatchObject({ schema: 1, lane: "use1-az1-l1", zone: "use1-az1", probe: { publicAddress: "198.51.100.7" } });
  expect(answer.probe?.results.map(({ target, check, ok }) => `${target} ${check} ${ok}`)).toEqual([
    "127.0.0.1 tcp true",
    "aws.amazon.com dns true",
    "aws.amazon.com tcp true",
    "aws.amazon.com tls true",
  ]);
  expect(answer.probe?.results.every(({ latencyMs }) => latencyMs >= 0 && latencyMs < 400)).toBe(true);
  expect(answer.healthz).toBeUndefined();
});

test("a resolver that is silent fails DNS at the deadline, and what needs the address is not asked", async () => {
  const endpoints = { ...(await workingInternet()), dnsServers: [await dns(null)] };
  const started = performance.now();

  const seen = await results(endpoints);

  expect(seen?.slice(1)).toEqual([{ target: "aws.amazon.com", check: "dns", ok: false, error: expect.any(String) }]);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("one resolver that is silent costs nothing while another answers", async () => {
  const working = await workingInternet();
  const endpoints = { ...working, dnsServers: [await dns(null), ...working.dnsServers] };

  const answer = await handle(probe, { settings, endpoints });

  expect(answer.probe?.results.map(({ check, ok }) => `${check} ${ok}`)).toEqual([
    "tcp true",
    "dns true",
    "tcp true",
    "tls true",
  ]);
});

test("one lost DNS datagram is asked again within the deadline", async () => {
  const endpoints = { ...(await workingInternet()), dnsServers: [await dns("127.0.0.1", { dropFirst: 1 })] };

  const answer = await handle({ schema: 1, probe: { deadlineMs: 6_000 } }, { settings, endpoints });

  expect(answer.probe?.results.every(({ ok }) => ok)).toBe(true);
});

test("a certificate that Node does not trust fails TLS, with the reason", async () => {
  const { ca, ...endpoints } = await workingInternet();
  expect(ca).toBe(pem);

  const seen = await results(endpoints);

  expect(seen?.at(-1)).toMatchObject({ check: "tls", ok: false, error: expect.stringContaining("SELF_SIGNED") });
});

test("a certificate for another name fails TLS: somebody else answered", async () => {
  const other = { ...settings, targets: ["127.0.0.1", "example.com"] };

  const answer = await handle(probe, { settings: other, endpoints: await workingInternet() });

  expect(answer.probe?.results.at(-1)).toMatchObject({ target: "example.com", check: "tls", ok: false });
  expect(answer.probe?.results.at(-1)?.error).toContain("ALTNAME");
});

test("a peer that accepts and says nothing fails TLS at the deadline", async () => {
  const silent = createServer(() => undefined);
  const endpoints = { ...(await workingInternet()), tlsPort: await listen(silent) };

  const seen = await results(endpoints);

  expect(seen?.at(-1)).toMatchObject({ check: "tls", ok: false, error: expect.stringContaining("deadline of 400 ms") });
});

test("a closed port fails TCP for every target, and the trace that is gone leaves the address unknown", async () => {
  const endpoints = { ...(await workingInternet()), tlsPort: 1, trace: { host: "127.0.0.1", port: 1, path: "/" } };

  const answer = await handle(probe, { settings, endpoints });

  expect(answer.probe?.publicAddress).toBeNull();
  expect(answer.probe?.results.filter(({ check }) => check === "tcp").map(({ error }) => error)).toEqual([
    expect.stringContaining("ECONNREFUSED"),
    expect.stringContaining("ECONNREFUSED"),
  ]);
});

test.each([
  ["no schema", { probe: { deadlineMs: 1 } }, "schema"],
  ["a deadline of zero", { schema: 1, probe: { deadlineMs: 0 } }, "deadlineMs"],
  ["a deadline in seconds written as text", { schema: 1, healthz: { deadlineMs: "1", nats: [] } }, "deadlineMs"],
  ["a NAT by name", { schema: 1, healthz: { deadlineMs: 1, nats: [{ instanceId: "i-1", address: "nat" }] } }, "address"],
  ["nothing", undefined, "Invalid input"],
])("a request with %s is refused by an error that names the field", async (_title, request, field) => {
  const endpoints = await workingInternet();

  await expect(handle(request, { settings, endpoints })).rejects.toThrow(new RegExp(`ProberRequest[^]*${field}`));
});

test("a request that asks for nothing answers with neither part", async () => {
  const answer = await handle({ schema: 1 }, { settings, endpoints: await workingInternet() });

  expect(answer).toEqual({ schema: 1, lane: "use1-az1-l1", zone: "use1-az1" });
});
