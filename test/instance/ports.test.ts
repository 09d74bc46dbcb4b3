import { PortWatch } from "../../instance/agent/ports";
import { parseArrivals, parsePortUses } from "../../instance/agent/ports-kernel";
import { budgetsOf, keyOf, PORTS, scarceSetCommands } from "../../instance/agent/scarce-ports";
import type { Arrivals, PortUse } from "../../instance/agent/scarce-ports";

const OURS = "198.51.100.50";
/** Of a lane that another NAT carries; its flows are copies here. */
const THEIRS = "198.51.100.51";

const use = (count: number, over: Partial<PortUse> = {}): PortUse => ({
  protocol: "tcp",
  address: OURS,
  destination: "203.0.113.10",
  port: 443,
  count,
  ...over,
});

/** A watch whose kernel is the test's. */
function watched() {
  const kernel = {
    now: 0,
    insertFailed: 0,
    tableCount: 0,
    owned: [OURS] as readonly string[] | null,
    uses: [] as readonly PortUse[],
    came: 0,
    looks: 0,
    took: 0,
  };
  const commands: string[] = [];
  const faults: unknown[] = [];
  const watch = new PortWatch([OURS, THEIRS], {
    insertFailed: () => kernel.insertFailed,
    tableCount: () => kernel.tableCount,
    owned: () => kernel.owned,
    inUse: async () => {
      kernel.looks++;
      kernel.now += kernel.took;
      return kernel.uses;
    },
    arrivals: async () => new Map(kernel.uses.map((pool) => [keyOf(pool), kernel.came])),
    nft: async (text) => void commands.push(text),
    now: () => kernel.now,
    onFault: (error) => faults.push(error),
  });
  const after = async (ms: number) => {
    kernel.now += ms;
    await watch.tick();
  };
  return { kernel, commands, faults, watch, after };
}

describe("how many flows may still begin", () => {
  const came = (packets: number): Arrivals => new Map([[keyOf(use(0)), packets]]);

  test("as many as are left of 64,100 ports, and one where nothing is", () => {
    const budgets = budgetsOf([use(60_000), use(64_512, { port: 80 })], [], { before: new Map(), after: new Map() });

    expect(budgets.map(({ port, left }) => [port, left])).toEqual([
      [443, 4100],
      [80, 1],
    ]);
  });

  test("half of the flows that began while they were counted have not been seen", () => {
    const [budget] = budgetsOf([use(60_000)], [{ ...use(0), left: 5000 }], { before: came(1000), after: came(1600) });

    expect(budget?.left).toBe(3800);
  });

  test("what was refused meanwhile has not begun", () => {
    const [budget] = budgetsOf([use(60_000)], [{ ...use(0), left: 1200 }], { before: came(1000), after: came(9000) });

    expect(budget?.left).toBe(4000);
  });

  test("the sets are replaced in one transaction, each address by its own", () => {
    expect(scarceSetCommands([OURS, "198.51.100.51"], [{ ...use(0), left: 100 }], 6)).toBe(
      [
        "flush set ip ha_nat scarce",
        "add element ip ha_nat scarce { 203.0.113.10 timeout 6s }",
        "flush set ip ha_nat scarce_198_51_100_50",
        "add element ip ha_nat scarce_198_51_100_50 { tcp . 203.0.113.10 . 443 counter limit rate over 1/day burst 100 packets timeout 6s }",
        "flush set ip ha_nat scarce_198_51_100_51",
        "",
      ].join("\n"),
    );
  });
});

