import { join } from "node:path";
import type { FleetRecord } from "../../contract/parameters";
import type { FleetAnswers } from "./support/fleet";
import { eniId, guestOf, healthyFleet, healthzOf, laneOf, natId, publicIp, ROOT, verify } from "./support/fleet";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const AZ1 = "use1-az1";
const AZ2 = "use1-az2";

interface Document {
  readonly ok: boolean;
  readonly counts: { readonly ok: number; readonly failed: number; readonly notEvaluated: number };
  readonly lanes: readonly { readonly lane: string; readonly away: boolean; readonly checks: readonly Check[] }[];
  readonly fleet: readonly Check[];
}
interface Check {
  readonly check: string;
  readonly status: string;
  readonly seen: unknown;
}

async function faults(fleet: FleetAnswers): Promise<readonly string[]> {
  const { status, stdout, stderr } = await verify(fleet);
  if (status === 2) throw new Error(stderr);
  const document = JSON.parse(stdout) as Document;
  const found = [
    ...document.lanes.flatMap(({ lane, checks }) => checks.map((check) => ({ ...check, where: lane }))),
    ...document.fleet.map((check) => ({ ...check, where: "fleet" })),
  ].filter((check) => check.status === "fail");
  expect({ status, ok: document.ok }).toEqual(found.length > 0 ? { status: 1, ok: false } : { status: 0, ok: true });
  return found.map(({ where, check }) => `${where} ${check}`);
}

const first = <T>(list: readonly T[], change: Partial<T>): T[] =>
  list.map((each, i) => (i === 0 ? { ...each, ...change } : each));

/** The fleet after zone 1 is lost: zone 2 serves both lanes, the first lane's public address on its guest address. */
function awayFleet(): FleetAnswers {
  const fleet = healthyFleet();
  const here = { PrivateIpAddress: guestOf(AZ1, AZ2), NetworkInterfaceId: eniId(AZ2) };
  const counters = Object.fromEntries([AZ1, AZ2].map((zone) => [`snat_${laneOf(zone)}`, { packets: 9, bytes: 900 }]));
  const healthz = { ...healthzOf(AZ2), counters };
  return {
    ...fleet,
    routes: first(fleet.routes, { target: eniId(AZ2) }),
    addresses: first(fleet.addresses, here),
    instances: fleet.instances.slice(1),
    report: {
      ...fleet.report,
      nats: [{ name: "use1-az2-a", zone: AZ2, result: { instanceId: natId(AZ2), outcome: "answered", healthz } }],
    },
  };
}

/** The first lane at its NAT Gateway, and what the internet sees of it. */
function restingFleet(publicAddress: string): FleetAnswers {
  const fleet = healthyFleet();
  const { topology, report } = fleet;
  const lastResort = { natGatewayId: "nat-01", publicIp: "203.0.113.1" };
  return {
    ...fleet,
    topology: { ...topology, lanes: topology.lanes.map((lane) => ({ ...lane, lastResort })) },
    routes: first(fleet.routes, { target: "nat-01" }),
    report: { ...report, lanes: first(report.lanes, { publicAddress }) },
  };
}

