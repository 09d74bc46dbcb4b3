import type { Nat, Run } from "./support/rto";
import { evaluate, flows, handover, snapshot, table, verdict, zoneMove } from "./support/rto";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const target = (change: Partial<Nat>, of = "i-0b"): Partial<Run> => ({
  before: snapshot("i-0a", change, of),
  after: snapshot("i-0b", change, of),
});
const afterwards = (change: Partial<Nat>, of = "i-0b"): Partial<Run> => ({ after: snapshot("i-0b", change, of) });

describe("A1, mid-stream packets pass an untracked group", () => {
  test("held when every connection in which only the server speaks survives", () => {
    expect(verdict("A1", handover())).toEqual({
      verdict: "held",
      seen: "30 of 30 connections in which only the server speaks (TCP and UDP) went on over 1 moves, stall 76 ms median, 76 ms worst of 30",
    });
  });

  const silentUdp = { echo: flows(20), push: flows(20), udpPush: flows(10, 0) };
  test("not held when some stop while those in which the client speaks go on, UDP alone included", () => {
    expect(verdict("A1", handover(), handover({}, { flows: silentUdp }))).toMatchObject({
      verdict: "not held",
      seen: expect.stringMatching(/^10 of 30 .* while all 20 /),
    });
  });

  test.each<[string, Run]>([
    ["client-speaking connections broke as well", handover({}, { flows: { ...silentUdp, echo: flows(20, 3) } })],
    ["no client-speaking connection was there to compare with", handover({}, { flows: { ...silentUdp, echo: flows(0) } })],
    ["the target held no copies", handover(target({ replication: "off" }), { flows: silentUdp })],
    ["the move left the zone", zoneMove({}, { flows: silentUdp })],
    ["there was no peer", handover({}, { flows: { echo: flows(0), push: flows(0), udpPush: flows(0) } })],
  ])("not tested when %s", (_why, run) => {
    expect(verdict("A1", run).verdict).toBe("not tested");
  });
});

describe("A2, remaps take seconds", () => {
  test("held with the figures as EC2 shows them and as packets go", () => {
    expect(verdict("A2", handover())).toEqual({
      verdict: "held",
      seen: "from the request: route 3588 ms, address 5748 ms, as EC2 describes them; route 3212 ms, as packets go",
    });
  });

  test("not held when one of them took longer than ten seconds", () => {
    const slow = handover({
      polls: [{ startedAt: 1, endedAt: handover().askedAt + 10_001, routeEni: "eni-0b", addressEni: "eni-0b" }],
    });

    expect(verdict("A2", slow).verdict).toBe("not held");
  });

  test("times across two clocks that differ are left out, and it is said", () => {
    const { probe } = handover();
    const report = evaluate([handover({}, { startedAt: probe.startedAt - 5000, endedAt: probe.endedAt - 5000 })]);

    expect(report.clocksAgree).toBe(false);
    expect(report.cases[0]?.remapMs).toMatchObject({ routeApi: { n: 1 }, routePacket: { n: 0 } });
    expect(table(report)).toContain("clock");
  });
});

describe("A3, an address on lo is delivered", () => {
  test("held when new connections are answered from the lane's address after the move", () => {
    expect(verdict("A3", handover()).verdict).toBe("held");
  });

  const { fresh } = handover().probe;
  test.each<[string, Run]>([
    ["nothing is answered any more", handover({}, { fresh: { ...fresh, addressAfter: null } })],
    ["the internet sees a foreign address", handover({}, { fresh: { ...fresh, addressAfter: "192.0.2.5" } })],
  ])("not held when %s", (_why, run) => {
    expect(verdict("A3", run).verdict).toBe("not held");
  });

  test("not tested when EC2 does not have the floating address on the NAT that took over", () => {
    expect(verdict("A3", handover({ after: snapshot("i-0a") })).verdict).toBe("not tested");
  });
});

describe("A4, the auto-assigned address stays", () => {
  test("held when both NATs keep theirs and Systems Manager reaches them", () => {
    expect(verdict("A4", handover())).toMatchObject({ verdict: "held", seen: expect.stringMatching(/^2 NATs/) });
  });

  test.each<[string, Run, string]>([
    ["it is gone from the one that got the lane", handover(afterwards({ publicAddress: null })), "i-0b had 192.0.2.5, has none"],
    ["it is gone from the one that gave it", handover(afterwards({ publicAddress: "192.0.2.9" }, "i-0a")), "i-0a had 192.0.2.4"],
    ["Systems Manager lost it", handover(afterwards({ ping: "ConnectionLost" })), "does not reach i-0b"],
  ])("not held when %s", (_why, run, seen) => {
    expect(verdict("A4", run)).toEqual({ verdict: "not held", seen: expect.stringContaining(seen) });
  });

  test("not tested with NATs whose primary address has an Elastic IP", () => {
    const elastic = handover(target({ publicOwner: "123456789012" }));
    const before = { ...elastic.before, nats: elastic.before.nats.map((nat) => ({ ...nat, publicOwner: "123456789012" })) };

    expect(verdict("A4", { ...elastic, before }).verdict).toBe("not tested");
  });
});

