import { join } from "node:path";
import { parseArrivals, parsePortUses } from "../../instance/agent/ports-kernel";
import { keyOf, scarceSetCommands, scarceSetOf } from "../../instance/agent/scarce-ports";
import { natConfig, until, whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: the end of the ports was not tested in namespaces: ${reason}`);

const HOST = "198.51.100.10";
const OTHER_HOST = "198.51.100.11";
const ADDRESSES = natConfig.lanes[0]?.addresses ?? [];

here("a destination with no port left, in bare namespaces with the real kernel", () => {
  let world: World;
  /** The address of its lane that client-a leaves by, and the one it does not. */
  let its = "";
  let other = "";

  beforeAll(async () => {
    world = await World.open();
    const { code, stderr } = world.natUp();
    if (code !== 0) throw new Error(stderr);
    await until(() => world.ask("client-a", "tcp", HOST, 7) !== null, 5000, "the path");
    its = world.ask("client-a", "tcp", HOST, 7)?.address ?? "";
    other = ADDRESSES.find((address) => address !== its) ?? "";
  }, 60_000);
  afterAll(() => world?.close());
  beforeEach(() => fill("tcp", ""));

  const pool = (protocol: "tcp" | "udp", address: string) => ({ protocol, address, destination: HOST, port: 7 });

  /** Does as the agent would with one destination near its end, or none. */
  function budget(protocol: "tcp" | "udp", address: string, left: number): void {
    const budgets = address === "" ? [] : [{ ...pool(protocol, address), left }];
    world.sh("nat", `nft -f - <<'END'\n${scarceSetCommands(ADDRESSES, budgets, 60)}END`);
  }

  /** The one flow that every budget has is spent. */
  function fill(protocol: "tcp" | "udp", address: string): void {
    budget(protocol, address, 1);
    if (address === its) asked(protocol);
  }

  const asked = (how: "tcp" | "udp", host = HOST) =>
    world.run("client-a", "node", `${__dirname}/support/ask.mjs`, how, host, "7");
  const counted = () => world.counter("nat", "ha_nat", "ports_exhausted_use1_az1_l1");

  test("a new TCP connection is reset, and counted", () => {
    const before = counted();
    fill("tcp", its);

    expect(asked("tcp").stderr.trim()).toBe("ECONNREFUSED");
    expect(counted()).toBe(before + 1);
  });

  test("as many flows begin as the budget says, and not one more; all are counted", () => {
    budget("tcp", its, 3);
    const codes = Array.from({ length: 5 }, () => asked("tcp").code);
    const listing = world.sh("nat", `nft -j list set ip ha_nat ${scarceSetOf(its)}`);

    expect(codes.map((code) => code === 0)).toEqual([true, true, true, false, false]);
    expect(parseArrivals(its, listing).get(keyOf(pool("tcp", its)))).toBe(5);
  });

  test("a new UDP flow is answered with port unreachable", () => {
    const before = counted();
    fill("udp", its);
    const connected = `const s=require("dgram").createSocket("udp4");s.on("error",e=>{console.log(e.code);process.exit()});
      s.connect(7,"${HOST}",()=>{s.send("?");setTimeout(()=>process.exit(1),1000)})`;

    expect(world.run("client-a", "node", "-e", connected).stdout.trim()).toBe("ECONNREFUSED");
    expect(counted()).toBe(before + 1);
  });

  test("another destination, another protocol and another client's address are open", () => {
    fill("tcp", its);
    expect(asked("tcp", OTHER_HOST).code).toBe(0);
    expect(asked("udp").code).toBe(0);

    fill("tcp", other);
    expect(asked("tcp").code).toBe(0);
  });

  test("a flow that has its port already goes on, though nobody has answered it yet", async () => {
    world.sh("internet", "nft 'table ip silent { chain in { type filter hook input priority 0; udp dport 7 drop; }; }'");
    const talk = `const s=require("dgram").createSocket("udp4");s.on("error",e=>{console.log(e.code);process.exit()});
      s.connect(7,"${HOST}",()=>{s.send("?",()=>console.log("sent"));process.stdin.on("data",()=>s.send("?",()=>setTimeout(()=>{console.log("heard nothing");process.exit()},300)))})`;
    const child = world.start("client-a", "node", "-e", talk);
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes("sent"), 5000, "the first datagram");
    const before = counted();
    fill("udp", its);
    child.stdin?.write("again\n");
    await until(() => said.length > "sent\n".length, 5000, "the second datagram");
    world.sh("internet", "nft delete table ip silent");

    expect(said).toBe("sent\nheard nothing\n");
    expect(counted()).toBe(before);
  });

  // Where long-lived flows alone are copied, the kernel counts packets, and tells so in every line.
  test.each([0, 1])(
    "ports in use are counted for each destination, those of closing connections are not (acct %i)",
    async (acct) => {
      world.sh("nat", `conntrack -F 2>/dev/null; echo ${acct} >/proc/sys/net/netfilter/nf_conntrack_acct`);
      const keep = `require("dgram").createSocket("udp4").bind(0,function(){this.on("message",()=>console.log("answered"));this.send("?",7,"${HOST}")})`;
      const child = world.start("client-a", "node", "-e", keep);
      let said = "";
      child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await until(() => said !== "", 5000, "the answer");
      expect(asked("tcp").code).toBe(0);
      world.ask("client-a", "udp", HOST, 9);
      const lines = world.sh("nat", "conntrack -L -p udp 2>/dev/null");
      const counted = world.run("nat", join(world.dir, "home/bin/nat-ports"), "1").stdout;

      expect(parsePortUses(counted)).toContainEqual({ protocol: "udp", address: its, destination: HOST, port: 7, count: 1 });
      expect(parsePortUses(counted)).toContainEqual({ protocol: "udp", address: its, destination: HOST, port: 9, count: 1 });
      expect([lines.includes("packets="), lines.includes("[UNREPLIED]")]).toEqual([acct === 1, true]);
      expect(counted).not.toContain(`tcp ${its} ${HOST}`);
      expect(world.run("nat", join(world.dir, "home/bin/nat-ports"), "2").stdout).toBe("");
      expect(world.run("nat", join(world.dir, "home/bin/nat-ports"), "many")).toMatchObject({ code: 1, stdout: "" });
    },
  );

  test("the digest of the ruleset does not change by it", () => {
    fill("tcp", its);

    expect(world.natCheck().failing).not.toHaveProperty("ruleset");
  });
});
