import { parseEvent, requestsOf } from "../../../../lambdas/functions/nat-route-failover/event";
import { Sequences, Words } from "../../../../lambdas/functions/nat-route-failover/memory";
import { screen } from "../../../../lambdas/functions/nat-route-failover/screen";
import { NOW } from "./support/builders";
import { batch, delivered, envelope, leave, suspicion, SWEEP } from "./support/messages";

const parse = (...records: readonly unknown[]) =>
  parseEvent(batch(...records), { env: "test", now: NOW, sequences: new Sequences() });
const fromReporter = { sender: "i-0b" };

const GONE = "EC2 Instance State-change Notification";
const ahead = (ms: number) => new Date(NOW.getTime() + ms).toISOString();
const good = { ok: true, consecutiveFailures: 0 };
const bad = { ok: false, consecutiveFailures: 3 };
const aboutItself = (difference: object) =>
  suspicion({ suspect: "i-0b", reason: "self-probe", reporterSelfProbe: bad, ...difference });
const ask = (kind: string, difference: object) => ({ ...SWEEP, kind, by: "ana", ...difference });

describe("messages of the failover queue", () => {
  test("that are genuine trigger a look", () => {
    const inbox = parse(delivered(SWEEP), delivered(suspicion(), fromReporter));

    expect(inbox.triggers.map((trigger) => trigger.kind === "message" && trigger.message.kind)).toEqual(["sweep", "suspicion"]);
    expect(inbox.dropped).toEqual([]);
  });

  test.each<[string, unknown, RegExp]>([
    ["malformed", delivered("{not json"), /not JSON/],
    ["malformed", delivered({ ...SWEEP, schema: 2 }), /schema/],
    ["malformed", delivered({ ...suspicion(), sequence: -1 }, fromReporter), /sequence/],
    ["malformed", delivered({ ...suspicion(), observers: "all" }, fromReporter), /observers/],
    ["malformed", delivered("null"), /body/],
    ["malformed", { messageId: "m-1", body: "{}" }, /not a record of SQS/],
    ["malformed", delivered({ ...SWEEP, at: "yesterday" }), /^at: must be an ISO time$/],
    ["malformed", delivered({ ...SWEEP, at: `${ahead(0)}${" ".repeat(64)}` }), /; at: Too big/],
    [
      "malformed",
      delivered({ ...envelope(GONE), time: undefined }),
      /^time: Invalid input: expected string, received undefined$/,
    ],
    ["malformed", delivered({ ...envelope(GONE), time: "yesterday" }), /^time: must be an ISO time$/],
    ["malformed", delivered({ ...envelope(GONE), detail: "x" }), /^detail: Invalid input: expected record/],
    [
      "implausible",
      delivered({ ...envelope(GONE), time: ahead(60_001) }),
      /60001 ms after .*; 60000 ms is the most: correct the clock/,
    ],
    ["implausible", delivered({ ...envelope(GONE), source: "my.app" }), /Notification of my\.app; aws\.ec2 alone sends it/],
    ["implausible", delivered({ ...SWEEP, at: ahead(60_001) }), /^the sweep has time .*, 60001 ms after/],
    ["implausible", delivered(suspicion({ at: ahead(60_001) }), fromReporter), /^the suspicion has time/],
    ["foreign", delivered({ ...SWEEP, env: "prod" }), /environment prod, this is test/],
    ["forged", delivered(suspicion({ reporter: "i-0c" }), fromReporter), /i-0b speaks as i-0c/],
    ["forged", delivered(SWEEP, fromReporter), /i-0b may send suspicions and its own leaving only/],
    [
      "forged",
      delivered(envelope("EC2 Spot Instance Interruption Warning", { "instance-id": "i-0a" }), fromReporter),
      /in EventBridge's name/,
    ],
    ["forged", delivered(leave(), { sender: "i-0c" }), /i-0c speaks as i-0b/],
    ["forged", delivered(leave({ instanceId: "i-0c" }), fromReporter), /i-0b may leave itself only, not i-0c/],
    ["forged", delivered(ask("move", { lane: "l1", to: "auto" }), fromReporter), /i-0b may send suspicions and its own/],
    ["forged", delivered(ask("hold", { because: "x", until: NOW.toISOString() }), fromReporter), /i-0b may send/],
    ["forged", delivered(ask("resume", {}), fromReporter), /i-0b may send/],
    ["malformed", delivered(leave({ because: "boredom" as never })), /because/],
    ["malformed", delivered(ask("hold", { because: "x", until: "tomorrow" })), /until: must be an ISO time/],
    ["implausible", delivered(ask("hold", { because: "x", until: "2026-03-02T12:05:00.001Z" })), /a day ahead is the most/],
    ["implausible", delivered(aboutItself({ reporterSelfProbe: good }), fromReporter), /its self-probe is good/],
    ["implausible", delivered(aboutItself({ reason: "missed-heartbeats" }), fromReporter), /suspects i-0b by missed-heartbeats/],
    ["implausible", delivered(aboutItself({ suspect: "i-0a" }), fromReporter), /i-0b suspects i-0a by self-probe/],
    ["stale", delivered(SWEEP, { sentAt: NOW.getTime() - 120_001 }), /sent 120001 ms ago/],
    [
      "stale",
      delivered(SWEEP, { sentAt: NOW.getTime() + 60_001 }),
      /sent -60001 ms ago; 120000 ms ago is the most, and 60000 ms ahead/,
    ],
    ["stale", delivered(SWEEP, { sentAt: Number.NaN }), /NaN/],
  ])("that are %s are dropped with the reason", (reason, record, detail) => {
    const inbox = parse(record);

    expect(inbox.triggers).toEqual([]);
    expect(inbox.dropped).toEqual([expect.objectContaining({ reason, detail: expect.stringMatching(detail) })]);
  });

  test("of a NAT about itself are heard: a failed self-probe, and its own leaving", () => {
    const inbox = parse(delivered(aboutItself({}), fromReporter), delivered(leave(), fromReporter));

    expect(inbox.dropped).toEqual([]);
    expect(requestsOf(inbox.triggers)).toEqual([
      { kind: "leave", instanceId: "i-0b", because: "drain", force: false, by: "nat" },
    ]);
  });

  test("of operators may name any instance", () => {
    const inbox = parse(delivered(leave({ reporter: "ana", force: true }), { sender: "ana" }));

    expect(requestsOf(inbox.triggers)).toEqual([
      { kind: "leave", instanceId: "i-0b", because: "drain", force: true, by: "operator" },
    ]);
  });

  test.each([{}, { proberAnswered: false }, { proberAnswered: true }])(
    "a breach keeps what it says of its prober: %j",
    (said) => {
      const breach = { ...SWEEP, kind: "breach", lane: "az1-l1", failed: 2, of: 3, targets: ["a", "b"], ...said };

      expect(parse(delivered(breach)).triggers).toEqual([expect.objectContaining({ message: breach })]);
    },
  );

  test("one bad message does not cost its batch", () => {
    expect(parse(delivered("{"), delivered(SWEEP)).triggers).toHaveLength(1);
  });

  test("at the limits of their age are still heard", () => {
    const limits = [NOW.getTime() - 120_000, NOW.getTime() + 60_000];

    expect(limits.map((sentAt) => parse(delivered(SWEEP, { sentAt })).triggers.length)).toEqual([1, 1]);
    const times = [ahead(60_000), ahead(-3_600_000)];
    expect(times.map((at) => parse(delivered({ ...SWEEP, at })).triggers.length)).toEqual([1, 1]);
    expect(times.map((time) => parse(delivered({ ...envelope(GONE), time })).triggers.length)).toEqual([1, 1]);
  });

  test("that were heard before are dropped as replayed, whatever their boot", () => {
    const say = (reporterBootId: string, sequence: number) => delivered(suspicion({ reporterBootId, sequence }), fromReporter);
    const inbox = parse(
      say("boot-1", 5),
      say("boot-1", 5),
      say("boot-1", 4),
      say("boot-1", 6),
      say("boot-2", 1),
      say("boot-1", 7),
    );

    expect(inbox.triggers).toHaveLength(3);
    expect(inbox.dropped.map(({ detail }) => detail)).toEqual([
      "i-0b boot boot-1 sequence 5",
      "i-0b boot boot-1 sequence 4",
      "i-0b boot boot-1 sequence 7",
    ]);
  });

  test("that SQS delivers again, because we failed, are no replay", () => {
    const again = delivered(suspicion(), { ...fromReporter, receives: 2 });

    expect(parse(delivered(suspicion(), fromReporter), again).triggers).toHaveLength(2);
  });
});

