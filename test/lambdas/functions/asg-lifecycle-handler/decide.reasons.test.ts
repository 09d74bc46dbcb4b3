import { decideLaunch, decideTerminate } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import type { Action, Blind, CheckProgress, Progress, Seen } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import { allDone, peer, peersOf, readySeen } from "./builders";

const NOW = 1_000;
const limits = { instanceId: "i-new", deadlineAt: 240_000, handoverUntil: 10_000 };
const LATE = limits.deadlineAt;
const blind: Blind = { blind: "throttled" };
const passed = (replication: string | null): CheckProgress => ({ state: "passed", replication, notBefore: Infinity });
const see = (changes: Partial<Seen>): Seen => ({ ...readySeen, ...changes });
const amid = (...names: readonly (readonly [string, string])[]): Seen => {
  const peers = peersOf(...names.map(([id, name]) => peer(id, name)));
  return see({ published: peers, derived: peers });
};
const done = (changes: Partial<Progress>): Progress => ({ ...allDone, ...changes });
const nothingDone: Progress = {
  ...{
    instanceSeen: false,
    absentSince: null,
    checkFailed: false,
    sourceDestCheckOff: false,
    keyEnsured: false,
    worksSince: null,
    targetDone: false,
    electedAt: null,
  },
  ...{ check: { state: "none", because: "not asked yet", notBefore: 0 }, heartbeatAt: 0 },
};
const launch = (seen: Seen | Blind, progress = allDone, now = NOW) => decideLaunch(seen, progress, now, limits);
const terminate = (seen: Seen | Blind, progress = allDone, now = NOW) => decideTerminate(seen, progress, now, limits);
const kinds = (actions: readonly Action[]) => actions.map((action) => (action.kind === "complete" ? action.result : action.kind));
const why = (actions: readonly Action[]) => actions.map(({ because }) => because);

const unserved = see({
  serves: [],
  lanes: [
    { lane: "z1-l1", servedBy: null },
    { lane: "z1-l2", servedBy: "i-dead" },
  ],
});
const others = amid(["i-other", "z1-b"]);
const held: Seen = {
  ...others,
  lifecycle: "Terminating:Wait",
  serves: ["z1-l1", "z1-l2"],
};
const left = { ...held, serves: [] };
const stranded = { ...left, stranded: ["z1-l1"] };

describe("a hook is answered with the reason", () => {
  test.each<[string, () => readonly Action[], string]>([
    ["launch: blind at the deadline", () => launch(blind, allDone, LATE), "the last look failed: throttled"],
    [
      "launch: answered already",
      () => launch(see({ lifecycle: "InService" })),
      "i-new is InService: its launch hook no longer waits",
    ],
    ["launch: ended itself", () => launch(see({ instance: "going" })), "i-new ended itself during launch; its console says why"],
    ["launch: gone, and in no group", () => launch(see({ lifecycle: null, instance: "absent" })), "i-new no longer exists"],
    ["launch: a stranger", () => launch(see({ lifecycle: null })), "i-new runs, but is in no Auto Scaling group of the fleet"],
    ["terminate: blind at the deadline", () => terminate(blind, allDone, LATE), "i-new goes whatever is left to do"],
    ["terminate: in no group", () => terminate({ ...left, lifecycle: null, instance: "absent" }), "i-new is gone: no hook waits"],
    ["terminate: all handed over", () => terminate(left), "no lane leads to i-new"],
    ["terminate: lanes left", () => terminate(held, allDone, 10_000), "not handed over in time: z1-l1, z1-l2 still led to i-new"],
    [
      "terminate: an address left",
      () => terminate(stranded, allDone, 10_000),
      "not handed over in time: the address of z1-l1 is still on i-new",
    ],
    [
      "launch: serves, and nobody could ask its check",
      () => launch(readySeen, { ...nothingDone, sourceDestCheckOff: true, keyEnsured: true, targetDone: true }, LATE),
      "it serves z1-l1, so it stays, though nat-check has not passed (not asked yet); no election was asked for",
    ],
    [
      "launch: serves several lanes, without the flows of its peers",
      () => launch({ ...readySeen, serves: ["z1-l1", "z1-l2"] }, done({ check: passed("syncing"), worksSince: LATE }), LATE),
      "it serves z1-l1, z1-l2, so it stays, though it does not hold the flows of its peers yet (syncing)",
    ],
    [
      "terminate: lanes left, and addresses of others",
      () => terminate({ ...held, stranded: ["z1-l3", "z1-l4"] }, allDone, 10_000),
      "z1-l1, z1-l2 still led to i-new; the address of z1-l3, z1-l4 is still on i-new",
    ],
  ])("%s", (_when, answer, because) => {
    const [action, ...more] = answer();

    expect(action?.because).toContain(because);
    expect(more).toEqual([]);
  });

  test("and a CONTINUE to which nothing lacks claims nothing more", () => {
    expect(why(launch(readySeen))).toEqual(["check passed and every lane of its zone is served"]);
  });

  test("and an ABANDON at the deadline names all that is missing, and nothing that is not", () => {
    const seen = { ...unserved, instance: "absent" as const, published: peersOf(), derived: peersOf(peer("i-far", "z2-a")) };

    expect(why(launch(seen, nothingDone, LATE))).toEqual([
      [
        "the deadline passed: EC2 does not show i-new yet",
        "its source/destination check is not off",
        "the heartbeat key is not known to exist",
        "the published peers are not those of now",
        "i-new is not among the peers",
        "nat-check has not passed (not asked yet)",
        "it is not registered with the target group",
        "no election was asked for",
        "the default route of z1-l1 leads to no NAT",
        "the default route of z1-l2 leads to no NAT",
      ].join("; "),
    ]);
    expect(
      why(
        launch(
          { ...readySeen, serves: [] },
          done({ check: { state: "running", commandId: "c", startedAt: 0, patienceMs: 8_000 } }),
          LATE,
        ),
      ),
    ).toEqual(["the deadline passed: nat-check has not passed"]);
  });

  test("and who enters at the deadline without the load balancer's knowing is told what it lacks", () => {
    const idle = { ...readySeen, serves: [], lanes: [{ lane: "z1-l1", servedBy: "i-new" }] };

    expect(why(launch(idle, done({ targetDone: false }), LATE))).toEqual([
      "the deadline passed, and only the load balancer does not know it: it is not registered with the target group",
    ]);
  });

  test("and every step and every wait says why", () => {
    const late = { ...nothingDone, instanceSeen: true };
    const seen = { ...unserved, published: peersOf() };
    const all = [
      launch(seen, late, 25_000),
      launch(readySeen, { ...nothingDone, sourceDestCheckOff: true, keyEnsured: true }),
      launch(unserved, done({ targetDone: false, electedAt: null }), NOW),
      launch(unserved, allDone, 5_000),
      launch(readySeen, done({ check: { state: "running", commandId: "c", startedAt: NOW, patienceMs: 8_000 } })),
      launch(readySeen, done({ check: { state: "running", commandId: "c", startedAt: 0, patienceMs: 8_000 } }), 9_000),
      terminate(held, done({ electedAt: null })),
      terminate(held, allDone, 5_000),
      terminate({ ...left, published: peersOf() }, done({ targetDone: false })),
    ].flat();

    expect(new Set(kinds(all)).size).toBe(10);
    expect(all.filter(({ because }) => because === "")).toEqual([]);
  });

  test("and who is waited for, or elected, is named", () => {
    expect(why(launch(unserved, allDone, 5_000))).toEqual([
      "z1-l1, z1-l2 not served",
      "the default route of z1-l1 leads to no NAT; the default route of z1-l2 leads to no NAT",
    ]);
    expect(why(terminate(held))).toEqual(["z1-l1, z1-l2 still led to i-new"]);
    expect(why(terminate({ ...held, stranded: ["z1-l3"] }))).toEqual([
      "z1-l1, z1-l2 still led to i-new; the address of z1-l3 is still on i-new",
    ]);
    expect(why(launch(amid(["i-new", "z1-a"], ["i-b", "z1-b"], ["i-c", "z1-c"]), done({ check: passed("alone") })))).toEqual([
      "it does not know z1-b, z1-c yet",
    ]);
  });
});