describe("when it looks", () => {
  test("stray failed insertions are no reason, however many in all", async () => {
    const { kernel, after } = watched();
    await after(1000);
    for (let n = 0; n < 100; n++) {
      kernel.insertFailed += 2;
      await after(2000);
    }

    expect(kernel.looks).toBe(0);
  });

  test("two a second for a few seconds are", async () => {
    const { kernel, after } = watched();
    await after(1000);
    for (let n = 0; n < 3; n++) {
      kernel.insertFailed += 2;
      await after(1000);
    }

    expect(kernel.looks).toBe(1);
  });

  test("failures from before it started are no reason", async () => {
    const { kernel, after } = watched();
    kernel.insertFailed = 1_000_000;
    await after(1000);
    await after(1000);

    expect(kernel.looks).toBe(0);
  });

  test("insertions fail: the kernel is told at once what is left, and that all is well when ports are free", async () => {
    const { kernel, commands, watch, after } = watched();
    await after(1000);
    kernel.insertFailed = 3;
    kernel.uses = [use(PORTS)];
    await after(250);

    expect(commands).toEqual([
      expect.stringContaining("{ tcp . 203.0.113.10 . 443 counter limit rate over 1/day burst 1 packets timeout 6s }"),
    ]);
    expect(watch.busiest()).toEqual(use(PORTS));

    kernel.uses = [];
    await after(2000);

    expect(commands[1]).toBe(
      "flush set ip ha_nat scarce\nflush set ip ha_nat scarce_198_51_100_50\nflush set ip ha_nat scarce_198_51_100_51\n",
    );
    expect(kernel.looks).toBe(2);
    await after(2000);
    expect(kernel.looks).toBe(2);
  });

  test("the table has grown by half of an address's ports: they may all be one destination's", async () => {
    const { kernel, commands, after } = watched();
    kernel.tableCount = PORTS / 2 - 1;
    await after(1000);
    expect(kernel.looks).toBe(0);
    kernel.tableCount = PORTS / 2;
    kernel.uses = [use(40_100)];
    await after(250);

    expect(kernel.looks).toBe(1);
    expect(commands[0]).toContain("burst 24000 packets timeout 30s");
  });

  test("no flow begins where no lane is carried: nothing is looked for, whatever the table holds, until one comes", async () => {
    const { kernel, watch, after } = watched();
    kernel.tableCount = PORTS / 2;
    kernel.uses = [use(60_100)];
    await after(1000);
    expect([kernel.looks, watch.busiest()?.count]).toEqual([1, 60_100]);
    kernel.owned = [];
    kernel.tableCount = PORTS * 2;
    await after(60_000);
    expect([kernel.looks, watch.busiest()]).toEqual([1, null]);
    kernel.owned = [OURS];
    await after(250);
    expect(kernel.looks).toBe(2);
  });

  test("copies of a lane that another NAT carries count when the lane comes, at once", async () => {
    const { kernel, watch, commands, after } = watched();
    kernel.tableCount = PORTS / 2;
    kernel.uses = [use(60_100, { address: THEIRS })];
    await after(1000);
    expect([kernel.looks, watch.busiest(), commands]).toEqual([1, null, []]);
    kernel.owned = [OURS, THEIRS];
    await after(250);
    expect(kernel.looks).toBe(2);
    expect(commands[0]).toContain("burst 4000 packets");
  });

  test("a budget is renewed when half of it is spent, or after ten seconds; the last thousand only every two", async () => {
    const { kernel, commands, after } = watched();
    kernel.tableCount = PORTS / 2;
    kernel.uses = [use(60_100)];
    await after(1000);
    expect(kernel.looks).toBe(1);
    kernel.came = 1999;
    await after(9000);
    expect(kernel.looks).toBe(1);
    kernel.came = 2000;
    kernel.uses = [use(63_200)];
    await after(250);
    expect(kernel.looks).toBe(2);
    expect(commands[1]).toContain("burst 900 packets timeout 6s");
    kernel.came = 900;
    await after(1750);
    expect(kernel.looks).toBe(2);
    kernel.uses = [use(50_000)];
    await after(250);
    expect(kernel.looks).toBe(3);
    kernel.came = 0;
    await after(9750);
    expect(kernel.looks).toBe(3);
    await after(250);
    expect(kernel.looks).toBe(4);
  });

  test("a dear look makes the next one wait, and the refusal last for as long", async () => {
    const { kernel, commands, after } = watched();
    await after(1000);
    kernel.took = 3000;
    kernel.insertFailed = 3;
    kernel.uses = [use(PORTS)];
    await after(250);
    kernel.insertFailed = 100;
    await after(2900);

    expect(kernel.looks).toBe(1);
    expect(commands[0]).toContain("timeout 18s");
    await after(100);
    expect(kernel.looks).toBe(2);
  });

  test("once a minute, where half of an address's ports can be in use at all", async () => {
    const { kernel, watch, after } = watched();
    kernel.tableCount = PORTS / 2 - 1;
    await after(60_000);
    expect(kernel.looks).toBe(0);
    kernel.tableCount = PORTS / 2;
    kernel.uses = [use(40_000, { port: 80 }), use(48_384), use(33_000, { port: 22 })];
    await after(60_000);

    expect(kernel.looks).toBe(1);
    expect(watch.busiest()).toEqual(use(48_384));
  });

  test("ports of an address that is not ours are nobody's concern", async () => {
    const { kernel, commands, after } = watched();
    await after(1000);
    kernel.insertFailed = 3;
    kernel.uses = [use(PORTS, { address: "10.0.0.5" })];
    await after(250);

    expect(commands).toEqual([]);
  });

  test("a look that fails is told, and changes nothing", async () => {
    const { kernel, commands, faults, after } = watched();
    await after(1000);
    kernel.insertFailed = 3;
    Object.defineProperty(kernel, "uses", {
      get: () => {
        throw new Error("conntrack: not permitted");
      },
    });
    await after(250);

    expect(faults).toHaveLength(1);
    expect(commands).toEqual([]);
  });
});

test("nft's listing of a set is read, and an empty one is no error", () => {
  const element = {
    val: { concat: ["tcp", "203.0.113.10", 443] },
    timeout: 60,
    expires: 59,
    counter: { packets: 7, bytes: 420 },
  };
  const set = { family: "ip", name: "scarce_198_51_100_50", table: "ha_nat" };

  expect([
    ...parseArrivals(OURS, JSON.stringify({ nftables: [{ metainfo: {} }, { set: { ...set, elem: [{ elem: element }] } }] })),
  ]).toEqual([[keyOf(use(0)), 7]]);
  expect(parseArrivals(OURS, JSON.stringify({ nftables: [{ metainfo: {} }, { set }] })).size).toBe(0);
});

describe("lines of bin/nat-ports", () => {
  test("are read", () => {
    expect(parsePortUses("udp 198.51.100.50 203.0.113.10 443 64000\n")).toEqual([use(64_000, { protocol: "udp" })]);
  });

  test("anything else is no empty answer", () => {
    expect(() => parsePortUses("conntrack v1.4.7\n")).toThrow('nat-ports said "conntrack v1.4.7"');
  });
});
