import type { FaultWorld } from "../../../lab/faults/catalogue";
import { FAULTS, findFault, outageLimitMs } from "../../../lab/faults/catalogue";

function recorder(): { readonly world: FaultWorld; readonly done: string[] } {
  const done: string[] = [];
  const world: FaultWorld = {
    killNode: (node) => void done.push(`kill ${node}`),
    exec: async (node, argv) => {
      done.push(`${node}: ${argv.join(" ")}`);
      return "";
    },
    killProcess: (node, part) => void done.push(`${node}: kill -9 ${part}`),
    natsOf: (zone) => [`nat-${zone}-a`, `nat-${zone}-b`],
    zoneOf: () => "use1-az1",
    script: (name) => `/faults/${name}`,
    cutPublicSubnets: async (zone) => void done.push(`cut ${zone}`),
  };
  return { world, done };
}

describe("faults", () => {
  test.each([
    ["kill-nat", ["kill nat-use1-az1-a"]],
    ["hang-nat", ["nat-use1-az1-a: /faults/forwarding-off"]],
    ["flush-rules", ["nat-use1-az1-a: nft flush ruleset"]],
    ["uplink-down", ["nat-use1-az1-a: ip link set ens5 down"]],
    ["kill-agent", ["nat-use1-az1-a: kill -9 nat-agent.mjs"]],
    ["lose-zone", ["cut use1-az1", "nat-use1-az1-a: ip link set ens5 down", "nat-use1-az1-b: ip link set ens5 down"]],
  ])("%s touches only kernel objects and processes", async (name, expected) => {
    const { world, done } = recorder();

    await findFault(name).inject(world, "nat-use1-az1-a");

    expect([...done].sort()).toEqual([...expected].sort());
  });

  test("an unknown fault is named with what is allowed", () => {
    expect(() => findFault("sneeze")).toThrow(/fault sneeze is unknown; allowed: kill-nat, .*lose-zone; choose one/);
  });

  test("the objective depends on whether a standby is in the zone", () => {
    expect(outageLimitMs(findFault("kill-nat"), 2)).toBe(3000);
    expect(outageLimitMs(findFault("kill-nat"), 1)).toBe(5000);
    expect(outageLimitMs(findFault("lose-zone"), 2)).toBe(10_000);
  });

  test("names are unique and say what they do", () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    expect(FAULTS.every(({ does }) => does.length > 0)).toBe(true);
  });
});
