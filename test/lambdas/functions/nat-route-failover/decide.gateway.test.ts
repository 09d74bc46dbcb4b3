import type { Situation } from "../../../../lambdas/functions/nat-route-failover/decide";
import type { LastResort, Nat } from "../../../../lambdas/lib/domain/fleet";
import { ago, atGateway, lane, laneSaid, SILENT, UNHEALTHY, withGateway, worldWith } from "./support/builders";
import { acts } from "./support/notation";

const l1 = lane("az1-l1", "az1-a");
const nowhere = {
  "az1-a": { evidence: SILENT },
  "az1-b": { evidence: UNHEALTHY },
  "az2-a": { evidence: SILENT },
  "az2-b": { evidence: SILENT },
};
/** Every NAT is broken by itself, and lanes have NAT Gateways. */
const stranded = (known = withGateway(l1)) => worldWith(nowhere, [known, withGateway(lane("az2-l1", "az2-a"))]);
const WORKS: Partial<LastResort> = { state: "available", path: "works" };
/** Lane az1-l1 rests at its NAT Gateway, and these NATs are not well. */
const resting = (nats: Readonly<Record<string, Partial<Nat>>> = {}, seen?: Partial<LastResort>) =>
  worldWith(nats, [atGateway(l1, seen ?? WORKS), atGateway(lane("az2-l1", null), WORKS)]);
const oneLeaves = { ...nowhere, "az1-a": { leaving: true } };
const restingSince = (ms: number) => laneSaid({ homeHealthySince: ago(ms), movedAt: ago(3_600_000), servedBy: "nat-az1-l1" });
const toGateways = ["route az1-l1 → nat-az1-l1", "route az2-l1 → nat-az2-l1"];

describe("decide, rows of the last resort", () => {
  test.each<[string, Partial<Situation>, readonly string[]]>([
    ["17 no NAT is healthy anywhere: to the NAT Gateway of its zone", { world: stranded() }, toGateways],
    ["17 within the cooldown all the same", { world: stranded(), record: laneSaid({ movedAt: ago(1000) }) }, toGateways],
    [
      "17 no route: created to the NAT Gateway",
      { world: stranded(withGateway(lane("az1-l1", null))) },
      ["create az1-l1 → nat-az1-l1", "route az2-l1 → nat-az2-l1"],
    ],
    [
      "17 its probes blame its NAT, nobody else is healthy: to the NAT Gateway",
      { world: worldWith({ ...nowhere, "az1-a": {} }, [withGateway({ ...l1, breached: true })]) },
      [
        "route az1-l1 → nat-az1-l1",
        "route az2-l1 → az1-a",
        "guest-az2-l1-in-az1 → az1-a",
        "public-az2-l1 → guest-az2-l1-in-az1 of az1-a",
      ],
    ],
    ["18 nobody healthy: stays there", { world: resting(nowhere) }, []],
    ["18 healthy, not long enough", { world: resting(), record: restingSince(299_999) }, []],
    ["18 healthy for the first time", { world: resting(), record: laneSaid({ servedBy: "nat-az1-l1" }) }, []],
    ["18 who is healthy will leave: stays there", { world: resting(oneLeaves), record: restingSince(300_000) }, []],
    ["18 what the gateway is was not observed: stays there", { world: resting(nowhere, {}) }, []],
    ["19 healthy for long enough: home", { world: resting(), record: restingSince(300_000) }, ["route az1-l1 → az1-a"]],
    [
      "19 healthy abroad for long enough: there",
      { world: resting({ "az1-a": { evidence: SILENT }, "az1-b": { evidence: SILENT } }), record: restingSince(300_000) },
      ["route az1-l1 → az2-a", "guest-az1-l1-in-az2 → az2-a", "public-az1-l1 → guest-az1-l1-in-az2 of az2-a"],
    ],
    ["20 the gateway has failed: to a NAT at once", { world: resting({}, { state: "failed" }) }, ["route az1-l1 → az1-a"]],
    ["20 the gateway's path is broken: to a NAT at once", { world: resting({}, { path: "broken" }) }, ["route az1-l1 → az1-a"]],
    ["20 the gateway is being deleted, nobody healthy: nothing", { world: resting(nowhere, { state: "deleting" }) }, []],
  ])("%s", (_row, difference, expected) => {
    expect(acts(difference)).toEqual(expected);
  });
});
