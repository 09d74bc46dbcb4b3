import { inCompany } from "../../../../lambdas/lib/domain/company";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import type { ObservedInstance } from "../../../../lambdas/lib/domain/fleet";

const nat = (instanceId: string, zone: string): ObservedInstance => ({ instanceId, zone, state: "running", eni: null });
const ALONE: Evidence = { kind: "healthy", by: "healthz", synced: true, alone: true };
const SYNCED: Evidence = { kind: "healthy", by: "healthz", synced: true, replica: true };
const SILENT: Evidence = { kind: "silent", probers: 2 };

describe("a NAT that says it is alone", () => {
  test.each<[string, readonly ObservedInstance[], Evidence | undefined, boolean]>([
    ["has all flows when there is no other", [], undefined, true],
    ["has all flows when the other one of its zone is broken", [nat("i-b", "az1")], SILENT, true],
    ["has all flows when nobody asked the other one", [nat("i-b", "az1")], undefined, true],
    ["has all flows when the other one works in another zone", [nat("i-b", "az2")], SYNCED, true],
    ["lacks those of another one of its zone that works", [nat("i-b", "az1")], SYNCED, false],
    ["lacks them, and the other one, which says so too, lacks its own", [nat("i-b", "az1")], ALONE, false],
  ])("%s", (_what, others, other, synced) => {
    const evidence = new Map<string, Evidence>([["i-a", ALONE], ...(other === undefined ? [] : [["i-b", other] as const])]);

    const weighed = inCompany([nat("i-a", "az1"), ...others], evidence);

    expect(weighed.get("i-a")).toEqual({ ...ALONE, synced });
    expect([...weighed.keys()]).toEqual([...evidence.keys()]);
    if (other !== ALONE) expect(weighed.get("i-b")).toEqual(other);
  });
});
