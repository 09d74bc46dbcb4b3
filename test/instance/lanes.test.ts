/** A zone's ruleset at the ends of what the configuration allows: lanes, addresses, zones. */
import { natConfig } from "../../modules/nat-fleet/nat-config";
import { planAddresses } from "../../modules/network/address-plan";
import { whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: lanes were not tested in namespaces: ${reason}`);

const zones = ["use1-az1", "use1-az2", "use1-az3", "use1-az4"];
const deployment = { env: "test", region: "us-east-1", accountId: "123456789012" };
const settings = {
  addressSelection: "client",
  selfProbeTargets: ["198.51.100.10:7", "198.51.100.11:7"],
  replication: { flows: "all", scope: "zone" },
} as const;

here.each([
  [1, 1],
  [2, 1],
  [4, 1],
  [4, 8],
])("a NAT of four zones with %d lanes each and %d addresses a lane", (lanesPerZone, addressesPerLane) => {
  let world: World;
  const plan = planAddresses({
    ...{ vpcCidr: "10.0.0.0/16", zones, lanesPerZone, addressesPerLane },
    ...{ guests: true, publicPrefix: 24, privatePrefix: 22 },
  });
  const config = natConfig(deployment, plan, "use1-az1", settings);

  beforeAll(async () => {
    world = await World.open(config);
  });
  afterAll(() => world?.close());

  test("loads every lane: its own under all their addresses, a foreign one under its guest address", () => {
    expect(world.natUp()).toMatchObject({ code: 0 });

    const listing = "ip -j -4 route show table local type blackhole | jq -r '.[].dst'";
    const blackholed = new Set(world.sh("nat", listing).split("\n"));
    const rules = world.sh("nat", "nft -s list table ip ha_nat");
    const chainOf = (lane: string): string =>
      /\{([^}]*\}?[^}]*)\}/.exec(rules.slice(rules.indexOf(`chain lane_${lane}`)))?.[1] ?? "";
    for (const { lane, home, addresses, clientCidrs } of config.lanes) {
      const chain = chainOf(lane.replaceAll("-", "_"));
      expect({ lane, count: addresses.length }).toEqual({ lane, count: home ? addressesPerLane : 1 });
      for (const address of addresses)
        expect({ address, isOurs: blackholed.has(address), used: chain.includes(address) }).toEqual({
          ...{ address, isOurs: true, used: true },
        });
      for (const cidr of clientCidrs) expect(rules).toContain(`${cidr} : jump lane_${lane.replaceAll("-", "_")}`);
    }
    expect(config.lanes).toHaveLength(zones.length * lanesPerZone);
    expect(new Set(config.lanes.flatMap(({ addresses }) => addresses)).size).toBe(blackholed.size);
  });
});