describe("messages that name an instance which is none of ours", () => {
  test.each<[string, object, string]>([
    ["a suspicion", suspicion({ suspect: "i-0ff" }), "i-0b"],
    ["a leaving", leave({ instanceId: "i-0ff", reporter: "ana" }), "ana"],
  ])("%s is dropped with the reason", (_what, message, sender) => {
    const { triggers } = parse(delivered(message, { sender }));

    expect(screen(triggers, new Set(["i-0a", "i-0b"]))).toMatchObject({
      triggers: [],
      dropped: [{ reason: "unknown", detail: "i-0ff is no NAT of this fleet" }],
    });
  });

  test("the others are kept", () => {
    const { triggers } = parse(delivered(suspicion(), fromReporter), delivered(leave(), fromReporter), delivered(SWEEP));

    expect(screen(triggers, new Set(["i-0a", "i-0b"]))).toEqual({ triggers, dropped: [] });
  });
});

describe("events of EventBridge", () => {
  test.each<[string, Record<string, unknown>, string | null]>([
    ["EC2 Instance State-change Notification", { "instance-id": "i-0a", state: "stopping" }, null],
    ["EC2 Spot Instance Interruption Warning", { "instance-id": "i-0a" }, "spot-interruption"],
    ["EC2 Instance Rebalance Recommendation", { "instance-id": "i-0a" }, "rebalance"],
    ["CloudWatch Alarm State Change", { alarmName: "x" }, null],
    ["EC2 Instance-terminate Lifecycle Action", { EC2InstanceId: "i-0a" }, "terminating"],
    ["EC2 Instance Launch Successful", { EC2InstanceId: "i-0a" }, null],
  ])("%s triggers a look", (detailType, detail, because) => {
    const inbox = parse(delivered(envelope(detailType, detail), { sender: "events" }));
    const instanceId = "alarmName" in detail ? null : "i-0a";
    const leaving = because === null ? null : { instanceId, because };

    expect(inbox.triggers).toEqual([{ kind: "event", detailType, correlationId: "event-1", instanceId, leaving }]);
  });

  test.each(["AWS API Call via CloudTrail", "toString"])("%s says nothing about a lane and is ignored", (detailType) => {
    const inbox = parse(delivered(envelope(detailType)));

    expect(inbox).toEqual({ triggers: [], dropped: [], rejected: [], ignored: [{ messageId: "m-1", detailType }] });
  });
});

describe("an invocation that is no SQS event", () => {
  test.each([[undefined], [null], ["text"], [{}], [{ Records: "none" }], [SWEEP]])("%j throws what to do instead", (raw) => {
    expect(() => parseEvent(raw, { env: "test", now: NOW, sequences: new Sequences() })).toThrow(
      /must be an SQS event with Records, got .*; send messages to the failover queue/,
    );
  });
});

describe("the word of NATs", () => {
  test("is forgotten after ten seconds", () => {
    const words = new Words();
    words.add(suspicion(), NOW.getTime() - 10_001);
    words.add(suspicion({ sequence: 2 }), NOW.getTime() - 10_000);

    expect(words.at(NOW).map(({ sequence }) => sequence)).toEqual([2]);
  });
});
