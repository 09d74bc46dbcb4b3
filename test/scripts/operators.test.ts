import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { FleetRecord, Notice } from "../../contract/parameters";
import type { PlanAnswer } from "../../contract/plan";
import { messageSchema, planRequestSchema } from "../../lambdas/functions/nat-route-failover/messages";
import { healthyFleet, laneOf, natId, ROOT } from "./support/fleet";
import { temporaryFolder } from "../support/temporary-folder";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const AZ1 = "use1-az1";
const AZ2 = "use1-az2";
const LANE = laneOf(AZ1);
const SERVER = natId(AZ1);
const OTHER = natId(AZ2);

const PLAN: PlanAnswer = {
  schema: 1,
  env: "test",
  at: "2026-11-21T12:00:00.000Z",
  refused: null,
  hold: null,
  nats: [
    { instanceId: SERVER, zone: AZ1, leaving: false, evidence: "healthy", synced: true },
    { instanceId: OTHER, zone: AZ2, leaving: false, evidence: "healthy", synced: false },
  ],
  lanes: [{ lane: LANE, zone: AZ1, servedBy: SERVER }],
  actions: [{ kind: "point-route", lane: LANE, instanceId: OTHER, because: "ana asked for it", what: `replace: to ${OTHER}` }],
};
const REFUSED: PlanAnswer = { ...PLAN, refused: `${SERVER} is the last healthy NAT`, actions: [] };

const served = (instanceId: string) => ({ [LANE]: { servedBy: instanceId, movedAt: null, homeHealthySince: null } });
const BEFORE: FleetRecord = { schema: 1, updatedAt: "2026-11-21T12:00:00.000Z", lanes: served(SERVER), marks: {} };
const drained: FleetRecord = {
  ...BEFORE,
  lanes: served(OTHER),
  notices: { [SERVER]: { at: "2026-11-21T12:00:00.000Z", because: "drain", force: false, by: "operator" } },
};
const HOLD = { by: "assumed-role/admin/ana", because: "an operator works on it" };
const held: FleetRecord = { ...BEFORE, hold: { ...HOLD, until: "as asked" } };
const moved: FleetRecord = { ...BEFORE, lanes: served(OTHER) };

interface Setting {
  readonly plan?: PlanAnswer;
  readonly before?: FleetRecord;
  /** The record once the message is sent; absent: nothing answers. */
  readonly after?: FleetRecord;
  readonly env?: Readonly<Record<string, string>>;
}

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The message that was sent, and the plan that was asked for. */
  readonly sent: Record<string, unknown> | undefined;
  readonly asked: Record<string, unknown> | undefined;
  readonly calls: string;
}

