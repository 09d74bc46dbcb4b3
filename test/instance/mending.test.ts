import { until, whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: mending was not tested in namespaces: ${reason}`);

here("nat-check and nat-up, with the agent running", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
    world.natUp();
    await world.startAgent();
    await until(() => world.natCheck().code === 0, 15_000, "nat-check passes");
  }, 60_000);
  afterAll(() => world?.close());

  test.each([
    ["sysctls", "echo 0 >/proc/sys/net/ipv4/ip_forward", "net/ipv4/ip_forward is 0, must be 1"],
    ["sysctls", "echo 1 >/proc/sys/net/ipv4/conf/eth0/send_redirects", "net/ipv4/conf/eth0/send_redirects is 1, must be 0"],
    ["ruleset", "nft delete table ip ha_nat", "table ip ha_nat is not in the kernel"],
    ["ruleset", "nft insert rule ip ha_nat forward accept", "table ip ha_nat was changed since nat-up loaded it"],
    ["addresses", "ip route del blackhole 10.0.0.21 table local", "no blackhole route in table local: 10.0.0.21"],
    ["probe-namespace", "ip -n ha-nat-probe link set eth0 down", "namespace ha-nat-probe has no way out"],
    ["probe-namespace", "ip link del ha-nat-probe", "namespace ha-nat-probe has no way out"],
  ])("%s: %s is found and mended", async (check, fault, words) => {
    world.sh("nat", fault);

    const found = world.natCheck();
    expect(found.code).toBe(1);
    expect(found.failing[check]).toContain(words);

    const { code } = world.natUp();
    expect(code).toBe(0);
    await until(() => world.natCheck().code === 0, 10_000, "nat-check passes again");
  });

  test("a probe namespace that was deleted is made anew, and the probe that it still held starts anew in it", async () => {
    const probe = () => world.run("nat", "pgrep", "-of", "agent/self-probe.mjs").stdout.trim();
    const before = probe();
    world.sh("nat", "ip netns del ha-nat-probe");
    expect(world.natCheck().failing["probe-namespace"]).toContain("has no way out");

    const { code, stderr } = world.natUp();

    expect({ code, stderr }).toMatchObject({ code: 0 });
    await until(() => !["", before].includes(probe()), 5_000, "another probe runs");
    await until(() => world.natCheck().code === 0, 10_000, "nat-check passes again");
    const after = probe();
    world.natUp();
    expect(probe()).toBe(after);
  });

  test("a NAT without its agent is not a working NAT, but still a NAT", () => {
    world.sh("nat", "pkill -STOP -f nat-agent.mjs");

    const { code, failing } = world.natCheck();
    const reached = world.ask("client-a", "tcp", "198.51.100.10", 7);
    world.sh("nat", "pkill -CONT -f nat-agent.mjs");

    expect(code).toBe(1);
    expect(Object.keys(failing)).toEqual(["agent", "self-probe"]);
    expect(reached).not.toBeNull();
  });
});

here("nat-up with input that is not right", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
    world.natUp();
  }, 60_000);
  afterAll(() => world?.close());

  test.each([
    ['.lanes[0].lane = "x; drop"', "x; drop is not a lane name"],
    [".lanes[0].addresses = []", "lane use1-az1-l1 has no address"],
    ['.vpcCidrs = ["10.0.0.0/16 }"]', "10.0.0.0/16 } is not an IPv4 address or prefix"],
    [".healthSourceCidrs = []", "healthSourceCidrs must not be empty"],
    [".schema = 2", "schema is 2, this payload reads 1"],
  ])("%s: refused in words, and the ruleset stays", (change, words) => {
    const rules = world.sh("nat", "nft -s list table ip ha_nat");
    world.sh(
      "nat",
      `cp $HA_NAT_HOME/etc/nat.json $HA_NAT_HOME/etc/good.json; jq '${change}' $HA_NAT_HOME/etc/good.json >$HA_NAT_HOME/etc/nat.json`,
    );

    const { code, stderr } = world.natUp();
    world.sh("nat", "mv $HA_NAT_HOME/etc/good.json $HA_NAT_HOME/etc/nat.json");

    expect(code).not.toBe(0);
    expect(stderr).toContain(words);
    expect(world.sh("nat", "nft -s list table ip ha_nat")).toBe(rules);
  });

  // AL2023 puts an address that EC2 assigned to the interface on it, before or after nat-up has run.
  test.each([
    ["held by nobody", "true", "true"],
    ["held before", "ip addr add 10.0.0.20/32 dev eth0", "ip addr del 10.0.0.20/32 dev eth0"],
    ["held before, and let go", "ip addr add 10.0.0.20/32 dev eth0; ip addr del 10.0.0.20/32 dev eth0", "true"],
  ])(
    "without its rules it does not answer for a lane's address %s: a reset would end a connection that another NAT carries on",
    (_when, before, after) => {
      for (const order of [`${before}; $HA_NAT_HOME/bin/nat-up`, `$HA_NAT_HOME/bin/nat-up; ${before}`]) {
        world.sh("nat", "ip route flush table local type blackhole");
        world.sh("nat", order);
        world.sh("nat", "nft flush ruleset");

        const answered = world.scan("internet", "10.0.0.20", "881,8080");
        const own = world.scan("internet", "10.0.0.10", "881,8080");
        world.sh("nat", after);

        expect({ order, own }).toEqual({ order, own: ["881 ECONNREFUSED", "8080 ECONNREFUSED"] });
        expect({ order, answered }).toEqual({ order, answered: [] });
      }
      world.natUp();
    },
  );

  // The size of the table is the machine's, and read-only in a namespace. Another setting of the kernel stands in for the number of buckets, which
  // it too rounds up and reads back so (to whole jiffies, where buckets are rounded to whole pages).
  test("the number of buckets that the kernel made of ours is the one that must stay", () => {
    const [buckets, max] = ["buckets", "max"].map((name) => `/proc/sys/net/netfilter/nf_conntrack_${name}`);
    world.sh("nat", `sed 's/^MemTotal:.*/MemTotal: 1048563 kB/' /proc/meminfo >$WORLD_DIR/meminfo; echo 0 >$WORLD_DIR/max`);
    world.sh("nat", `mount --bind $WORLD_DIR/meminfo /proc/meminfo; mount --bind $WORLD_DIR/max ${max}`);
    world.sh("nat", `mount --bind /proc/sys/net/ipv4/icmp_ratelimit ${buckets}`);

    const ran = [world.natUp(), world.natUp()];
    const sizes = world.sh("nat", `cat ${buckets} ${max}`);
    const { failing } = world.natCheck();
    world.sh("nat", `umount ${buckets} ${max} /proc/meminfo`);
    world.natUp();

    expect(ran).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(sizes.split("\n").map(Number)).toEqual([expect.any(Number), 691_835]);
    expect(Number(sizes.split("\n")[0])).toBeGreaterThanOrEqual(345_917);
    expect(Object.keys(failing)).not.toContain("sysctls");
  });

  test("addresses of an older nat.json go, routes of others stay", () => {
    world.sh("nat", "ip route add blackhole 192.0.2.77 table local; ip route add blackhole 10.0.0.99 table local proto 72");

    world.natUp();

    const routes = world.sh("nat", "ip route show table local type blackhole");
    expect(routes).toContain("192.0.2.77");
    expect(routes).not.toContain("10.0.0.99");
  });
});