describe("verify_nat.sh", () => {
  test("says of a lane at its NAT Gateway that it is, and expects the gateway's public address and no other", async () => {
    const resting = await verify(restingFleet("203.0.113.1"));
    const [lane] = (JSON.parse(resting.stdout) as { readonly lanes: readonly object[] }).lanes;

    expect(lane).toMatchObject({ nat: "nat-01", instanceId: null });
    expect(resting.stdout).toContain("at the last resort: NAT Gateway nat-01");
    expect(await faults(restingFleet("203.0.113.1"))).toEqual([`${laneOf(AZ1)} route`]);
    expect(await faults(restingFleet(publicIp(AZ1)))).toEqual([`${laneOf(AZ1)} route`, `${laneOf(AZ1)} egress`]);
  });

  test("finds nothing wrong with a healthy fleet, with at most eight calls of the AWS CLI", async () => {
    const { status, stdout, calls } = await verify(healthyFleet());
    const document = JSON.parse(stdout) as Document;

    expect(status).toBe(0);
    expect(document.counts).toEqual({ ok: 17, failed: 0, notEvaluated: 1 });
    expect(calls.length).toBeLessThanOrEqual(8);
  });

  test("accepts a lane served by another zone with its public address on the guest address", async () => {
    expect(await faults(awayFleet())).toEqual([]);
  });

  const good = healthyFleet();
  const lane1 = laneOf(AZ1);
  const sick = {
    ...healthzOf(AZ1),
    healthy: false,
    reasons: ["self-probe failed 3 times"],
    selfProbe: { ok: false, consecutiveFailures: 3, lastLatencyMs: null, lastOkAt: null },
  };
  const nats = (result: FleetAnswers["report"]["nats"][number]["result"]) => ({
    ...good.report,
    nats: first(good.report.nats, { result }),
  });
  test.each<[string, Partial<FleetAnswers>, string[]]>([
    ["a missing default route", { routes: first(good.routes, { target: undefined }) }, ["route"]],
    ["a blackhole route", { routes: first(good.routes, { state: "blackhole" }) }, ["route"]],
    ["a route to something that is no NAT", { routes: first(good.routes, { target: "eni-0ff" }) }, ["route"]],
    ["a NAT that is not running", { instances: first(good.instances, { state: "stopping" }) }, ["route"]],
    ["a NAT that is not in service", { peers: { schema: 1, peers: good.peers.peers.slice(1) } }, ["route"]],
    ["source/destination check on", { instances: first(good.instances, { sourceDestCheck: true }) }, ["source/dest"]],
    ["an EIP on the wrong address", { addresses: first(good.addresses, { PrivateIpAddress: "10.0.1.99" }) }, ["eip"]],
    ["an EIP on another interface", { addresses: first(good.addresses, { NetworkInterfaceId: "eni-0ff" }) }, ["eip"]],
    ["an EIP that is gone", { addresses: good.addresses.slice(1) }, ["eip"]],
    ["an unhealthy target", { targets: first(good.targets, { state: "unhealthy", reason: "Target.Timeout" }) }, ["target"]],
    ["a target that is not registered", { targets: good.targets.slice(1) }, ["target"]],
    [
      "a NAT whose self-probe fails",
      { report: nats({ instanceId: natId(AZ1), outcome: "answered", healthz: sick }) },
      ["self-probe"],
    ],
    [
      "a NAT that does not answer",
      { report: nats({ instanceId: natId(AZ1), outcome: "timeout", error: "250 ms" }) },
      ["self-probe"],
    ],
    [
      "a lane whose packets are not translated",
      { report: nats({ instanceId: natId(AZ1), outcome: "answered", healthz: { ...healthzOf(AZ1), counters: {} } }) },
      ["snat"],
    ],
    [
      "a path that is broken",
      {
        report: {
          ...good.report,
          lanes: first(good.report.lanes, {
            results: [{ target: "1.1.1.1", check: "tcp", ok: false, latencyMs: 800, error: "timeout" }],
          }),
        },
      },
      ["path"],
    ],
    [
      "an egress-prober that does not answer",
      { report: { ...good.report, lanes: first(good.report.lanes, { prober: "failed", results: [], publicAddress: null }) } },
      ["path", "egress"],
    ],
    [
      "another public address than the lane's own",
      { report: { ...good.report, lanes: first(good.report.lanes, { publicAddress: publicIp(AZ2) }) } },
      ["egress"],
    ],
  ])("names %s, and nothing else", async (_title, change, expected) => {
    const found = await faults({ ...good, ...change });

    expect(found).toEqual(expected.map((check) => `${lane1} ${check}`));
  });

  test("names an alarm that rings, and a fleet without alarms", async () => {
    expect(await faults({ ...good, alarms: first(good.alarms, { state: "ALARM" }) })).toEqual(["fleet alarm"]);
    expect(await faults({ ...good, alarms: [] })).toEqual(["fleet alarms"]);
  });

  test("tells people which fault it is, where, in a table", async () => {
    const { status, stdout } = await verify(
      { ...good, targets: first(good.targets, { state: "unhealthy", reason: "Target.Timeout" }) },
      ["test"],
    );

    expect(status).toBe(1);
    expect(stdout).toMatch(/^LANE +NAT +ROUTE /m);
    expect(stdout).toMatch(/^FAIL use1-az1-l1 target: unhealthy: Target\.Timeout$/m);
    expect(stdout.trim().split("\n").at(-1)).toBe("NOT OK: 16 ok, 1 failed, 1 not evaluated");
  });

  test("says who holds the lanes and which NAT leaves, and finds no fault in either", async () => {
    const state: FleetRecord = {
      ...{ schema: 1, updatedAt: "2026-11-21T12:00:00.000Z", lanes: {}, marks: {} },
      leaving: { [natId(AZ1)]: "2026-11-21T12:00:00.000Z" },
      notices: { [natId(AZ1)]: { at: "2026-11-21T12:00:00.000Z", because: "drain", force: false, by: "operator" } },
      hold: { until: "2999-01-01T00:00:00Z", by: "ana", because: "migration" },
    };
    const { status, stdout } = await verify({ ...good, state }, ["test"]);
    const over = await verify({ ...good, state: { ...state, hold: { ...state.hold, until: "2001-01-01T00:00:00Z" } as never } }, [
      "test",
    ]);

    expect(status).toBe(0);
    expect(stdout).toContain("HOLD: nothing moves by itself: held by ana until 2999-01-01T00:00:00Z: migration");
    expect(stdout).toContain("LEAVING: use1-az1-a i-01 leaves since 2026-11-21T12:00:00.000Z: drain, by operator");
    expect(over.stdout).not.toContain("HOLD");
  });

  test("refuses the wrong account before it asks for anything else", async () => {
    const { status, stderr, stdout, calls } = await verify(good, ["test"], { env: { HA_NAT_ACCOUNT_ID_TEST: "999999999999" } });

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("wrong account: the credentials belong to 123456789012, 'test' lives in 999999999999");
    expect(calls).toHaveLength(2);
  });

  test("refuses an unknown environment and names the allowed ones", async () => {
    const { status, stderr, calls } = await verify(good, ["staging"]);

    expect(status).toBe(2);
    expect(stderr).toMatch(/unknown environment 'staging'; allowed: .*lab/);
    expect(calls).toEqual([""]);
  });

  test.each([
    ["sts-get-caller-identity", "identity"],
    ["ec2-describe-route-tables", "routes"],
  ])("could not look is neither good nor bad: %s failing is exit 2", async (operation, name) => {
    const { status, stderr, stdout } = await verify(good, ["test", "--json"], { without: [operation] });

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`${name}: An error occurred (AccessDenied)`);
  });

  test("a probe function that throws is exit 2 with its words", async () => {
    const { status, stderr } = await verify({ ...good, functionError: "Unhandled" });

    expect(status).toBe(2);
    expect(stderr).toContain("nat-health-probe failed");
  });

  test("takes the endpoint and the environment of the lab that is up", async () => {
    const answer = { env: "test", endpoint: "http://127.0.0.1:1", region: "us-east-1", accessKeyId: "k", secretAccessKey: "s" };
    const command = join(ROOT, "test/fixtures/fake-aws/lab");
    const { status, stdout } = await verify(good, ["lab", "--json"], {
      env: { HA_NAT_LAB_COMMAND: command, FAKE_LAB_ANSWER: JSON.stringify(answer) },
    });

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ env: "test", place: "lab" });
  });
});
