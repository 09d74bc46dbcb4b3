import { createInterface } from "node:readline";
import { join } from "node:path";
import type { LateLine, ProbeLine } from "../../instance/agent/self-probe";
import { natConfig, until, whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: the self-probe was not tested in namespaces: ${reason}`);

here("the self-probe, against the real kernel", () => {
  let world: World;
  let fails = 0;
  const targets = new Set<string>();

  beforeAll(async () => {
    world = await World.open();
    world.natUp();
    const { selfProbeTargets, timing } = natConfig;
    const settings = { targets: selfProbeTargets, intervalMs: timing.selfProbeIntervalMs, timeoutMs: timing.selfProbeTimeoutMs };
    const probe = join(world.dir, "home/agent/self-probe.mjs");
    const child = world.start("nat", "ip", "netns", "exec", "ha-nat-probe", "node", probe, JSON.stringify(settings));
    if (child.stdout === null) throw new Error("the probe has no stdout");
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as ProbeLine | LateLine;
      if ("late" in line) return;
      targets.add(line.target);
      fails = line.ok ? 0 : fails + 1;
    });
    await until(() => targets.size === 2 && fails === 0, 10_000, "the probe connects to both targets");
  }, 60_000);
  afterAll(() => world?.close());

  // Three misses of 100 ms and a timeout of 100 ms take 0.4 s; the rest is slack for a machine that does other work.
  test.each([
    ["forwarding is off", "echo 0 >/proc/sys/net/ipv4/ip_forward", "echo 1 >/proc/sys/net/ipv4/ip_forward"],
    ["the rules are gone", "nft delete table ip ha_nat", '"$HA_NAT_HOME/bin/nat-up"'],
    ["the uplink is down", "ip link set eth0 down", "ip link set eth0 up; ip route replace default via 10.0.0.1"],
  ])("three misses in a row when %s, and good again after", async (_, fault, mend) => {
    world.sh("nat", fault);
    await until(() => fails >= 3, 3_000, "three misses in a row");

    world.sh("nat", mend);
    await until(() => fails === 0, 5_000, "a connection again");
  });
});
