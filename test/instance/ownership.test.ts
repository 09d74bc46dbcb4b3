import { Ownership, type LaneStanding } from "../../instance/agent/ownership";

const ME = "i-me";
const LANES = [
  { lane: "home", addresses: ["10.0.0.20", "10.0.0.21"] },
  { lane: "away", addresses: ["10.0.0.22"] },
].map((lane) => ({ ...lane, home: true, homeZone: "z", clientCidrs: ["10.0.1.0/24"], addressesByZone: {} }));
const AT = Date.parse("2026-11-22T12:00:00Z");
const by = (servedBy: string | null, movedMs: number | null = 0): LaneStanding => ({
  servedBy,
  movedAt: movedMs === null ? null : new Date(AT + movedMs).toISOString(),
});

/** What was here at the start, what came later, and the record. */
function owned(start: readonly string[], later: readonly string[], lanes: Readonly<Record<string, LaneStanding>>) {
  const ownership = new Ownership(ME, LANES);
  ownership.takeHeld(["10.0.0.5", ...start], AT - 60_000);
  ownership.takeHeld(["10.0.0.5", ...start, ...later], AT + 1_000);
  ownership.takeRecord(lanes);
  return ownership.owned;
}

describe("the addresses that a NAT speaks for", () => {
  test.each<[string, readonly string[], readonly string[], Readonly<Record<string, LaneStanding>>, readonly string[]]>([
    ["of its lane, all; never its own", ["10.0.0.20", "10.0.0.21"], [], { home: by(ME) }, ["10.0.0.20", "10.0.0.21"]],
    ["none: it holds none", [], [], { home: by(ME) }, []],
    ["before the first election what it holds", ["10.0.0.20"], [], {}, ["10.0.0.20"]],
    ["of a lane that nobody serves what it holds", ["10.0.0.20"], [], { home: by(null, null) }, ["10.0.0.20"]],
    ["not the guest address of a lane that went home", ["10.0.0.22"], [], { away: by("i-other") }, []],
    ["not its own of a lane that is away: it hung", ["10.0.0.20"], [], { home: by("i-other") }, []],
    ["what came after the move that the record knows", [], ["10.0.0.22"], { away: by("i-other") }, ["10.0.0.22"]],
    ["not what came before the move that the record knows", [], ["10.0.0.22"], { away: by("i-other", 2_000) }, []],
    ["of a lane that rests at its NAT Gateway none", ["10.0.0.20"], [], { home: by("nat-1") }, []],
    ["of another's lane that never moved, since the start, none", ["10.0.0.20"], [], { home: by("i-other", null) }, []],
  ])("%s", (_what, start, later, lanes, expected) => {
    expect(owned(start, later, lanes)).toEqual(expected);
  });

  test("are not known before metadata and record were read", () => {
    const ownership = new Ownership(ME, LANES);
    expect(ownership.owned).toBeNull();
    ownership.takeHeld(["10.0.0.20"], AT);
    expect(ownership.owned).toBeNull();
    ownership.takeRecord({});
    expect(ownership.owned).toEqual(["10.0.0.20"]);
  });

  test("are what it holds while the record was never read, and as the record last said when it cannot be read again", () => {
    const ownership = new Ownership(ME, LANES);
    ownership.takeHeld(["10.0.0.20"], AT);
    ownership.missRecord();
    expect(ownership.owned).toEqual(["10.0.0.20"]);
    ownership.takeRecord({ home: by("i-other") });
    ownership.missRecord();
    expect(ownership.owned).toEqual([]);
  });

  test("come back when EC2 takes an address away and delivers it again", () => {
    const ownership = new Ownership(ME, LANES);
    ownership.takeHeld(["10.0.0.20"], AT - 60_000);
    ownership.takeRecord({ home: by("i-other") });
    ownership.takeHeld([], AT + 1_000);
    ownership.takeHeld(["10.0.0.20"], AT + 2_000);
    expect(ownership.owned).toEqual(["10.0.0.20"]);
  });
});