function run(
  script: string,
  args: readonly string[],
  { plan = PLAN, before = BEFORE, after, env = {} }: Setting = {},
): Promise<Run> {
  const directory = temporaryFolder("operators");
  const write = (name: string, value: unknown) => writeFileSync(join(directory, `${name}.json`), JSON.stringify(value));
  const { topology, peers } = healthyFleet();
  const parameter = (kind: string, value: unknown) => ({ Name: `/ha-nat/x/${kind}`, Value: JSON.stringify(value) });
  const state = (record: FleetRecord) => ({ Parameters: [parameter("state", record)], InvalidParameters: [] });
  write("sts-get-caller-identity", { Account: "123456789012", Arn: "arn:aws:sts::123456789012:assumed-role/admin/ana" });
  write("ssm-get-parameters", {
    Parameters: [parameter("topology", topology), parameter("peers", peers)],
    InvalidParameters: [],
  });
  write("sqs-get-queue-url", { QueueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/ha-nat-test-failover.fifo" });
  write("sqs-send-message", { MessageId: "m" });
  write("lambda-invoke", { StatusCode: 200 });
  write("plan", plan);
  write("state", state(before));
  if (after !== undefined) write("state-after", state(after));
  writeFileSync(join(directory, "calls"), "");
  const path = [join(ROOT, "test/fixtures/fake-aws"), process.env["PATH"]].join(delimiter);
  const account = { HA_NAT_ACCOUNT_ID_TEST: "123456789012", HA_NAT_ACCOUNT_ID_PROD: "123456789012" };
  const environment = {
    ...process.env,
    PATH: path,
    FAKE_AWS: directory,
    ...account,
    HA_NAT_ANSWER_DEADLINE_SECONDS: "2",
    ...env,
  };
  const read = (name: string) =>
    existsSync(join(directory, name)) ? (JSON.parse(readFileSync(join(directory, name), "utf8")) as Run["sent"]) : undefined;
  return new Promise((resolve) => {
    const child = execFile(join(ROOT, "scripts", script), [...args], { env: environment }, (error, stdout, stderr) => {
      const status = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      const calls = readFileSync(join(directory, "calls"), "utf8");
      resolve({ status, stdout, stderr, sent: read("message.json"), asked: read("asked.json"), calls });
    });
    child.stdin?.end();
  });
}

const commands: readonly [string, readonly string[], Setting, object][] = [
  [
    "drain.sh",
    ["test", "--nat", "use1-az1-a"],
    { after: drained },
    { kind: "leave", reporter: "assumed-role/admin/ana", instanceId: SERVER, because: "drain", force: false },
  ],
  ["drain.sh", ["test", "--nat", SERVER, "--force"], { after: drained }, { kind: "leave", instanceId: SERVER, force: true }],
  [
    "drain.sh",
    ["test", "--nat", "use1-az1-a", "--undo"],
    { before: drained, after: BEFORE },
    { kind: "resume", instanceId: SERVER, by: "assumed-role/admin/ana" },
  ],
  [
    "manual_failover.sh",
    ["test", "--lane", LANE, "--to", "use1-az2-a"],
    { after: moved },
    { kind: "move", lane: LANE, to: OTHER, by: "assumed-role/admin/ana" },
  ],
  // What was shown is asked for by its ID: said again, "auto" would move the lane back.
  ["manual_failover.sh", ["test", "--lane", LANE, "--to", "auto"], { after: moved }, { kind: "move", lane: LANE, to: OTHER }],
  ["hold.sh", ["test"], { after: held }, { kind: "hold", ...HOLD }],
  ["hold.sh", ["test", "--resume"], {}, { kind: "resume", by: "assumed-role/admin/ana" }],
];

describe("an operator's command", () => {
  test.each(commands)(
    "%s %j asks for it through the queue, and waits until it is on record",
    async (script, args, setting, expected) => {
      const { status, sent, asked, calls } = await run(script, args, setting);

      expect(status).toBe(0);
      expect(sent).toMatchObject({ schema: 1, env: "test", ...expected });
      expect(messageSchema.safeParse(sent).success).toBe(true);
      expect(planRequestSchema.safeParse(asked).success).toBe(true);
      expect(calls).toMatch(
        /sqs send-message .*--message-group-id test --message-deduplication-id (leave|move|hold|resume)-operator-/,
      );
    },
  );

  test.each(commands)("%s %j --dry-run shows the plan and asks for nothing", async (script, args, setting) => {
    const { status, stdout, sent } = await run(script, [...args, "--dry-run"], setting);
    const json = await run(script, [...args, "--dry-run", "--json"], setting);

    expect({ status, sent }).toEqual({ status: 0, sent: undefined });
    expect(stdout).toContain(`DO   ${LANE}     replace: to use1-az2-a (ana asked for it)`);
    expect(stdout).toMatch(/NAT +use1-az2-a +i-02 +healthy, does not hold the flows of its peers/);
    expect(JSON.parse(json.stdout)).toEqual(PLAN);
  });

  test.each(commands)("%s %j that would be refused says why and asks for nothing", async (script, args, setting) => {
    const { status, stdout, sent } = await run(script, args, { ...setting, plan: REFUSED });

    expect({ status, sent }).toEqual({ status: 1, sent: undefined });
    expect(stdout).toContain("REFUSED: use1-az1-a is the last healthy NAT");
  });

  test.each(commands)("%s %j on prod asks a person first, unless --yes", async (script, [, ...args], setting) => {
    const unanswered = await run(script, ["prod", ...args], setting);
    const confirmed = await run(script, ["prod", ...args, "--yes"], setting);

    expect(unanswered).toMatchObject({ status: 2, sent: undefined, stderr: expect.stringContaining("not confirmed") });
    expect(confirmed).toMatchObject({ status: 0, sent: { env: "prod" } });
  });
});

describe("hold.sh", () => {
  test("holds for as long as it is told, and says why", async () => {
    const { sent, status, stderr } = await run("hold.sh", ["test", "--minutes", "90", "--because", "cable work; back at 3"]);
    const minutes = (Date.parse(String(sent?.["until"])) - Date.now()) / 60_000;

    expect(sent).toMatchObject({ kind: "hold", by: "assumed-role/admin/ana", because: "cable work; back at 3" });
    expect(minutes).toBeGreaterThan(88);
    expect(minutes).toBeLessThanOrEqual(90);
    // Nobody answered: that is not a success.
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("not done within 2 s") });
  });

  test.each(["0", "1441", "-5", "ten", "1.5", ""])("refuses --minutes %j", async (minutes) => {
    const { status, stderr, calls } = await run("hold.sh", ["test", "--minutes", minutes]);

    expect({ status, calls }).toEqual({ status: 2, calls: "" });
    expect(stderr).toContain(`--minutes must be a whole number from 1 to 1440, got '${minutes}'`);
  });
});

