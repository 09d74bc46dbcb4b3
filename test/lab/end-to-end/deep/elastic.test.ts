/** Four lanes of a zone on 1 → 4 → 2 NATs, as the synthesised policies want it by what the machines' links count. */
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { BulkReport } from "../../../../lab/crowd/kinds";
import type { LabStatus } from "../../../../lab/holder/status";
import type { CrowdRun } from "../../../../lab/holder/crowd-run";
import { ask, execIn } from "../../../../lab/cli/control-client";
import { requireRun } from "../../../../lab/cli/runs";
import { INTERNET } from "../../../../lab/world/fabric";
import { describeInNamespaces, root } from "../../support/in-namespaces";
import { statusOf, until } from "../lab";
import { keepVariantUp } from "../variant";

const ZONE = "use1-az1";
const LANES = [1, 2, 3, 4].map((number) => `${ZONE}-l${number}`);
/** A minute of CloudWatch in 6 s: out after 18 s, in after 90 s, warm after 18 s. */
const SCHEDULE_FACTOR = 10;
const TARGET_MBPS = 8;
/** All lanes together, beside the crowd's 4: the policy wants 4 NATs for the one and 2 for the other. */
const BUSY_MBPS = 40;
const CALM_MBPS = 8;
const ROUND_SECONDS = 20;
/** Lanes are spread at most one a sweep, and sweeps come once a minute of the data plane's: four of them after the last NAT boots. */
const GROW_SECONDS = 330;
/** A NAT that leaves may give both its lanes to one of those that stay: they are spread when a minute was calm. */
const SHRINK_SECONDS = 270;
const CROWD_SECONDS = 660;
const CONNECTIONS = 120;
/** Of all cores, while one NAT carries what it can: beyond this they are the limit. */
const BUSY_CORES = 0.85;

const VARIANT = {
  lanesPerZone: 4,
  privatePrefix: 21,
  natsPerZoneMin: 1,
  natsPerZoneMax: 4,
  scaleAtMbps: TARGET_MBPS,
  cooldownSeconds: 10,
  instanceType: "c7g.large",
} as const;

/** No process for each question: it would be the load. */
const door = () => requireRun(root, "test");

/** @returns what the program printed. */
async function inNode(node: string, ...args: readonly (string | number)[]): Promise<string> {
  let said = "";
  await execIn(
    door(),
    node,
    ["node", join(root, "dist/lab/bulk.cjs"), ...args.map(String)],
    (_stream, bytes) => (said += bytes.toString()),
  );
  return said;
}

/** Sends over every lane of the zone. @param mbps of all together; 0: as fast as it goes */
function pump(seconds: number, mbps: number): Promise<readonly BulkReport[]> {
  const load = (lane: string) => inNode(`client-${lane}`, "pump", INTERNET.website, seconds, mbps / LANES.length, 4);
  return Promise.all(LANES.map(async (lane) => JSON.parse(await load(lane)) as BulkReport));
}

const mbpsOf = (reports: readonly BulkReport[]) =>
  reports.reduce((sum, { bytes, seconds }) => sum + (bytes * 8) / seconds / 1e6, 0);
const lossesOf = (reports: readonly BulkReport[]) => reports.flatMap(({ losses }) => losses);

const members = (status: LabStatus) =>
  status.instances.filter(({ zone, lifecycle }) => zone === ZONE && lifecycle !== "Terminated");
const servers = (status: LabStatus) => status.lanes.filter(({ zone }) => zone === ZONE).map(({ servedBy }) => servedBy);
/** All in service, and the lanes divided evenly among them. */
const isOn = (status: LabStatus, nats: number) =>
  members(status).length === nats &&
  members(status).every(
    ({ node, lifecycle }) =>
      lifecycle === "InService" && servers(status).filter((server) => server === node).length === LANES.length / nats,
  );

