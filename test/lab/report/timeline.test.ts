import { timeline } from "../../../lab/report/timeline";

const FUNCTION = "ha-nat-test-nat-route-failover";
const at = (ms: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + ms).toISOString();
const line = (keys: object) => JSON.stringify(keys);

const suspicion = (ms: number, correlationId: string) =>
  line({ message: "suspicion", timestamp: at(ms), suspect: "i-a", reason: "missed-heartbeats", correlationId });
const decided = (ms: number, request: string, correlationId: string, lanes: readonly string[] = ["az1-l1"]) =>
  line({
    message: "decided",
    timestamp: at(ms),
    function_request_id: request,
    correlationIds: [correlationId],
    triggers: ["suspicion of i-a by i-b"],
    evidence: [
      { instanceId: "i-a", kind: "silent", leaving: false },
      { instanceId: "i-b", kind: "healthy", leaving: false },
    ],
    plan: [
      ...lanes.map((lane) => ({ kind: "point-route", lane, instanceId: "i-b", because: "i-a is silent" })),
      { kind: "none", lane: "az2-l1", because: "all right" },
    ],
  });
const moved = (ms: number, request: string) =>
  line({
    message: "moved",
    timestamp: at(ms),
    function_request_id: request,
    correlationIds: [request.replace("r", "c-")],
    lane: "az1-l1",
    to: "i-b",
    tookMs: 900,
  });
/** Of asg-lifecycle-handler, whose decisions move no lane. */
const launching = line({
  message: "decided",
  timestamp: at(200),
  correlationId: "launch-i-c",
  evidence: { lifecycle: "Pending:Wait", serves: [] },
  actions: [{ kind: "elect", because: "a NAT came" }],
});
const call = (ms: number, operation: string, role = FUNCTION) =>
  line({ service: "ec2", operation, principal: `${role}/session`, status: 200, startedAt: at(ms), durationMs: 120 });

const LOGS = {
  "ha-nat-test-asg-lifecycle-handler": launching,
  "nat-az1-b": ["nat-up: ruleset loaded", suspicion(0, "c-1"), suspicion(60_000, "c-2")].join("\n"),
  [FUNCTION]: [
    line({
      message: "decided",
      timestamp: at(-5000),
      function_request_id: "r0",
      correlationIds: ["sweep"],
      triggers: [],
      evidence: [],
      plan: [],
    }),
    decided(400, "r1", "c-1"),
    moved(1300, "r1"),
    decided(60_400, "r2", "c-2"),
    moved(61_300, "r2"),
  ].join("\n"),
  holder: [
    call(410, "DescribeInstances"),
    call(420, "ReplaceRoute"),
    call(430, "PutParameter", "ha-nat-test-asg-lifecycle-handler"),
    call(60_420, "ReplaceRoute"),
    '{"service":"ec2","operation":"Replace',
  ].join("\n"),
};

test("one failover is told from the first symptom to the verification, and nothing of others", () => {
  expect(timeline(LOGS, 1)).toEqual([
    "failover 1 of 2, 2026-01-01T00:00:00.000Z, correlation c-1",
    "  +0.000 s  nat-az1-b: suspects i-a by missed-heartbeats",
    `  +0.400 s  ${FUNCTION}: looks because of suspicion of i-a by i-b; sees i-a silent`,
    `  +0.400 s  ${FUNCTION}: plans point-route az1-l1 i-b, because i-a is silent`,
    "  +0.420 s  AWS: ReplaceRoute took 120 ms",
    `  +1.300 s  ${FUNCTION}: moved az1-l1 to i-b, seen in EC2's answers after 900 ms`,
  ]);
  expect(timeline(LOGS, 2)[0]).toContain("correlation c-2");
});

describe("a move that another function asks for begins with it:", () => {
  const told = (from: string, ...asking: readonly string[]) => {
    const own = [decided(400, "r1", "c-1"), moved(1300, "r1")].join("\n");
    return timeline({ [from]: asking.join("\n"), [FUNCTION]: own }, 1).slice(1, -3);
  };
  const guard = (plan: readonly object[]) =>
    line({ message: "decided", timestamp: at(10), correlationId: "c-1", evidence: ["az1-l1: no default route"], plan });

  test("asg-lifecycle-handler's asking for an election", () => {
    const keys = { instanceId: "i-c", because: "launched" };
    const asking = line({ ...keys, message: "asks for an election", timestamp: at(10), correlationId: "c-1" });
    const another = line({ ...keys, message: "asks for an election", timestamp: at(5), correlationId: "c-9" });

    expect(told("ha-nat-test-asg-lifecycle-handler", launching, another, asking)).toEqual([
      "  +0.000 s  ha-nat-test-asg-lifecycle-handler: asks for an election: i-c launched",
    ]);
  });

  test("config-guard's decision to have a route repaired, of all that it mends", () => {
    const plan = [
      { kind: "change-acl", subject: "acl-1", because: "the deployment says so" },
      { kind: "ask-door", subject: "az1-l1", because: "the one writer" },
    ];

    expect(told("ha-nat-test-config-guard", guard(plan))).toEqual([
      "  +0.000 s  ha-nat-test-config-guard: asks nat-route-failover because of az1-l1: no default route: the one writer",
    ]);
  });

  test("eip-recover's decision and what it found", () => {
    const drift = line({ message: "drift", timestamp: at(20), correlationId: "c-1", subject: "az1-l1", before: "elsewhere" });

    expect(told("ha-nat-test-eip-recover", guard([{ kind: "ask-door", because: "the one writer" }]), drift)).toEqual([
      "  +0.000 s  ha-nat-test-eip-recover: asks nat-route-failover because of az1-l1: no default route: the one writer",
      "  +0.010 s  ha-nat-test-eip-recover: finds az1-l1: elsewhere",
    ]);
  });
});

test("the story of many lanes has at most 30 lines, and keeps its beginning and its end", () => {
  const lanes = Array.from({ length: 40 }, (_, index) => `az1-l${index}`);
  const lines = timeline({ [FUNCTION]: [decided(0, "r1", "c-1", lanes), moved(900, "r1")].join("\n") }, 1);

  expect(lines).toHaveLength(30);
  expect(lines[0]).toContain("failover 1 of 1");
  expect(lines.join("\n")).toContain("lines more");
  expect(lines.at(-1)).toContain("moved az1-l1 to i-b");
});

test("a failover that the logs do not have is an error that says how many they have", () => {
  expect(() => timeline(LOGS, 3)).toThrow("failover 3 is not in the logs; they have 2");
});
