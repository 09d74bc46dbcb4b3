import type { Action, Blind, CheckProgress, Progress, Seen } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import { decideLaunch, decideTerminate } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import { allDone, peer, peersOf, readySeen } from "./builders";

const NOW = 1_000;
const limits = { instanceId: "i-new", deadlineAt: 240_000, handoverUntil: 10_000 };
const LATE = limits.deadlineAt;
const blind: Blind = { blind: "throttled" };
const running = (startedAt: number, patienceMs = 8_000): CheckProgress => ({
  ...{ state: "running", commandId: "c" },
  ...{ startedAt, patienceMs },
});
const passed = (replication: string | null, notBefore = 0): CheckProgress => ({ state: "passed", replication, notBefore });
const two = peersOf(peer("i-new", "z1-a"), peer("i-old", "z1-b"));
const noCheck = (notBefore: number): CheckProgress => ({ state: "none", because: "not asked yet", notBefore });

/** `kind`, or the result of a completion. */
const brief = (actions: readonly Action[]) => actions.map((action) => (action.kind === "complete" ? action.result : action.kind));

const see = (changes: Partial<Seen>): Seen => ({ ...readySeen, ...changes });
const twoOfZone = see({ published: two, derived: two });
const done = (changes: Partial<Progress>): Progress => ({ ...allDone, ...changes });
const idle = see({ serves: [], lanes: [{ lane: "z1-l1", servedBy: "i-new" }] });
const lost = [{ lane: "z1-l2", servedBy: null }];
/** Systems Manager never had it online: nothing that follows from a passed check was done either. */
const unanswered = done({ check: noCheck(0), electedAt: null });

test.each([
  [8_000, 16_000],
  [32_000, 64_000],
  [64_000, 64_000],
])("10f: after %d ms in vain the next check has %d ms", (patienceMs, next) => {
  const steps = decideLaunch(readySeen, done({ check: running(0, patienceMs) }), patienceMs, limits);

  expect(steps).toContainEqual(expect.objectContaining({ kind: "start-check", patienceMs: next }));
});