/** Share of all cores that was not idle while the work ran. */
async function busyWhile<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly busy: number }> {
  const sum = () =>
    cpus().reduce(
      ({ idle, all }, { times }) => ({ idle: idle + times.idle, all: all + Object.values(times).reduce((a, b) => a + b, 0) }),
      { idle: 0, all: 0 },
    );
  const before = sum();
  const result = await work();
  const after = sum();
  return { result, busy: 1 - (after.idle - before.idle) / (after.all - before.all) };
}

function whereLanesAre(status: LabStatus): string {
  const nats = members(status).map(({ name, lifecycle }) => `${name} ${lifecycle}`);
  return `there are ${nats.join(", ")}, lanes on ${servers(status).join(", ")}`;
}

/** A load without a gap, of rounds that overlap, until the work is done. @returns what came of the work, and what the load lost */
async function under<T>(
  mbps: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly losses: readonly string[] }> {
  const rounds: Promise<readonly BulkReport[]>[] = [];
  const timer = setInterval(() => rounds.push(pump(ROUND_SECONDS, mbps)), (ROUND_SECONDS - 2) * 1000);
  rounds.push(pump(ROUND_SECONDS, mbps));
  const result = await work().finally(() => {
    clearInterval(timer);
    return Promise.allSettled(rounds);
  });
  return { result, losses: lossesOf((await Promise.all(rounds)).flat()) };
}

describeInNamespaces("four lanes of a zone on 1 → 4 → 2 NATs in the lab", () => {
  keepVariantUp("test", VARIANT, "--schedule-factor", String(SCHEDULE_FACTOR), "--timeout", "200", "--latency", "zero");

  test("the zone grows and shrinks with its load, lanes are spread over its NATs, and no connection is lost", async () => {
    void inNode("internet", "sink", INTERNET.website).catch(() => undefined);
    expect(members(await statusOf("test"))).toHaveLength(1);
    const crowd = ask<CrowdRun>(door(), "POST", "/crowd", { seconds: CROWD_SECONDS, connections: CONNECTIONS });
    // Heard of below; a failure before that has its own words.
    crowd.catch(() => undefined);
    const crowdStarted = Date.now();
    await wait(8000);

    const one = await busyWhile(() => pump(5, 0));
    const divided = (what: string, nats: number, seconds: number) =>
      until("test", what, (status) => isOn(status, nats), seconds, whereLanesAre);
    const busy = await under(BUSY_MBPS, () => divided("four NATs in service, a lane on each", 4, GROW_SECONDS));
    const four = await busyWhile(() => pump(5, 0));
    const calm = await under(CALM_MBPS, () => divided("two NATs in service, two lanes on each", 2, SHRINK_SECONDS));
    const final = servers(calm.result);

    const tookSeconds = Math.round((Date.now() - crowdStarted) / 1000);
    const {
      crowd: { alive, connections },
    } = await crowd;
    const ratio = mbpsOf(four.result) / mbpsOf(one.result);
    process.stdout.write(
      `elastic: ${mbpsOf(one.result).toFixed(0)} Mbit/s on 1 NAT (cores ${(100 * one.busy).toFixed(0)} % busy), ` +
        `${mbpsOf(four.result).toFixed(0)} on 4 (${(100 * four.busy).toFixed(0)} %): ratio ${ratio.toFixed(2)}; ` +
        `limited by ${one.busy < BUSY_CORES ? "the NATs" : `the ${availableParallelism()} cores, which senders share`}; ` +
        `1 → 4 → 2 in ${tookSeconds} s\n`,
    );
    // Cores that one NAT and its senders keep busy have nothing left for a second one; otherwise the NATs are the limit, and four carry more.
    if (one.busy < BUSY_CORES) expect(ratio).toBeGreaterThan(1);
    const losses = [...lossesOf(one.result), ...busy.losses, ...lossesOf(four.result), ...calm.losses];
    expect({ connections, alive, losses }).toEqual({
      connections: CONNECTIONS,
      alive: CONNECTIONS,
      losses: [],
    });
    expect(tookSeconds).toBeLessThan(CROWD_SECONDS);
    expect(final.map((node) => final.filter((other) => other === node).length)).toEqual([2, 2, 2, 2]);
  }, 960_000);
});
