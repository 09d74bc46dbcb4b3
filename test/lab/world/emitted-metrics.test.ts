import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emfDocument } from "../../../instance/agent/metrics";
import { emittedIn } from "../../../lab/world/emitted-metrics";
import type { Healthz } from "../../../contract/healthz";

const folder = mkdtempSync(join(tmpdir(), "ha-nat-emitted-"));
const log = join(folder, "nat-use1-az1-a.log");
afterAll(() => rmSync(folder, { recursive: true }));

const healthz = (instanceId: string, count: number) =>
  ({
    at: "2026-03-01T12:00:00.000Z",
    instanceId,
    zone: "use1-az1",
    conntrack: { count, max: 1000, insertFailed: 0 },
    replication: { state: "off" },
    selfProbe: { ok: true, lastLatencyMs: 1 },
    heartbeats: { dropped: {} },
    counters: {},
  }) as unknown as Healthz;
const line = (instanceId: string, count: number) =>
  `${JSON.stringify(emfDocument(healthz(instanceId, count), null, "test", null))}\n`;

test("what the agent of an instance emitted is found among all that its node's log says, the newest last", () => {
  writeFileSync(log, `nat-up: done\n${line("i-1", 100)}${line("i-2", 200)}{"level":"INFO"}\n${line("i-2", 300)}{"_aws":{"Times`);

  expect(emittedIn(log, "i-2").map((emitted) => emitted["ConntrackCarriedPercent"])).toEqual([20, 30]);
  expect(emittedIn(log, "i-2").at(-1)).toMatchObject({
    _aws: { CloudWatchMetrics: [{ Namespace: "HaNat", Dimensions: expect.arrayContaining([["Env", "Zone"]]) }] },
    Env: "test",
    Zone: "use1-az1",
  });
});

test("a log that is long is read from near its end, and half a line is none", () => {
  writeFileSync(log, line("i-1", 100).repeat(2_000) + line("i-1", 500));

  const found = emittedIn(log, "i-1");
  expect(found.length).toBeLessThan(2_000);
  expect(found.at(-1)).toMatchObject({ ConntrackCarriedPercent: 50 });
});

test("a log that cannot be read is an error, not an instance that says nothing", () => {
  expect(() => emittedIn(join(folder, "none.log"), "i-1")).toThrow("ENOENT");
});
