import fc from "fast-check";
import type { Peers } from "../../../../contract/parameters";
import { derivePeers, mendPeers, samePeers } from "../../../../lambdas/lib/domain/peers";
import { instance, member, peer, peersOf } from "../../functions/asg-lifecycle-handler/builders";

const nobody: ReadonlySet<string> = new Set();
const names = ({ peers }: Peers) => Object.fromEntries(peers.map(({ instanceId, name }) => [instanceId, name]));

test("newcomers take the lowest free letters of their zone, in order of their IDs", () => {
  const members = [member("i-3", "Pending:Wait"), member("i-1", "Pending"), member("i-2")];
  const instances = [instance("i-3", "z1"), instance("i-1", "z1"), instance("i-2", "z2")];

  expect(names(derivePeers(peersOf(), members, instances, nobody))).toEqual({ "i-1": "z1-a", "i-3": "z1-b", "i-2": "z2-a" });
});

test("a NAT keeps its letter when the one before it leaves, and the next newcomer takes the gap", () => {
  const current = peersOf(peer("i-1", "z1-a"), peer("i-2", "z1-b"));
  const members = [member("i-1", "Terminating:Wait"), member("i-2"), member("i-0", "Pending:Wait")];
  const instances = [instance("i-0", "z1"), instance("i-1", "z1"), instance("i-2", "z1")];

  expect(names(derivePeers(current, members, instances, nobody))).toEqual({ "i-2": "z1-b", "i-0": "z1-a" });
});

test.each(["Standby", "Detaching", "Terminating", "Terminating:Wait", "Terminated", "Warmed:Running", "Quarantined"])(
  "a NAT that is %s in its group is no peer",
  (lifecycle) => {
    expect(derivePeers(peersOf(), [member("i-1", lifecycle)], [instance("i-1", "z1")], nobody).peers).toEqual([]);
  },
);

test.each(["Terminating:Wait", "Standby", "Detached", "none"])(
  "a NAT that is %s keeps its place and its name while a lane leads to it, and only while it runs",
  (lifecycle) => {
    const current = peersOf(peer("i-1", "z1-a"), peer("i-2", "z1-b"));
    const members = [member("i-2"), member("i-3", "Pending:Wait"), ...(lifecycle === "none" ? [] : [member("i-1", lifecycle)])];
    const instances = (state: string) => [instance("i-1", "z1", { state }), instance("i-2", "z1"), instance("i-3", "z1")];
    const derive = (state: string) => names(derivePeers(current, members, instances(state), new Set(["i-1"])));

    expect(derive("running")).toEqual({ "i-1": "z1-a", "i-2": "z1-b", "i-3": "z1-c" });
    expect(derive("shutting-down")).toEqual({ "i-2": "z1-b", "i-3": "z1-a" });
  },
);

test.each(["Pending", "Pending:Wait", "Pending:Proceed", "InService"])("a NAT that is %s in its group is a peer", (lifecycle) => {
  expect(names(derivePeers(peersOf(), [member("i-1", lifecycle)], [instance("i-1", "z1")], nobody))).toEqual({ "i-1": "z1-a" });
});

test.each(["Warmed:Pending", "Warmed:InService", "InService:Wait"])("%s is no state of a NAT that stays", (lifecycle) => {
  expect(derivePeers(peersOf(), [member("i-1", lifecycle)], [instance("i-1", "z1")], nobody).peers).toEqual([]);
});

test("a NAT that EC2 is ending, or does not show, is no peer whatever its group says", () => {
  const members = [member("i-1"), member("i-2")];

  expect(derivePeers(peersOf(), members, [instance("i-1", "z1", { state: "shutting-down" })], nobody).peers).toEqual([]);
});

test("a NAT without an interface yet is left out, without losing its letter to another", () => {
  const current = peersOf(peer("i-1", "z1-a"));
  const instances = [instance("i-1", "z1", { state: "pending", eni: null }), instance("i-2", "z1")];

  expect(names(derivePeers(current, [member("i-1"), member("i-2")], instances, nobody))).toEqual({ "i-2": "z1-b" });
});

test("address and interface are those of now, not those that were published", () => {
  const current = peersOf({ ...peer("i-1", "z1-a"), address: "10.9.9.9", eniId: "eni-old" });

  const derived = derivePeers(current, [member("i-1")], [instance("i-1", "z1")], nobody);

  expect(derived.peers).toEqual([peer("i-1", "z1-a")]);
  expect(samePeers(current, derived)).toBe(false);
});