describe("A5, an Elastic IP moves to another zone", () => {
  test("held when the public address is the same there within seconds; a move within the zone says nothing", () => {
    expect(verdict("A5", zoneMove()).verdict).toBe("held");
    expect(verdict("A5", handover()).verdict).toBe("not tested");
  });

  test.each<[string, Run]>([
    ["EC2 never shows it there", zoneMove({ polls: [] })],
    ["the internet sees another address", zoneMove({}, { fresh: { ...handover().probe.fresh, addressAfter: "192.0.2.68" } })],
  ])("not held when %s", (_why, run) => {
    expect(verdict("A5", run).verdict).toBe("not held");
  });

  test("not tested when the lane gives its address up there (guests: false)", () => {
    const run = zoneMove();
    const without = { ...run.before, lanes: run.before.lanes.map((lane) => ({ ...lane, guests: {} })) };

    expect(verdict("A5", { ...run, before: without }).verdict).toBe("not tested");
  });
});

describe("A6, the prober answers while its lane leads nowhere", () => {
  const blackhole = (...probers: Run["probers"]): Run =>
    handover({ case: "blackhole", to: "", after: snapshot("i-0b"), probers });
  const said = { answered: true, broken: true, error: null };
  const fine = { answered: true, broken: false, error: null };
  const silent = { answered: false, broken: false, error: "Unhandled" };

  test.each<[string, string, Run]>([
    ["held", "it says that its path is broken", blackhole(fine, silent, said, fine)],
    ["not held", "its invocations fail instead", blackhole(fine, silent, fine)],
    ["not tested", "no invocation fell into the outage", blackhole(fine, fine)],
    ["not tested", "nothing was black-holed", handover()],
  ])("%s when %s", (expected, _why, run) => {
    expect(verdict("A6", run).verdict).toBe(expected);
  });
});

describe("A7, the group leaves alone what the load balancer calls unhealthy", () => {
  test.each<[string, string, Run]>([
    ["held", "an unhealthy target is healthy for its group", handover(afterwards({ target: "unhealthy" }))],
    ["not held", "the group condemned it", handover(afterwards({ target: "unhealthy", groupHealth: "UNHEALTHY" }))],
    ["not tested", "no target was unhealthy", handover()],
    ["not tested", "the unhealthy one does not run", handover(afterwards({ target: "unhealthy", state: "shutting-down" }))],
  ])("%s when %s", (expected, _why, run) => {
    expect(verdict("A7", run).verdict).toBe(expected);
  });

  test("not tested when nat-route-failover itself had marked it", () => {
    const run = handover(afterwards({ target: "unhealthy", groupHealth: "UNHEALTHY" }));

    expect(verdict("A7", { ...run, after: { ...run.after, marked: ["i-0b"] } }).verdict).toBe("not tested");
  });
});

describe("the report", () => {
  test("figures are measured ones, by case, over all moves", () => {
    const slower = handover({}, { flows: { ...handover().probe.flows, echo: flows(20, 20, 732) } });
    const [first, ...more] = evaluate([handover(), slower]).cases;

    expect(more).toEqual([]);
    expect(first).toMatchObject({ case: "handover", moves: 2, lostDatagrams: 6, newConnections: { attempts: 240, failed: 4 } });
    expect(first?.flows[0]).toMatchObject({
      kind: "echo",
      opened: 40,
      survived: 40,
      stallMs: { n: 40, p50: 255, p99: 732, worst: 732 },
    });
  });

  test("a move that failed is counted, said, and never evidence", () => {
    const report = evaluate([handover({ failed: "the lane did not leave i-0a within 60 s" })]);

    expect(report).toMatchObject({ ok: false, cases: [{ moves: 0, failed: ["the lane did not leave i-0a within 60 s"] }] });
    expect(new Set(report.assumptions.map((assumption) => assumption.verdict))).toEqual(new Set(["not tested"]));
    expect(table(report)).toMatch(/^FAILED handover: the lane did not leave/m);
  });

  test("a move whose connections never opened has failed: their silence says nothing", () => {
    const closed = { ...flows(0), asked: 10, ended: ["no answer"] };
    const report = evaluate([handover({}, { flows: { ...handover().probe.flows, udpPush: closed } })]);

    expect(report.cases[0]?.failed).toEqual(["0 of 10 udpPush connections opened: no answer"]);
    expect(report.assumptions.find(({ id }) => id === "A1")?.verdict).toBe("not tested");
  });

  test("a case that could not be done is named, and nothing done at all is not ok", () => {
    const report = evaluate([{ case: "handover", skipped: "no healthy NAT in the zone beside i-0a" }]);

    expect(report).toMatchObject({ ok: false, cases: [{ moves: 0, skipped: ["no healthy NAT in the zone beside i-0a"] }] });
    expect(table(report)).toContain("not done: handover: no healthy NAT");
  });

  test("people see a row per case, each assumption with what its verdict rests on, and one line that sums up", () => {
    const lines = table(evaluate([handover(), zoneMove(), handover(afterwards({ publicAddress: null }))]))
      .trim()
      .split("\n");

    expect(lines).toEqual(
      expect.arrayContaining([expect.stringMatching(/^handover +2 +40\/40 255\/255 /), expect.stringMatching(/^zone +1 /)]),
    );
    expect(lines).toEqual(
      expect.arrayContaining([expect.stringMatching(/^A4 {2}NOT HELD +the automatically .*: i-0b had 192\.0\.2\.5, has none$/)]),
    );
    expect(lines.at(-1)).toBe("NOT OK: 4 held, 1 not held, 2 not tested");
  });
});
