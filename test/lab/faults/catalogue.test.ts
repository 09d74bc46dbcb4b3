import type { AwsActs, FaultWorld } from "../../../lab/faults/catalogue";
import { FAULTS, findFault, outageLimitMs } from "../../../lab/faults/catalogue";

interface Recorder {
  readonly world: FaultWorld;
  readonly aws: AwsActs;
  readonly mark: () => Promise<void>;
  readonly done: string[];
}

function recorder(): Recorder {
  const done: string[] = [];
  const ended = new Set<string>();
  const world: FaultWorld = {
    killNode: (node) => void done.push(`kill ${node}`),
    exec: async (node, argv) => {
      done.push(`${node}: ${argv.join(" ")}`);
      return "";
    },
    killProcess: (node, part) => void done.push(`${node}: kill -9 ${part}`),
    killFunctions: () => done.push("kill -9 functions"),
    natsOf: (zone) => [`nat-${zone}-a`, `nat-${zone}-b`].filter((nat) => !ended.has(`i-${nat}`)),
    zoneOf: (node) => node.slice("nat-".length, -"-a".length),
    serversOf: async () => [],
    addressOf: (node) => (node.endsWith("a") ? "10.0.0.1" : "10.0.0.2"),
    instanceOf: (node) => `i-${node}`,
    script: (name) => `/faults/${name}`,
    cutPublicSubnets: async (zone) => void done.push(`cut ${zone}`),
    restorePublicSubnets: async (zone) => void done.push(`restore ${zone}`),
    loadRouterRules: async (text) => void done.push(`router: ${text.trim()}`),
  };
  const aws: AwsActs = {
    terminate: async (id) => {
      done.push(`AWS: terminate ${id}`);
      ended.add(id);
    },
    refreshGroupOf: async (id) => void done.push(`AWS: refresh ${id}`),
    noticeSpot: (id, afterMs) => {
      done.push(`AWS: spot ${id} after ${afterMs}`);
      ended.add(id);
    },
    noticeRebalance: (id) => void done.push(`AWS: rebalance ${id}`),
    throttle: (share) => void done.push(`AWS: throttle ${share}`),
    setLatency: (setting) => void done.push(`AWS: latency ${setting}`),
    setDisrupted: (zone, isDisrupted) => void done.push(`AWS: ${zone} disrupted ${isDisrupted}`),
  };
  return { world, aws, mark: async () => void done.push("mark"), done };
}

const NODE = "nat-use1-az1-a";
const there = "ip saddr 10.0.0.1 ip daddr 10.0.0.2 drop";
const back = "ip saddr 10.0.0.2 ip daddr 10.0.0.1 drop";
const router = (...drops: readonly string[]): string =>
  ["router: table ip partition {\nchain forward {\ntype filter hook forward priority -10; policy accept;", ...drops, "}\n}"].join(
    "\n",
  );

const down = ["a", "b"].map((letter) => `nat-use1-az1-${letter}: ip link set ens5 down`);
const LOST = ["AWS: use1-az1 disrupted true", "cut use1-az1", ...down];
const GIVEN_BACK = ["AWS: use1-az1 disrupted false", "restore use1-az1", "kill nat-use1-az1-a", "kill nat-use1-az1-b"];

const targets = (addresses: string): string =>
  `router: table ip targets {\nchain forward {\ntype filter hook forward priority -10; policy accept;\nip daddr { ${addresses} } meta l4proto { tcp, udp } th dport { 53, 80, 443 } drop\n}\n}`;

