import type { Situation } from "../../../../lambdas/functions/nat-route-failover/decide";
import { PERFECT, RECORD, UNOBSERVED, UNSYNCED, ago, at, floatingOf, lane, laneSaid, nat, worldWith } from "./support/builders";
import { acts } from "./support/notation";

const l1 = lane("az1-l1", "az1-a");
const moved = (ms: number) => laneSaid({ movedAt: ago(ms) });
const mendedAgo = (ms: number) => laneSaid({ mendedAt: ago(ms) });
const breached = { ...l1, breached: true } as const;
const blamed = worldWith({}, [breached, lane("az2-l1", "az2-a")]);
const toB = ["route az1-l1 → az1-b", "floating-az1-l1 → az1-b"];
const toA = ["floating-az1-l1 → az1-a", "public-az1-l1 → floating-az1-l1 of az1-a"];
const twoLanes = PERFECT.nats.map((known) =>
  known.instanceId === "i-az1-a" ? nat("az1-a", {}, floatingOf("az1-l1"), floatingOf("az1-l2")) : known,
);

describe("decide, rows of a lane whose probes fail, whatever its NAT says", () => {
  test.each<[string, Partial<Situation>, readonly string[]]>([
    ["15 the path is broken, whatever its NAT says: the other NAT", { world: blamed }, toB],
    [
      "15 the path is broken, of one of the two lanes of a NAT: only that one moves",
      { world: { ...PERFECT, lanes: [breached, lane("az1-l2", "az1-a"), lane("az2-l1", "az2-a")], nats: twoLanes } },
      toB,
    ],
    [
      "15 the path is broken, and its NAT was not observed: the other NAT",
      { world: worldWith({ "az1-a": { evidence: UNOBSERVED } }, [breached]) },
      toB,
    ],
    [
      "15 the path is broken, and the only other NAT leaves: held",
      {
        world: {
          lanes: [breached],
          nats: [nat("az1-a", {}, floatingOf("az1-l1")), nat("az1-b", { leaving: true })],
        },
      },
      [],
    ],
    [
      "15 its NAT leaves besides: at once, synced or not",
      {
        world: worldWith({ "az1-a": { leaving: true }, "az1-b": { evidence: UNSYNCED } }, [breached]),
        record: { ...RECORD, notices: { "i-az1-a": { at: ago(500), because: "drain", force: false, by: "nat" } } },
      },
      toB,
    ],
    ["15 the path is broken, and was moved not long ago: nothing", { world: blamed, record: moved(299_999) }, []],
    ["15 the path is broken, and was moved long ago: the other NAT", { world: blamed, record: moved(300_000) }, toB],
    [
      "15 the path is broken, and a run that died brought the lane here: nothing",
      { world: blamed, record: laneSaid({ servedBy: "i-az1-b" }) },
      [],
    ],
    [
      "15 the path is broken, and its EIP is elsewhere: mended, which takes no move",
      {
        world: worldWith({}, [
          { ...breached, addresses: [{ ...l1.addresses[0], association: at("az2-b", "floating-az2-l1") }] as never },
        ]),
      },
      ["public-az1-l1 → floating-az1-l1 of az1-a"],
    ],
    [
      "15 the path is broken, and its EIP was put back less than a cooldown ago: nothing, the probes may be older",
      { world: blamed, record: mendedAgo(59_999) },
      [],
    ],
    [
      "15 the path is broken a cooldown after its EIP was put back: the other NAT",
      { world: blamed, record: mendedAgo(60_000) },
      toB,
    ],
    [
      "15 the path is broken, and a move that broke off left the address at the other NAT: moved",
      {
        world: worldWith({ "az1-a": { eni: nat("az1-a").eni }, "az1-b": { eni: nat("az1-b", {}, floatingOf("az1-l1")).eni } }, [
          breached,
        ]),
      },
      ["route az1-l1 → az1-b", "public-az1-l1 → floating-az1-l1 of az1-b"],
    ],
    [
      "15 the path is broken, was moved not long ago, and its address is elsewhere: mended",
      { world: worldWith({ "az1-a": { eni: nat("az1-a").eni } }, [breached]), record: moved(1000) },
      toA,
    ],
  ])("%s", (_row, difference, expected) => {
    expect(acts(difference)).toEqual(expected);
  });
});
