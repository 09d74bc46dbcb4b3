import { inCompany } from "../../../../lambdas/lib/domain/company";
import { isReplica, isSynced, type Evidence } from "../../../../lambdas/lib/domain/evidence";
import type { ObservedInstance } from "../../../../lambdas/lib/domain/fleet";

const nat = (instanceId: string, zone: string, ...floating: readonly string[]): ObservedInstance => ({
  instanceId,
  zone,
  state: "running",
  eni: { eniId: `eni-${instanceId}`, primary: "10.0.0.4", addresses: ["10.0.0.4", ...floating] },
});
const FLOATING = "10.0.0.20";
const ALONE: Evidence = { kind: "healthy", by: "healthz", synced: true, holds: [] };
const holding = (...holds: readonly string[]): Evidence => ({
  kind: "healthy",
  by: "healthz",
  synced: true,
  replica: true,
  holds,
});
const SILENT: Evidence = { kind: "silent", probers: 2 };
const NO_COPIES: Evidence = { kind: "healthy", by: "healthz", synced: true };
const BY_WORD: Evidence = { kind: "healthy", by: "word", synced: false };

const UNPLUGGED: readonly ObservedInstance[] = [{ ...nat("i-b", "az1"), eni: null }];
const [NOBODY, CARRIES, IDLE, ABROAD] = [[], [nat("i-b", "az1", FLOATING)], [nat("i-b", "az1")], [nat("i-b", "az2", FLOATING)]];

describe("a NAT that says it has all flows", () => {
  test.each<[string, Evidence, readonly ObservedInstance[], Evidence | undefined, boolean]>([
    ["has them when there is no other", ALONE, NOBODY, undefined, true],
    ["has them when the other one of its zone is broken", ALONE, CARRIES, SILENT, true],
    ["has them when nobody asked the other one", ALONE, CARRIES, undefined, true],
    ["has them when the other one works in another zone", ALONE, ABROAD, holding("i-a"), true],
    ["has them when the other one carries no lane", ALONE, IDLE, holding("i-a"), true],
    ["has them when the other one has no interface to carry a lane on", ALONE, UNPLUGGED, holding("i-a"), true],
    ["lacks those of another one of its zone that works", ALONE, CARRIES, holding("i-a"), false],
    ["lacks them when the other one is known to work by its word", ALONE, CARRIES, BY_WORD, false],
    ["has those of another one of its zone that it holds", holding("i-b", "i-c"), CARRIES, holding("i-a"), true],
    ["lacks them when it hears NATs of other zones only", holding("i-c"), CARRIES, holding("i-a"), false],
    ["has all when it cannot hear one that is broken", holding("i-c"), CARRIES, SILENT, true],
    ["has all when it cannot hear one that carries no lane", holding("i-c"), IDLE, holding("i-a"), true],
    ["lacks nothing where nothing is copied", NO_COPIES, CARRIES, NO_COPIES, true],
  ])("%s", (_what, own, others, other, synced) => {
    const evidence = new Map<string, Evidence>([["i-a", own], ...(other === undefined ? [] : [["i-b", other] as const])]);

    const weighed = inCompany([nat("i-a", "az1"), ...others], evidence);

    expect(weighed.get("i-a")).toEqual({ ...own, synced });
    expect([...weighed.keys()]).toEqual([...evidence.keys()]);
    expect(weighed.get("i-b")).toEqual(other);
  });

  test("lacks those of the other one, which says so too and lacks its own; no lane comes to either for comfort", () => {
    const deaf = holding("i-c");
    const both = [nat("i-a", "az1", FLOATING), nat("i-b", "az1", "10.0.0.21")];
    const weighed = [
      ...inCompany(
        both,
        new Map([
          ["i-a", deaf],
          ["i-b", deaf],
        ]),
      ).values(),
    ];
    expect([weighed.map(isSynced), weighed.map(isReplica)]).toEqual([
      [false, false],
      [false, false],
    ]);
  });
});