describe("faults", () => {
  test.each([
    ["kill-nat", ["kill nat-use1-az1-a"]],
    ["one-target-down", [targets("1.1.1.1")]],
    ["targets-down", [targets("1.1.1.1, 8.8.8.8, 8.8.4.4, 1.0.0.1, 9.9.9.9, 203.0.113.80")]],
    ["hang-nat", ["nat-use1-az1-a: /faults/forwarding-off"]],
    ["flush-rules", ["nat-use1-az1-a: nft flush ruleset"]],
    ["uplink-down", ["nat-use1-az1-a: ip link set ens5 down"]],
    ["table-full", ["nat-use1-az1-a: /faults/fill-table"]],
    ["kill-agent", ["nat-use1-az1-a: kill -9 nat-agent.mjs"]],
    ["partition", [router(there, back)]],
    ["partition-one-way", [router(there)]],
    ["drain", ["nat-use1-az1-a: /opt/ha-nat/bin/nat-drain"]],
  ])("%s touches only kernel objects and processes", async (name, expected) => {
    const { world, aws, mark, done } = recorder();

    await findFault(name).inject(world, NODE, aws, mark);

    expect([...done].sort()).toEqual([...expected].sort());
    expect(findFault(name).by).toBe("kernel");
  });

  test.each([
    ["terminate", "AWS: terminate i-nat-use1-az1-a"],
    ["instance-refresh", "AWS: refresh i-nat-use1-az1-a"],
    ["spot-notice", "AWS: spot i-nat-use1-az1-a after 15000"],
    ["rebalance", "AWS: rebalance i-nat-use1-az1-a"],
    ["throttle", "AWS: throttle 0.2"],
  ])("%s is an act of AWS, says so, and is nothing else", async (name, expected) => {
    const { world, aws, mark, done } = recorder();

    await findFault(name).inject(world, NODE, aws, mark);

    expect(done).toEqual([expected]);
    expect(findFault(name).by).toBe("AWS");
  });

  test.each([
    ["kill-nat-throttled", ["AWS: throttle 0.2", `kill ${NODE}`], ["AWS: throttle undefined"]],
    ["kill-nat-at-once", ["AWS: latency zero", `kill ${NODE}`], ["AWS: latency undefined"]],
  ])("%s changes AWS's weather before the kill, and back afterwards", async (name, expected, after) => {
    const { world, aws, mark, done } = recorder();
    await findFault(name).inject(world, NODE, aws, mark);

    expect(done.splice(0)).toEqual(expected);
    await findFault(name).undo?.(world, { node: NODE, zone: "use1-az1", instanceId: `i-${NODE}` }, aws);
    expect(done).toEqual(after);
  });

  test("lose-zone cuts the zone off, and EC2 does not describe its instances meanwhile", async () => {
    const { world, aws, mark, done } = recorder();
    await findFault("lose-zone").inject(world, NODE, aws, mark);

    expect(done.toSorted()).toEqual(LOST);
  });

  test("lose-zone-and-return gives the zone back only when its lanes are served elsewhere, judges from there, and ends when they are home", async () => {
    const { world, aws, mark, done } = recorder();
    const answers = [[NODE], [null], ["nat-use1-az2-a"], [null], ["nat-use1-az2-a"], [NODE]];
    const serversOf = async (zone: string): Promise<readonly (string | null)[]> => {
      done.push(`who serves ${zone}`);
      return answers.shift() ?? [];
    };
    await findFault("lose-zone-and-return").inject({ ...world, serversOf }, NODE, aws, mark);

    const asked = ["who serves use1-az1", "who serves use1-az1", "who serves use1-az1"];
    expect(done.slice(0, 4).toSorted()).toEqual(LOST);
    expect(done.slice(4)).toEqual([...asked, "mark", ...GIVEN_BACK, ...asked]);
  });

  test.each([NODE, "nat-use1-az1-c"])(
    "kill-nat-twice kills the successor only after the replacement, %s, holds the flows",
    async (replacement) => {
      const { world, aws, mark, done } = recorder();
      const SUCCESSOR = "nat-use1-az1-b";
      const zone = [[SUCCESSOR], [SUCCESSOR, replacement]];
      const natsOf = () => (done.length === 0 ? [NODE, SUCCESSOR] : (zone.shift() ?? [SUCCESSOR, replacement]));
      const answers = ["healthy but syncing", "holds them"].map((_, index) =>
        JSON.stringify({ healthy: true, replication: { state: index === 0 ? "syncing" : "synced" } }),
      );
      const exec = async (node: string): Promise<string> => {
        done.push(`ask ${node}`);
        return answers.shift() ?? "";
      };
      await findFault("kill-nat-twice").inject({ ...world, natsOf, exec }, NODE, aws, mark);

      expect(done).toEqual([`kill ${NODE}`, `ask ${replacement}`, `ask ${replacement}`, `kill ${SUCCESSOR}`]);
    },
  );

  test("kill-replication is in when a NAT beside the struck one says that it does not hold all flows any more", async () => {
    const { world, aws, mark, done } = recorder();
    const states = ["synced", "degraded", "nobody asks any more"];
    const exec = async (node: string): Promise<string> => {
      done.push(`ask ${node}`);
      return JSON.stringify({ replication: { state: states.shift() } });
    };
    await findFault("kill-replication").inject({ ...world, exec }, NODE, aws, mark);

    const drops = router(...[there, back].map((rule) => rule.replace("drop", "udp dport 882 drop")));
    expect(done).toEqual([drops, "ask nat-use1-az1-b", "ask nat-use1-az1-b"]);
    expect(findFault("kill-replication").by).toBe("kernel");
  });

  test("kill-nat-many-flows kills only when every peer has them, and was told that they live on", async () => {
    const { world, aws, mark, done } = recorder();
    const counts = ["7", "199999", "200123", "200123", "200123"];
    const carried = [null, 199_999, 200_003];
    const exec = async (node: string, argv: readonly string[]): Promise<string> => {
      done.push(`${node}: ${argv[0]}`);
      if (argv[0] === "curl")
        return JSON.stringify({ healthy: true, replication: { state: "synced", carried: carried.shift() } });
      return argv[0] === "cat" ? (counts.shift() ?? "") : "";
    };
    await findFault("kill-nat-many-flows").inject({ ...world, exec }, NODE, aws, mark);

    expect([counts, carried]).toEqual([[], []]);
    expect(done.at(-1)).toBe(`kill ${NODE}`);
  });

  test.each([
    ["partition", ["router: add table ip partition\ndelete table ip partition"]],
    ["partition-one-way", ["router: add table ip partition\ndelete table ip partition"]],
    ["lose-zone", GIVEN_BACK],
    ["table-full", ["nat-use1-az1-a: /faults/empty-table", "nat-use1-az1-b: /faults/empty-table"]],
    ["throttle", ["AWS: throttle undefined"]],
    ["hang-nat", ["AWS: terminate i-nat-use1-az1-a"]],
    ["flush-rules", ["AWS: terminate i-nat-use1-az1-a"]],
    ["uplink-down", ["AWS: terminate i-nat-use1-az1-a"]],
    ["drain", ["AWS: terminate i-nat-use1-az1-a"]],
    ["rebalance", ["AWS: terminate i-nat-use1-az1-a"]],
  ])("%s is taken back", async (name, expected) => {
    const { world, aws, done } = recorder();

    await findFault(name).undo?.(world, { node: NODE, zone: "use1-az1", instanceId: `i-${NODE}` }, aws);

    expect(done).toEqual(expected);
  });

  test("who was drained and has gone since is not stopped again, whoever has its name now", async () => {
    const { world, aws, done } = recorder();
    await findFault("drain").undo?.(world, { node: NODE, zone: "use1-az1", instanceId: "i-before" }, aws);

    expect(done).toEqual([]);
  });

  test("a partition needs somebody to be parted from", async () => {
    const { world, aws, mark } = recorder();

    await expect(findFault("partition").inject({ ...world, natsOf: () => [NODE] }, NODE, aws, mark)).rejects.toThrow(
      "has no peer",
    );
  });

  test("a standby is struck where a standby is meant, and nothing is asked but that nobody notices", () => {
    expect(FAULTS.filter(({ strikes }) => strikes === "standby").map(({ name }) => name)).toEqual(["kill-standby"]);
    expect(findFault("kill-standby").expects).toMatchObject({ established: 1, lost: 0, failures: 0 });
  });

  test("an unknown fault is named with what is allowed", () => {
    expect(() => findFault("sneeze")).toThrow(/fault sneeze is unknown; allowed: kill-nat, .*lose-zone.*; choose one/);
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