describe("drain.sh", () => {
  test("tells a refusal that comes after the plan", async () => {
    const refusals = { [SERVER]: { at: "2999-01-01T00:00:00.000Z", because: "the other one is silent now" } };
    const { status, stderr } = await run("drain.sh", ["test", "--nat", "use1-az1-a"], { after: { ...BEFORE, refusals } });

    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("refused: the other one is silent now") });
  });

  test("does not take an older refusal for an answer", async () => {
    const refusals = { [SERVER]: { at: "2001-01-01T00:00:00.000Z", because: "long ago" } };
    const { status, stderr } = await run("drain.sh", ["test", "--nat", "use1-az1-a"], { before: { ...BEFORE, refusals } });

    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("not done within 2 s") });
    expect(stderr).not.toContain("long ago");
  });
});

describe("drain.sh of a NAT that reboots", () => {
  const at = "2026-11-21T12:00:00.000Z";
  const rebooting = (lasting?: Notice["because"]): FleetRecord => ({
    ...drained,
    notices: {
      [SERVER]: {
        ...{ at, because: "shutdown", force: false, by: "nat" },
        ...(lasting && { lasting: { at, because: lasting, force: false, by: "operator" } }),
      },
    },
  });

  test("waits until the drain itself is on record", async () => {
    const drain = ["test", "--nat", "use1-az1-a"];

    expect(await run("drain.sh", drain, { before: rebooting(), after: rebooting("drain") })).toMatchObject({ status: 0 });
    expect(await run("drain.sh", drain, { before: rebooting() })).toMatchObject({ status: 1 });
  });

  test("--undo takes the drain back, and not what else stands when the machine is back", async () => {
    const undo = ["test", "--nat", "use1-az1-a", "--undo"];

    expect(await run("drain.sh", undo, { before: rebooting("drain"), after: rebooting() })).toMatchObject({ status: 0 });
    expect(await run("drain.sh", undo, { before: rebooting("rebalance") })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("leaves because of rebalance"),
    });
  });
});

describe("wrong words", () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      "drain.sh",
      ["test", "--nat", "use1-az9-a"],
      /no NAT 'use1-az9-a' in test; there are: use1-az1-a \(i-01\), use1-az2-a \(i-02\)/,
    ],
    ["drain.sh", ["test"], /no NAT; usage: drain\.sh/],
    ["drain.sh", ["test", "--nat"], /no NAT; usage: drain\.sh/],
    ["drain.sh", ["test", "--nat", "use1-az1-a", "--force", "--undo"], /--force and --undo exclude each other/],
    ["drain.sh", [], /no environment; usage: drain\.sh.*allowed: prod, test, lab/],
    [
      "manual_failover.sh",
      ["test", "--lane", "use1-az9-l1", "--to", "auto"],
      /no lane 'use1-az9-l1' in test; there are: use1-az1-l1/,
    ],
    ["manual_failover.sh", ["test", "--lane", LANE], /no NAT to move it to/],
    ["manual_failover.sh", ["test", "--to", "auto"], /no lane; usage/],
    ["hold.sh", ["staging"], /unknown environment 'staging'/],
    ["hold.sh", ["test", "--forever"], /unknown option '--forever'/],
    ["hold.sh", ["test", "prod"], /one environment at a time/],
  ])("%s %j is refused in words", async (script, args, words) => {
    const { status, stderr, sent } = await run(script, args);

    expect({ status, sent }).toEqual({ status: 2, sent: undefined });
    expect(stderr).toMatch(words);
  });

  test("the wrong account is refused before anything is asked for", async () => {
    const { status, stderr, asked } = await run("hold.sh", ["test"], { env: { HA_NAT_ACCOUNT_ID_TEST: "999999999999" } });

    expect({ status, asked }).toEqual({ status: 2, asked: undefined });
    expect(stderr).toContain("wrong account");
  });
});
