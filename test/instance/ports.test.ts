import { fullOnes, fullSetCommands, keyOf, PORTS, PortWatch } from "../../instance/agent/ports";
import type { PortUse } from "../../instance/agent/ports";
import { parsePortUses } from "../../instance/agent/ports-kernel";

const OURS = "198.51.100.50";

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
  const kernel = { now: 0, insertFailed: 0, tableCount: 0, uses: [] as readonly PortUse[], looks: 0, took: 0 };
  const commands: string[] = [];
  const faults: unknown[] = [];
  const watch = new PortWatch([OURS], {
    insertFailed: () => kernel.insertFailed,
    tableCount: () => kernel.tableCount,
    inUse: async () => {
      kernel.looks++;
      kernel.now += kernel.took;
      return kernel.uses;
    },
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

describe("which destinations are full", () => {
  test("from 64,000 ports on", () => {
    expect(fullOnes([use(63_999), use(64_000, { port: 80 })], new Set())).toEqual([use(64_000, { port: 80 })]);
  });

  test("what was full stays so until 500 ports more are free", () => {
    const before = new Set([keyOf(use(0))]);

    expect(fullOnes([use(63_500)], before)).toHaveLength(1);
    expect(fullOnes([use(63_499)], before)).toHaveLength(0);
  });

  test("the sets are replaced in one transaction, each address by its own", () => {
    expect(fullSetCommands([OURS, "198.51.100.51"], [use(64_000)], 6)).toBe(
      [
        "flush set ip ha_nat full",
        "add element ip ha_nat full { 203.0.113.10 timeout 6s }",
        "flush set ip ha_nat full_198_51_100_50",
        "add element ip ha_nat full_198_51_100_50 { tcp . 203.0.113.10 . 443 timeout 6s }",
        "flush set ip ha_nat full_198_51_100_51",
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

  test("insertions fail: the full destination is refused at once, and open again when ports are free", async () => {
    const { kernel, commands, watch, after } = watched();
    await after(1000);
    kernel.insertFailed = 3;
    kernel.uses = [use(PORTS)];
    await after(250);

    expect(commands).toEqual([expect.stringContaining("{ tcp . 203.0.113.10 . 443 timeout 6s }")]);
    expect(watch.usedPercent()).toBe(100);

    kernel.uses = [use(60_000)];
    await after(2000);

    expect(commands[1]).toBe("flush set ip ha_nat full\nflush set ip ha_nat full_198_51_100_50\n");
    expect(kernel.looks).toBe(2);
    await after(2000);
    expect(kernel.looks).toBe(2);
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
    kernel.uses = [use(48_384)];
    await after(60_000);

    expect(kernel.looks).toBe(1);
    expect(watch.usedPercent()).toBe(75);
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

describe("lines of bin/nat-ports", () => {
  test("are read", () => {
    expect(parsePortUses("udp 198.51.100.50 203.0.113.10 443 64000\n")).toEqual([use(64_000, { protocol: "udp" })]);
  });

  test("anything else is no empty answer", () => {
    expect(() => parsePortUses("conntrack v1.4.7\n")).toThrow('nat-ports said "conntrack v1.4.7"');
  });
});