describe("a launch", () => {
  test.each<[string, Seen, Progress, number, readonly string[]]>([
    ["5: of a warm pool waits for nothing of ours", see({ lifecycle: "Warmed:Pending:Wait" }), allDone, NOW, ["end"]],
    ["9: does nothing to what EC2 does not show yet", see({ instance: "absent" }), nothingDone, NOW, ["wait"]],
    ["10: waits while it is not among the peers", amid(["i-far", "z1-b"]), allDone, NOW, ["wait"]],
    ["10: waits while there is no peer, alone or not", { ...amid(), lanes: [] }, done({ check: passed("alone") }), NOW, ["wait"]],
    ["10: lacks only the election: asks for it", readySeen, done({ electedAt: null }), NOW, ["elect"]],
    ["10: asks for one election at a time", unserved, done({ electedAt: null }), 5_000, ["elect", "wait"]],
    [
      "10: waits for flows from when it works",
      readySeen,
      done({ check: passed("syncing"), worksSince: 50_000, heartbeatAt: 50_000 }),
      60_000,
      ["wait"],
    ],
    [
      "10: waits for flows when it has just begun to work",
      readySeen,
      done({ check: passed("syncing"), worksSince: null, heartbeatAt: 60_000 }),
      60_000,
      ["wait"],
    ],
    [
      "7: copies no flows: has none to wait for",
      amid(["i-new", "z1-a"], ["i-b", "z1-b"]),
      done({ check: passed("off"), worksSince: NOW }),
      NOW,
      ["CONTINUE"],
    ],
    [
      "7: is alone in its zone, whoever is in others",
      amid(["i-far", "z0-a"], ["i-new", "z1-a"], ["i-z", "z2-a"]),
      done({ check: passed("alone") }),
      NOW,
      ["CONTINUE"],
    ],
    [
      "sends its next heartbeat 25 s after the last",
      readySeen,
      done({ check: { state: "running", commandId: "c", startedAt: 30_000, patienceMs: 8_000 }, heartbeatAt: 20_000 }),
      30_000,
      ["read-check", "wait"],
    ],
  ])("%s", (_row, seen, progress, now, expected) => {
    expect(kinds(launch(seen, progress, now))).toEqual(expected);
  });
});

describe("a terminate", () => {
  test("publishes the peers that are left, without itself", () => {
    const seen = { ...left, ...amid(["i-new", "z1-a"], ["i-other", "z1-b"]), lifecycle: "Terminating:Wait", serves: [] };

    expect(terminate(seen)).toMatchObject([{ kind: "publish-peers", peers: peersOf(peer("i-other", "z1-b")) }]);
  });

  test.each<[string, Seen, Progress, readonly string[]]>([
    [
      "4: has its lanes moved, though its group and EC2 have forgotten it",
      { ...held, lifecycle: null, instance: "absent" },
      done({ electedAt: null }),
      ["elect"],
    ],
    [
      "8: waits for nobody when only it is left among the peers",
      { ...held, ...amid(["i-new", "z1-a"]), published: peersOf(), lifecycle: "Terminating:Wait", serves: held.serves },
      allDone,
      ["CONTINUE"],
    ],
  ])("%s", (_row, seen, progress, expected) => {
    expect(kinds(terminate(seen, progress))).toEqual(expected);
  });
});