describe("launch (rows of the matrix)", () => {
  test.each<[string, Seen | Blind, Progress, number, readonly string[]]>([
    ["1: the look failed", blind, allDone, NOW, ["wait"]],
    ["2: the look failed and the deadline passed", blind, allDone, LATE, ["ABANDON"]],
    ["3: no group, EC2 does not have it", see({ lifecycle: null, instance: "absent" }), allDone, NOW, ["end"]],
    ["3: no group, EC2 ends it", see({ lifecycle: null, instance: "going" }), allDone, LATE, ["end"]],
    ["4: no group, EC2 runs it", see({ lifecycle: null }), allDone, NOW, ["reject"]],
    ["5: its hook has been answered", see({ lifecycle: "Pending:Proceed" }), allDone, NOW, ["end"]],
    ["5: in service", see({ lifecycle: "InService" }), allDone, LATE, ["end"]],
    ["5: leaving again", see({ lifecycle: "Terminating:Wait" }), allDone, NOW, ["end"]],
    ["6: it ended itself", see({ instance: "going" }), allDone, NOW, ["ABANDON"]],
    ["6: it was there and has vanished", see({ instance: "absent" }), done({ absentSince: 0 }), 10_000, ["ABANDON"]],
    ["9: it was there and is missing from one answer", see({ instance: "absent" }), done({ absentSince: NOW }), NOW, ["wait"]],
    ["9: it was there and is missing for a moment", see({ instance: "absent" }), done({ absentSince: 5_000 }), 14_999, ["wait"]],
    ["7: everything holds", readySeen, allDone, NOW, ["CONTINUE"]],
    ["7: everything holds at the deadline", readySeen, allDone, LATE, ["CONTINUE"]],
    ["7: its group is a moment behind", see({ lifecycle: "Pending" }), allDone, NOW, ["CONTINUE"]],
    [
      "7: another zone's NAT serves its lane",
      see({
        published: peersOf(peer("i-new", "z1-a"), peer("i-far", "z2-a")),
        derived: peersOf(peer("i-new", "z1-a"), peer("i-far", "z2-a")),
        lanes: [{ lane: "z1-l1", servedBy: "i-far" }],
      }),
      allDone,
      NOW,
      ["CONTINUE"],
    ],
    ["8a: the load balancer takes no newcomers", idle, done({ targetDone: false }), LATE, ["CONTINUE"]],
    [
      "8b: neither does it, and nobody could ask a server's check",
      readySeen,
      { ...unanswered, targetDone: false },
      LATE,
      ["CONTINUE"],
    ],
    ["8c: neither does it, and the check failed", idle, done({ check: noCheck(0), targetDone: false }), LATE, ["ABANDON"]],
    ["8c: the deadline passed", idle, done({ check: noCheck(0) }), LATE, ["ABANDON"]],
    ["8b: it serves, and nobody could ask its check", readySeen, unanswered, LATE, ["CONTINUE"]],
    [
      "8b: it serves, and its check does not end",
      readySeen,
      done({ check: running(LATE - 1), electedAt: null }),
      LATE,
      ["CONTINUE"],
    ],
    ["8c: it serves, and its check failed", readySeen, { ...unanswered, checkFailed: true }, LATE, ["ABANDON"]],
    ["8c: it serves, unchecked, and lacks more", readySeen, { ...unanswered, sourceDestCheckOff: false }, LATE, ["ABANDON"]],
    ["8b: it serves, passed, and no election was asked", readySeen, done({ electedAt: null }), LATE, ["CONTINUE"]],
    [
      "8b: it serves, passed, and does not hold flows",
      readySeen,
      done({ check: passed("syncing"), worksSince: LATE - 1 }),
      LATE,
      ["CONTINUE"],
    ],
    [
      "8c: it does not serve, passed, and does not hold flows",
      idle,
      done({ check: passed("syncing"), worksSince: LATE - 1 }),
      LATE,
      ["ABANDON"],
    ],
    ["8c: it serves, passed, and another lane is not served", { ...readySeen, lanes: lost }, allDone, LATE, ["ABANDON"]],
    [
      "10d, 10g: it serves, unchecked: registered all the same",
      readySeen,
      { ...unanswered, targetDone: false },
      NOW,
      ["start-check", "register", "wait"],
    ],
    [
      "10d: it serves, and failed: not registered",
      readySeen,
      { ...unanswered, targetDone: false, checkFailed: true },
      NOW,
      ["start-check", "wait"],
    ],
    ["9: EC2 does not show it yet", see({ instance: "absent" }), done({ instanceSeen: false }), NOW, ["wait"]],
    [
      "10a, 10b, 10c, 10d: nothing done yet",
      see({ published: peersOf(), serves: [] }),
      done({
        sourceDestCheckOff: false,
        keyEnsured: false,
        check: noCheck(0),
        targetDone: false,
        electedAt: null,
      }),
      NOW,
      ["switch-off-source-dest-check", "ensure-key", "publish-peers", "start-check", "wait"],
    ],
    [
      "10a: source/destination check is on",
      readySeen,
      done({ sourceDestCheckOff: false }),
      NOW,
      ["switch-off-source-dest-check"],
    ],
    ["10b: no heartbeat key", readySeen, done({ keyEnsured: false }), NOW, ["ensure-key"]],
    ["10c: peers differ", see({ published: peersOf() }), allDone, NOW, ["publish-peers"]],
    ["10d: check not started", readySeen, done({ check: noCheck(NOW) }), NOW, ["start-check", "wait"]],
    ["10k: check failed, pause not over", readySeen, done({ check: noCheck(NOW + 1) }), NOW, ["wait"]],
    ["10e: check running", readySeen, done({ check: running(NOW) }), NOW, ["read-check", "wait"]],
    [
      "10f: check runs for too long: its result may be lost",
      readySeen,
      done({ check: running(0) }),
      8_000,
      ["start-check", "wait"],
    ],
    [
      "10e: a check that was started anew has more time",
      readySeen,
      done({ check: running(0, 16_000) }),
      15_999,
      ["read-check", "wait"],
    ],
    ["10g: passed, not registered", readySeen, done({ targetDone: false }), NOW, ["register"]],
    ["10g, 10i: passed, no election asked", readySeen, done({ electedAt: null, targetDone: false }), NOW, ["register", "elect"]],
    [
      "10c: no election before the peers are published",
      see({ published: peersOf() }),
      done({ electedAt: null }),
      NOW,
      ["publish-peers"],
    ],
    [
      "10k: elected just now, lane not served",
      see({ lanes: [{ lane: "z1-l1", servedBy: null }] }),
      done({ electedAt: NOW }),
      NOW,
      ["wait"],
    ],
    [
      "10j: elected 2 s ago, lane not served",
      see({ lanes: [{ lane: "z1-l1", servedBy: null }] }),
      done({ electedAt: 0 }),
      2_000,
      ["elect", "wait"],
    ],
    [
      "10j: lane led to one that is no peer",
      see({ lanes: [{ lane: "z1-l1", servedBy: "i-dead" }] }),
      done({ electedAt: 0 }),
      2_000,
      ["elect", "wait"],
    ],
    [
      "10k: works, does not hold its peers' flows, nobody waits for it",
      readySeen,
      done({ check: passed("syncing", NOW + 1), electedAt: null }),
      NOW,
      ["wait"],
    ],
    [
      "10h: works, and time to look again for flows",
      readySeen,
      done({ check: passed("degraded", NOW) }),
      NOW,
      ["start-check", "wait"],
    ],
    [
      "10i: works, does not hold flows, a lane leads to nobody: elected at once",
      see({ lanes: [{ lane: "z1-l1", servedBy: null }] }),
      done({ check: passed("syncing", NOW + 1), electedAt: null }),
      NOW,
      ["elect", "wait"],
    ],
    ["10k: says that it is alone, and is not", twoOfZone, done({ check: passed("alone", NOW + 1) }), NOW, ["wait"]],
    ["7: says that it is alone, and is", readySeen, done({ check: passed("alone", NOW) }), NOW, ["CONTINUE"]],
    ["7: copies no flows, or is too old to say", twoOfZone, done({ check: passed(null, NOW) }), NOW, ["CONTINUE"]],
    [
      "10k: works for just under a minute without flows",
      readySeen,
      done({ check: passed("syncing", 70_000) }),
      59_999,
      ["heartbeat", "wait"],
    ],
    [
      "7: works for a minute without flows: taken as it is",
      readySeen,
      done({ check: passed("syncing", 70_000) }),
      60_000,
      ["CONTINUE"],
    ],
    ["heartbeat after 25 s", readySeen, done({ check: running(20_000) }), 25_000, ["read-check", "heartbeat", "wait"]],
  ])("%s", (_row, seen, progress, now, expected) => {
    expect(brief(decideLaunch(seen, progress, now, limits))).toEqual(expected);
  });

  test("a CONTINUE without its peers' flows says so", () => {
    const [action] = decideLaunch(readySeen, done({ check: passed("syncing") }), 60_000, limits);

    expect(action?.because).toMatch(/does not hold the flows of its peers yet \(syncing\), but that was waited for long enough$/);
  });

  test("an ABANDON names everything that is missing", () => {
    const seen = see({ serves: [], lanes: [{ lane: "z1-l1", servedBy: null }] });
    const [action] = decideLaunch(seen, done({ check: noCheck(0) }), LATE, limits);

    expect(action?.because).toBe(
      "the deadline passed: nat-check has not passed (not asked yet); the default route of z1-l1 leads to no NAT",
    );
  });
});

