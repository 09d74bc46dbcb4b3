import { join } from "node:path";
import { isThere, natConfig, until, whyNot, World } from "./support/world";

const ask = join(__dirname, "support/ask.mjs");
const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: the ruleset was not tested in namespaces: ${reason}`);

here("the ruleset, in bare namespaces with the real kernel", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
    const { code, stderr } = world.natUp();
    if (code !== 0) throw new Error(stderr);
    await until(() => world.ask("client-a", "tcp", "198.51.100.10", 7) !== null, 5000, "the path");
  }, 60_000);
  afterAll(() => world?.close());

  test("a client leaves by an address of its own lane and keeps a free source port", () => {
    const tcp = world.ask("client-a", "tcp", "198.51.100.10", 7, 40_001);
    const udp = world.ask("client-a", "udp", "198.51.100.10", 7, 40_002);
    const other = world.ask("client-b", "tcp", "198.51.100.11", 7, 40_001);

    expect(["10.0.0.20", "10.0.0.21"]).toContain(tcp?.address);
    expect(tcp?.port).toBe(40_001);
    expect(udp).toEqual({ address: tcp?.address, port: 40_002 });
    expect(other).toEqual({ address: "10.0.0.22", port: 40_001 });
  });

  test("a privileged source port is mapped above 1023", () => {
    expect(world.ask("client-a", "tcp", "198.51.100.10", 7, 700)?.port).toBeGreaterThan(1023);
  });

  test("a client is answered with the same address for every flow, by a seed that every NAT shares", () => {
    const addresses = [1, 2, 3, 4].map((n) => world.ask("client-a", "tcp", "198.51.100.10", 7, 41_000 + n)?.address);

    expect(new Set(addresses).size).toBe(1);
    expect(world.sh("nat", "nft list chain ip ha_nat lane_use1_az1_l1")).toContain("seed 0x68616e61");
  });

  test("ICMP errors about a flow come back to the client", () => {
    const dgram = `const s=require("dgram").createSocket("udp4");s.on("error",e=>{console.log(e.code);process.exit()});
      s.connect(9,"198.51.100.10",()=>{s.send("?");setTimeout(()=>process.exit(1),1000)})`;

    expect(world.run("client-a", "node", "-e", dgram).stdout.trim()).toBe("ECONNREFUSED");
  });

  const ping = isThere("ping") ? test : test.skip;
  ping("a ping of a client is answered", () => {
    expect(world.run("client-a", "ping", "-c1", "-W1", "198.51.100.10").code).toBe(0);
  });

  test("UDP of a client to the heartbeat's port on the internet is translated as any other", () => {
    expect(world.ask("client-b", "udp", "198.51.100.10", 881)?.address).toBe("10.0.0.22");
  });

  test("TCP of a client to the health port on the internet is translated as any other", () => {
    expect(world.run("client-b", "node", ask, "tcp", "198.51.100.10", "880").stderr.trim()).toBe("ECONNREFUSED");
  });

  test("who may ask for health, this NAT included, is answered without an entry in the table, which may be full; nobody else is", () => {
    const server = "require('http').createServer((_, response) => response.end('well')).listen(880)";
    const child = world.start("nat", "node", "-e", server);
    const question = (address: string) => `fetch("http://${address}:880/").then((r) => r.text()).then(console.log)`;
    const asked = (node: "router" | "nat", address: string) => world.run(node, "node", "-e", question(address)).stdout.trim();
    world.sh("nat", "until [[ $(ss -Htln sport = 880) ]]; do sleep 0.05; done; conntrack -F 2>/dev/null");

    const answers = [asked("router", "10.0.0.10"), asked("nat", "127.0.0.1")];
    const entries = world.sh("nat", "conntrack -L -p tcp --dport 880 2>/dev/null | grep -o 'src=[^ ]* dst=[^ ]*' || true");
    const others = world.scan("internet", "10.0.0.10", "880");
    child.kill();

    expect({ answers, others }).toEqual({ answers: ["well", "well"], others: [] });
    expect(entries).toBe("");
  });

  test.each([
    ["the VPC", "10.0.99.1"],
    ["instance metadata", "169.254.169.254"],
    ["the probe's namespace", "169.254.100.2"],
    ["multicast", "224.0.0.9"],
  ])("nothing of a client is forwarded to %s", (_, target) => {
    world.sh("client-a", `ip route replace ${target} via 10.0.64.1`);
    const before = world.counter("nat", "ha_nat", "new_out");

    const asked = world.ask("client-a", "udp", target, 7);

    expect(asked).toBeNull();
    expect(world.counter("nat", "ha_nat", "new_out")).toBe(before);
  });

  test("what no rule admits is counted: a source that is no client, the probe's from outside, the internet asking for a client", () => {
    const before = world.counter("nat", "ha_nat", "forward_drop");
    for (const source of ["10.0.130.5", "169.254.100.2"]) {
      world.sh("client-a", `ip addr add ${source}/32 dev eth0`);
      world.run("client-a", "node", ask, "udp", "198.51.100.10", "7", "0", source);
    }
    world.sh("router", "ip route replace 10.0.64.77 via 10.0.0.10");
    world.run("internet", "node", ask, "udp", "10.0.64.77", "7");

    expect(world.counter("nat", "ha_nat", "forward_drop")).toBe(before + 3);
  });

  test("the MSS is clamped to 1460 both ways", () => {
    world.ask("client-a", "tcp", "198.51.100.10", 7);

    for (const node of ["internet", "client-a"] as const) {
      expect(world.counter(node, "seen", "clamped")).toBeGreaterThan(0);
      expect(world.counter(node, "seen", "unclamped")).toBe(0);
    }
  });

  test("a smaller MSS is left as it is", () => {
    world.sh("client-a", "ip route replace 198.51.100.11 via 10.0.64.1 advmss 1200");
    const before = world.counter("internet", "seen", "clamped");

    expect(world.ask("client-a", "tcp", "198.51.100.11", 7)).not.toBeNull();
    expect(world.counter("internet", "seen", "clamped")).toBe(before);
  });

  test("nat-up a second time changes nothing: rules, counters and flows stay", () => {
    const rules = () => world.sh("nat", "nft -a -s list table ip ha_nat");
    const [rulesBefore, flowsBefore] = [rules(), world.counter("nat", "ha_nat", "new_out")];

    const { code, stderr } = world.natUp();

    expect(code).toBe(0);
    expect(stderr).toContain("ruleset is as it was loaded");
    expect(rules()).toBe(rulesBefore);
    expect(world.counter("nat", "ha_nat", "new_out")).toBe(flowsBefore);
  });

  test("a reload keeps the peers that were admitted", () => {
    world.sh("nat", "nft add element ip ha_nat peers { 10.0.0.1 }; nft add rule ip ha_nat forward counter");

    world.natUp();

    expect(world.sh("nat", "nft list set ip ha_nat peers")).toContain("10.0.0.1");
    expect(world.sh("nat", "nft list chain ip ha_nat forward")).not.toMatch(/counter packets/);
  });

  test("the rules of others are left alone", () => {
    world.sh("nat", "nft add table ip theirs; nft flush chain ip ha_nat forward");

    world.natUp();

    expect(world.sh("nat", "nft list tables")).toContain("table ip theirs");
  });
});

here("the ruleset with several addresses chosen by flow", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({ ...natConfig, addressSelection: "flow" });
    const { code, stderr } = world.natUp();
    if (code !== 0) throw new Error(stderr);
  }, 60_000);
  afterAll(() => world?.close());

  test("the flows of one client use every address, each flow always the same", () => {
    const ports = Array.from({ length: 12 }, (_, index) => 42_000 + index);
    const ask = () => ports.map((port) => world.ask("client-a", "udp", "198.51.100.10", 7, port)?.address);

    const first = ask();
    world.sh("nat", "conntrack -F 2>/dev/null");

    expect(new Set(first)).toEqual(new Set(["10.0.0.20", "10.0.0.21"]));
    expect(ask()).toEqual(first);
  });
});