test("a published name that another has, or that is of another zone, is not kept", () => {
  const current = peersOf(peer("i-1", "z1-b"), peer("i-2", "z1-b"), { ...peer("i-3", "z1-c"), zone: "z2" });
  const instances = [instance("i-1", "z1"), instance("i-2", "z1"), instance("i-3", "z2")];
  const members = ["i-1", "i-2", "i-3"].map((id) => member(id));

  expect(names(derivePeers(current, members, instances, nobody))).toEqual({ "i-1": "z1-b", "i-2": "z1-a", "i-3": "z2-a" });
});

test("peers come in the order of their names, whatever their instance IDs", () => {
  const current = peersOf(peer("i-1", "z1-b"), peer("i-2", "z1-a"));
  const derived = derivePeers(current, [member("i-1"), member("i-2")], [instance("i-1", "z1"), instance("i-2", "z1")], nobody);

  expect(derived.peers.map(({ name }) => name)).toEqual(["z1-a", "z1-b"]);
});

test("a member that nobody published is added in the place of its name", () => {
  const current = peersOf(peer("i-2", "z1-b"), peer("i-9", "z2-a"));
  const instances = [instance("i-1", "z1"), instance("i-2", "z1"), instance("i-9", "z2")];
  const members = ["i-1", "i-2", "i-9"].map((id) => member(id));

  expect(mendPeers(current, [], members, instances).peers.map(({ name }) => name)).toEqual(["z1-a", "z1-b", "z2-a"]);
});

test("a zone with more NATs than there are letters names as many as it can", () => {
  const ids = Array.from({ length: 27 }, (_none, index) => `i-${100 + index}`);
  const derived = derivePeers(
    peersOf(),
    ids.map((id) => member(id)),
    ids.map((id) => instance(id, "z1")),
    nobody,
  );

  expect(derived.peers).toHaveLength(26);
  expect(derived.peers.at(-1)?.name).toBe("z1-z");
});

test("a refresh of a full zone goes on in the alphabet", () => {
  const ids = ["i-1", "i-2", "i-3", "i-4", "i-5"];
  const derived = derivePeers(
    peersOf(),
    ids.map((id) => member(id)),
    ids.map((id) => instance(id, "z1")),
    nobody,
  );

  expect(Object.values(names(derived))).toEqual(["z1-a", "z1-b", "z1-c", "z1-d", "z1-e"]);
});

describe("over any history of a fleet", () => {
  const ids = ["i-1", "i-2", "i-3", "i-4", "i-5", "i-6"];
  const zoneOf = (id: string) => (Number(id.slice(2)) % 2 === 0 ? "z1" : "z2");
  const fleet = fc.record({
    members: fc.array(
      fc.record({ id: fc.constantFrom(...ids), lifecycle: fc.constantFrom("Pending:Wait", "InService", "Terminating:Wait") }),
      { maxLength: 6 },
    ),
    running: fc.subarray(ids),
    needed: fc.subarray(ids).map((some): ReadonlySet<string> => new Set(some)),
  });
  const history = fc.array(fleet, { minLength: 1, maxLength: 8 });
  const inputs = ({
    members,
    running,
  }: {
    members: readonly { id: string; lifecycle: string }[];
    running: readonly string[];
  }) => {
    const unique = new Map(members.map(({ id, lifecycle }) => [id, member(id, lifecycle)]));
    return [[...unique.values()], running.map((id) => instance(id, zoneOf(id)))] as const;
  };

  test("names are unique and of the NAT's own zone, letters are kept, nobody who is gone is listed, deriving again changes nothing", () => {
    fc.assert(
      fc.property(history, (steps) => {
        let current = peersOf();
        for (const step of steps) {
          const [members, instances] = inputs(step);
          const { needed } = step;
          const next = derivePeers(current, members, instances, needed);
          const before = names(current);
          expect(new Set(Object.values(names(next))).size).toBe(next.peers.length);
          for (const { instanceId, name, zone } of next.peers) {
            expect(name.startsWith(`${zone}-`)).toBe(true);
            expect(name).toBe(before[instanceId] ?? name);
            expect(step.running).toContain(instanceId);
            const lifecycle = members.find((each) => each.instanceId === instanceId)?.lifecycle;
            if (!needed.has(instanceId)) expect(lifecycle).not.toBe("Terminating:Wait");
          }
          expect(samePeers(derivePeers(next, members, instances, needed), next)).toBe(true);
          current = next;
        }
      }),
    );
  });
});
