import { bringEgress } from "../../../../lambdas/lib/domain/egress";
import type { Association, Lane, Nat, Server } from "../../../../lambdas/lib/domain/fleet";
import { at, floatingOf, guestOf, lane, nat } from "../../functions/nat-route-failover/support/builders";

const server = (name: string, ...addresses: readonly string[]): Server => {
  const one = nat(name, {}, ...addresses);
  if (one.eni === null) throw new Error(`${name} has no interface`);
  return { ...one, eni: one.eni };
};
const FLOATING = floatingOf("az1-l1");
const GUEST = guestOf("az1-l1", "az2");
const laneAt = (association: Association): Lane => {
  const known = lane("az1-l1", "az1-a");
  return { ...known, addresses: known.addresses.map((address) => ({ ...address, association })) };
};
const acts = (known: Lane, to: Server, nats: readonly Nat[]) =>
  bringEgress(known, to, { lanes: [known], nats }, "x").map((action) =>
    action.kind === "bring-address" ? action.address : `${action.publicIp} → ${action.address} of ${action.eniId}`,
  );
const onA = server("az1-a", FLOATING);
const b = server("az1-b");

describe("the egress of a lane that comes to a NAT of its zone", () => {
  test.each<[string, Association, readonly Nat[], readonly string[]]>([
    ["is its floating address, with which its EIP comes along", at("az1-a", FLOATING), [onA, b], [FLOATING]],
    [
      "is its floating address, and its EIP by itself when that is on another address",
      at("az1-a", "primary-az1-a"),
      [onA, b],
      [FLOATING, `public-az1-l1 → ${FLOATING} of eni-az1-b`],
    ],
    [
      "is its floating address, and its EIP by itself when EC2 still has that where the address is no more",
      at("az1-c", FLOATING),
      [onA, b, server("az1-c")],
      [FLOATING, `public-az1-l1 → ${FLOATING} of eni-az1-b`],
    ],
    ["is both, when nobody has either", null, [b], [FLOATING, `public-az1-l1 → ${FLOATING} of eni-az1-b`]],
  ])("%s", (_what, association, nats, expected) => {
    expect(acts(laneAt(association), b, nats)).toEqual(expected);
  });

  test("while two NATs show its floating address is asked of the first: the EIP comes along from there alone", () => {
    const both = [onA, b, server("az1-c", FLOATING)];

    expect(acts(laneAt(at("az1-a", FLOATING)), b, both)).toEqual([FLOATING]);
    expect(acts(laneAt(at("az1-c", FLOATING)), b, both)).toHaveLength(2);
  });

  test("is right where it is, while another NAT shows the address still", () => {
    const there = server("az1-b", FLOATING);

    expect(acts(laneAt(at("az1-b", FLOATING)), there, [onA, there])).toEqual([]);
  });

  test("is each of its addresses", () => {
    const known = laneAt(null);
    const two = {
      ...known,
      addresses: ["1", "2"].map((id) => ({ allocationId: id, publicIp: `p${id}`, floating: `f${id}`, association: null })),
    };

    expect(acts(two, b, [b])).toEqual(["f1", "p1 → f1 of eni-az1-b", "f2", "p2 → f2 of eni-az1-b"]);
  });

  test("is nothing to do where all is right, and the EIP alone where only that strayed", () => {
    expect(acts(laneAt(at("az1-a", FLOATING)), onA, [onA])).toEqual([]);
    expect(acts(laneAt(at("az1-b", FLOATING)), onA, [onA, b])).toEqual([`public-az1-l1 → ${FLOATING} of eni-az1-a`]);
    expect(acts(laneAt(at("az1-a", "primary-az1-a")), onA, [onA])).toEqual([`public-az1-l1 → ${FLOATING} of eni-az1-a`]);
  });
});

describe("the egress of a lane that is away", () => {
  test("is the guest address of that zone with the first EIP", () => {
    const there = server("az2-a");

    expect(acts(laneAt(at("az1-a", FLOATING)), there, [onA, there])).toEqual([GUEST, `public-az1-l1 → ${GUEST} of eni-az2-a`]);
  });

  test("is none in a zone without a guest address, and none of a lane without public addresses", () => {
    const there = server("az2-a");

    expect(acts({ ...laneAt(null), guests: {} }, there, [there])).toEqual([]);
    expect(acts({ ...laneAt(null), addresses: [] }, there, [there])).toEqual([]);
  });
});
