import fc from "fast-check";
import { planAddresses, planProblems, slotsNeeded } from "../../../modules/network/address-plan";
import type { AddressPlan, AddressPlanProps } from "../../../modules/network/address-plan";
import { contains, overlaps, parseAddress, parseCidr } from "../../../modules/network/cidr";
import type { Cidr } from "../../../modules/network/cidr";

const props: AddressPlanProps = {
  vpcCidr: "10.0.0.0/16",
  zones: ["use1-az1", "use1-az2", "use1-az3"],
  lanesPerZone: 1,
  addressesPerLane: 1,
  guests: true,
  publicPrefix: 26,
  privatePrefix: 20,
};

const anyProps: fc.Arbitrary<AddressPlanProps> = fc
  .record({
    vpcPrefix: fc.integer({ min: 16, max: 24 }),
    zones: fc.integer({ min: 2, max: 4 }).map((n) => Array.from({ length: n }, (_, i) => `use1-az${i + 1}`)),
    lanesPerZone: fc.integer({ min: 1, max: 4 }),
    addressesPerLane: fc.integer({ min: 1, max: 4 }),
    guests: fc.boolean(),
    publicPrefix: fc.integer({ min: 20, max: 28 }),
    privatePrefix: fc.integer({ min: 18, max: 28 }),
  })
  .map(({ vpcPrefix, ...rest }) => ({ ...rest, vpcCidr: `10.0.0.0/${vpcPrefix}` }))
  .filter((candidate) => planProblems(candidate).length === 0);

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`not a network: ${text}`);
  return parsed;
};
const subnetsOf = (plan: AddressPlan) =>
  plan.zones.flatMap((zone) => [zone.publicCidr, ...zone.lanes.flatMap((lane) => [lane.privateCidr, lane.probeCidr])]).map(cidr);
/** Every floating and guest address with the zone that holds it. */
const heldOf = (plan: AddressPlan) =>
  plan.zones.flatMap((zone) =>
    zone.lanes.flatMap((lane) => [
      ...lane.addresses.map((address) => ({ zone: zone.zone, address })),
      ...Object.entries(lane.guests).map(([foreign, address]) => ({ zone: foreign, address })),
    ]),
  );
const single = (address: string): Cidr => ({ base: parseAddress(address) ?? -1, prefix: 32 });

test("production's plan, written out", () => {
  const [zone] = planAddresses(props).zones;

  expect(zone).toEqual({
    zone: "use1-az1",
    publicCidr: "10.0.128.0/26",
    reservationCidr: "10.0.128.32/28",
    lanes: [
      {
        lane: "use1-az1-l1",
        zone: "use1-az1",
        privateCidr: "10.0.0.0/20",
        probeCidr: "10.0.192.0/28",
        addresses: ["10.0.128.32"],
        guests: { "use1-az2": "10.0.128.111", "use1-az3": "10.0.128.175" },
      },
    ],
  });
});

test("no two subnets overlap and all lie inside the VPC", () => {
  fc.assert(
    fc.property(anyProps, (candidate) => {
      const plan = planAddresses(candidate);
      const subnets = subnetsOf(plan);
      expect(subnets.every((subnet) => contains(cidr(plan.vpcCidr), subnet))).toBe(true);
      expect(subnets.some((a, i) => subnets.some((b, j) => i < j && overlaps(a, b)))).toBe(false);
    }),
  );
});

test("floating and guest addresses are distinct and inside the reservation of the zone that holds them", () => {
  fc.assert(
    fc.property(anyProps, (candidate) => {
      const plan = planAddresses(candidate);
      const held = heldOf(plan);
      const reservation = new Map(plan.zones.map((zone) => [zone.zone, cidr(zone.reservationCidr)]));
      expect(new Set(held.map((h) => h.address)).size).toBe(held.length);
      for (const { zone, address } of held)
        expect(contains(reservation.get(zone) ?? cidr("0.0.0.0/32"), single(address))).toBe(true);
      for (const zone of plan.zones) expect(contains(cidr(zone.publicCidr), cidr(zone.reservationCidr))).toBe(true);
    }),
  );
});

test("every zone has as many reserved addresses as an interface needs slots beside its own", () => {
  fc.assert(
    fc.property(anyProps, (candidate) => {
      const plan = planAddresses(candidate);
      for (const { zone } of plan.zones)
        expect(heldOf(plan).filter((h) => h.zone === zone).length + 1).toBe(slotsNeeded(candidate));
    }),
  );
});

test("a lane or a zone that is added moves nothing that exists", () => {
  fc.assert(
    fc.property(anyProps, (bigger) => {
      const smaller = { ...bigger, lanesPerZone: Math.max(1, bigger.lanesPerZone - 1), zones: bigger.zones.slice(0, 2) };
      const after = planAddresses(bigger).zones;
      for (const [z, zone] of planAddresses(smaller).zones.entries()) {
        expect(after[z]?.publicCidr).toBe(zone.publicCidr);
        for (const [l, lane] of zone.lanes.entries()) expect(after[z]?.lanes[l]).toMatchObject(lane);
      }
    }),
  );
});

test("the prefix that a refusal names is enough", () => {
  const tight = { ...props, vpcCidr: "10.0.0.0/24", publicPrefix: 28 };
  const [vpc, subnet] = planProblems(tight);

  expect(vpc?.fix).toContain("/17");
  expect(subnet?.fix).toContain("26");
  expect(planProblems({ ...tight, vpcCidr: "10.0.0.0/17", publicPrefix: 26 })).toEqual([]);
  expect(planProblems({ ...tight, vpcCidr: "10.0.0.0/18", publicPrefix: 26 })).not.toEqual([]);
});