describe("terminate (rows of the matrix)", () => {
  const others = peersOf(peer("i-other", "z1-b"));
  const leaving = see({
    lifecycle: "Terminating:Wait",
    published: others,
    derived: others,
    serves: [],
  });
  const held = { ...leaving, serves: ["z1-l1"] };
  const stranded = { ...leaving, stranded: ["z1-l1"] };
  const stillPeer = peersOf(peer("i-new", "z1-a"), peer("i-other", "z1-b"));

  test.each<[string, Seen | Blind, Progress, number, readonly string[]]>([
    ["1: the look failed", blind, allDone, NOW, ["wait"]],
    ["2: no group, EC2 runs it", { ...leaving, lifecycle: null }, allDone, NOW, ["reject"]],
    ["3: the deadline passed", held, done({ electedAt: null }), LATE, ["CONTINUE"]],
    ["3: the deadline passed and the look failed", blind, allDone, LATE, ["CONTINUE"]],
    [
      "4: peers differ, no election asked: the peers wait for the handover",
      { ...leaving, published: peersOf() },
      done({ electedAt: null }),
      NOW,
      ["elect"],
    ],
    ["5: a lane leads to it, and it is still among the peers", { ...held, published: peersOf() }, allDone, NOW, ["wait"]],
    [
      "6: no lane leads to it, and it is still among the peers",
      { ...leaving, published: peersOf() },
      done({ targetDone: false }),
      NOW,
      ["publish-peers", "deregister"],
    ],
    ["4: no election asked", leaving, done({ electedAt: null }), NOW, ["elect"]],
    ["5: a lane leads to it", held, allDone, NOW, ["wait"]],
    ["5: a lane leads to it, asked 2 s ago", held, allDone, 2_000, ["elect", "wait"]],
    ["5: the address of a lane that left is still on it", stranded, allDone, NOW, ["wait"]],
    ["5: likewise, asked 2 s ago", stranded, allDone, 2_000, ["elect", "wait"]],
    ["6: the address does not follow, handover time is over", stranded, done({ targetDone: false }), 10_000, ["deregister"]],
    [
      "6: a lane leads to it, so that others publish it; its own hook takes it out",
      { ...held, published: stillPeer, derived: stillPeer },
      allDone,
      10_000,
      ["publish-peers"],
    ],
    ["6: a lane leads to it, handover time is over", held, done({ targetDone: false }), 10_000, ["deregister"]],
    [
      "6: a lane leads to it, and there is no other NAT",
      { ...held, published: peersOf(), derived: peersOf() },
      done({ targetDone: false }),
      NOW,
      ["deregister"],
    ],
    ["6: no lane leads to it", leaving, done({ targetDone: false }), NOW, ["deregister"]],
    ["7: it has left its group", { ...leaving, lifecycle: null, instance: "absent" }, allDone, NOW, ["end"]],
    ["8: all done", leaving, allDone, NOW, ["CONTINUE"]],
    ["8: EC2 has ended it already", { ...leaving, instance: "absent" }, allDone, NOW, ["CONTINUE"]],
  ])("%s", (_row, seen, progress, now, expected) => {
    expect(brief(decideTerminate(seen, progress, now, limits))).toEqual(expected);
  });
});
