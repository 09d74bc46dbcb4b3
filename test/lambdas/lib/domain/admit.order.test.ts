import type { FleetRecord, Notice } from "../../../../contract/parameters";
import { admit } from "../../../../lambdas/lib/domain/admit";
import type { Request } from "../../../../lambdas/lib/domain/admit";
import type { World } from "../../../../lambdas/lib/domain/fleet";
import { ago, lane, NOW, PERFECT, RECORD, SILENT, worldWith } from "../../functions/nat-route-failover/support/builders";

const drain: Notice = { at: ago(10_000), because: "drain", force: false, by: "nat" };
const noticed = (...names: readonly string[]): FleetRecord => ({
  ...RECORD,
  notices: Object.fromEntries(names.map((name) => [`i-${name}`, drain])),
});
const leave = (name: string, difference: Partial<Request & { kind: "leave" }> = {}): Request => ({
  ...{ kind: "leave", instanceId: `i-${name}`, because: "drain", force: false, by: "nat" },
  ...difference,
});
const move = (name: string, to: string): Request => ({ kind: "move", by: "ana", lane: name, to });
const judged = (requests: readonly Request[], world: World = PERFECT, record: FleetRecord = RECORD) => {
  const { moves, ...rest } = admit(world, record, requests, NOW);
  return { ...rest, moves: Object.fromEntries([...moves].map(([name, { target }]) => [name, target.instanceId])) };
};

describe("a NAT's own drain", () => {
  test("is admitted where another healthy one of its zone stays and no hold is in force", () => {
    const { refused, record, world } = judged([leave("az1-a")]);

    expect(refused).toEqual([]);
    expect(record.notices?.["i-az1-a"]).toEqual({ ...drain, at: NOW.toISOString() });
    expect(world.nats.filter(({ leaving }) => leaving).map(({ instanceId }) => instanceId)).toEqual(["i-az1-a"]);
  });

  test("that is done stands when the other NAT of its zone is lost, and when it is said again", () => {
    const emptied = worldWith({ "az1-b": { leaving: true }, "az1-a": { evidence: SILENT } });

    for (const requests of [[], [leave("az1-b")]])
      expect(judged(requests, emptied, noticed("az1-b"))).toMatchObject({
        refused: [],
        record: { notices: { "i-az1-b": drain } },
      });
  });

  test("that is refused forgets nothing of the other drains", () => {
    const lost = worldWith({ "az1-a": { leaving: true }, "az1-b": { evidence: SILENT }, "az2-b": { leaving: true } });

    expect(judged([], lost, noticed("az1-a", "az2-b")).record.notices).toEqual({ "i-az2-b": drain });
  });

  test("that is taken back leaves the others as they are, in the record and in the world", () => {
    const leaving = worldWith({ "az1-a": { leaving: true }, "az2-b": { leaving: true } });
    const { record, world } = judged([{ kind: "resume", by: "ana", instanceId: "i-az1-a" }], leaving, {
      ...noticed("az1-a", "az2-b"),
      refusals: { "i-az1-a": { at: ago(1), because: "x" }, "i-az2-a": { at: ago(1), because: "y" } },
    });

    expect(Object.keys(record.notices ?? {})).toEqual(["i-az2-b"]);
    expect(Object.keys(record.refusals ?? {})).toEqual(["i-az2-a"]);
    expect(world.nats.filter((one) => one.leaving).map(({ instanceId }) => instanceId)).toEqual(["i-az2-b"]);
  });
});

describe("an operator's move", () => {
  test("is to the NAT that was named", () => {
    expect(judged([move("az1-l1", "i-az2-b"), move("az2-l1", "i-az2-b")])).toMatchObject({
      refused: [],
      moves: { "az1-l1": "i-az2-b", "az2-l1": "i-az2-b" },
    });
  });

  test("to one that leaves by a later word of the same delivery is refused, and no other with it", () => {
    const requests = [move("az1-l1", "i-az1-b"), move("az2-l1", "i-az2-b"), leave("az1-b", { because: "spot-interruption" })];

    expect(judged(requests)).toMatchObject({
      refused: ["az1-l1 stays where it is: i-az1-b is about to leave"],
      moves: { "az2-l1": "i-az2-b" },
    });
    expect(judged(requests).moves).not.toHaveProperty("az1-l1");
  });

  test("that is said again in the same delivery is where it was said last", () => {
    expect(judged([move("az1-l1", "i-az1-b"), move("az1-l1", "i-az2-b")]).moves).toEqual({ "az1-l1": "i-az2-b" });
  });

  test("to anybody of a lane that nobody of ours serves goes to the best there is", () => {
    const foreign = { ...lane("az1-l1", "az1-a"), route: { state: "active" as const, eniId: "eni-foreign" } };

    expect(judged([move("az1-l1", "auto")], worldWith({}, [foreign])).moves).toEqual({ "az1-l1": "i-az1-a" });
  });
});

test("a replacement is asked for with who found what", () => {
  const request: Request = { kind: "replace", by: "config-guard", instanceId: "i-az1-a", because: "the ruleset stays wrong" };

  expect([...judged([request]).replacements]).toEqual([["i-az1-a", "config-guard found: the ruleset stays wrong"]]);
});

test("a hold is in force as said, and ended by resume", () => {
  const hold = { until: ago(-60_000), by: "ana", because: "migration" };

  expect(judged([{ kind: "hold", ...hold }]).record.hold).toEqual(hold);
  expect(judged([{ kind: "resume", by: "ben" }], PERFECT, { ...RECORD, hold }).record).toEqual(RECORD);
});
