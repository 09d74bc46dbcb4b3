import { join } from "node:path";
import type { HeartbeatBody } from "../../contract/heartbeat";
import type { Healthz } from "../../contract/healthz";
import type { Suspicion } from "../../contract/messages";
import { seal } from "../../instance/agent/heartbeat-codec";
import { until, whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: the agent was not tested in namespaces: ${reason}`);

const key = Buffer.alloc(32, 7);
const bootMs = Date.now();
const beat = (seq: number, change: Partial<HeartbeatBody> = {}): HeartbeatBody => ({
  v: 1,
  env: "test",
  id: "i-0a",
  boot: "b",
  seq,
  bootMs,
  probe: { ok: true, fails: 0 },
  misses: [],
  ok: true,
  ...change,
});

here("the agent on a NAT", () => {
  let world: World;
  let speak: (packet: Buffer) => void;
  const healthz = () => {
    const answer = world.sh("router", "exec 3<>/dev/tcp/10.0.0.10/880; printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3");
    return JSON.parse(answer.slice(answer.indexOf("{"))) as Healthz;
  };
  const suspicions = () => world.sent().map(({ MessageBody }) => JSON.parse(MessageBody) as Suspicion);

  beforeAll(async () => {
    world = await World.open();
    world.natUp();
    await world.startAgent();
    await until(() => world.natCheck().code === 0, 20_000, "the agent is healthy without its parameters");
    // The router plays a peer: packets as hexadecimal lines.
    const mouth = world.start("router", "node", join(__dirname, "support/speak.mjs"), "10.0.0.10");
    speak = (packet) => mouth.stdin?.write(`${packet.toString("hex")}\n`);
  }, 60_000);
  afterAll(() => world?.close());

  test("is healthy with nobody to hear, and answers a health source only", () => {
    const { healthy, reasons, heartbeats, counters, instanceId } = healthz();

    expect({ healthy, reasons, instanceId, keyLoaded: heartbeats.keyLoaded }).toEqual({
      healthy: true,
      reasons: [],
      instanceId: "i-0b",
      keyLoaded: false,
    });
    expect(counters).toHaveProperty("snat_use1-az1-l1.packets");
    expect(world.scan("router", "10.0.0.10", "1-1030")).toEqual(["880 open"]);
  });

  test("a scan from the internet and from a client subnet finds nothing open, on any of its addresses", () => {
    for (const node of ["internet", "client-a"] as const)
      for (const address of ["10.0.0.10", "10.0.0.20"]) expect(world.scan(node, address, "1-1030,1338,8080")).toEqual([]);
  });

  test("finds parameters that appear, admits the peer and hears it", async () => {
    world.writeParameter("/ha-nat/test/heartbeat-key", { schema: 1, current: key.toString("base64") });
    const peer = { name: "use1-az1-a", zone: "use1-az1", eniId: "eni-1" };
    world.writeParameter("/ha-nat/test/peers", {
      schema: 1,
      peers: [
        { ...peer, instanceId: "i-0a", address: "10.0.0.1" },
        { ...peer, instanceId: "i-0b", address: "10.0.0.10" },
      ],
    });
    await until(() => world.sh("nat", "nft list set ip ha_nat peers").includes("10.0.0.1"), 10_000, "the peer is admitted");

    speak(seal(beat(1), key));
    await until(() => healthz().heartbeats.peers[0]?.silentForMs !== null, 5_000, "the peer was heard");
  });

  test("hears nothing on its own ports from who is not listed: the ruleset drops and counts it", () => {
    const before = world.counter("nat", "ha_nat", "input_drop");
    for (const node of ["internet", "client-a"] as const)
      for (const port of [881, 882]) expect(world.ask(node, "udp", "10.0.0.10", port)).toBeNull();

    const { heartbeats, replication } = healthz();
    expect(world.counter("nat", "ha_nat", "input_drop")).toBe(before + 4);
    expect({ heartbeats, replication }).toMatchObject({
      heartbeats: { dropped: { forged: 0, replayed: 0, foreign: 0, malformed: 0 } },
      replication: { dropped: { forged: 0, replayed: 0, foreign: 0, malformed: 0, otherVersion: 0 } },
    });
  });

  test("counts and drops what is forged, replayed, foreign or malformed", async () => {
    speak(seal(beat(2), Buffer.alloc(32, 8)));
    speak(seal(beat(1), key));
    speak(seal(beat(3, { env: "prod" }), key));
    speak(Buffer.from("hello"));

    await until(() => healthz().heartbeats.dropped.malformed > 0, 5_000, "they are counted");
    expect(healthz().heartbeats.dropped).toEqual({ forged: 1, replayed: 1, foreign: 1, malformed: 1 });
    expect(healthz().loopMaxMs).toEqual(expect.any(Number));
  });

  test("suspects a peer that fell silent, once a second", async () => {
    await until(() => suspicions().length >= 2, 10_000, "two suspicions");

    const [first, second] = suspicions();
    expect(first).toMatchObject({
      kind: "suspicion",
      reporter: "i-0b",
      suspect: "i-0a",
      reason: "missed-heartbeats",
      observers: ["i-0b"],
    });
    expect(Date.parse(second?.at ?? "") - Date.parse(first?.at ?? "")).toBeGreaterThanOrEqual(990);
    expect(world.sent()[0]).toMatchObject({ MessageGroupId: "test", MessageDeduplicationId: `${first?.reporterBootId}-1` });
  });

  test("suspects itself when forwarding is off, and says why it is not healthy", async () => {
    world.sh("nat", "echo 0 >/proc/sys/net/ipv4/ip_forward");
    await until(() => suspicions().some(({ suspect }) => suspect === "i-0b"), 5_000, "a suspicion of itself");
    await until(() => !healthz().sysctls.ok, 5_000, "the sysctl is seen");

    const own = suspicions().find(({ suspect }) => suspect === "i-0b");
    expect(own).toMatchObject({ reason: "self-probe", observers: ["i-0b"], reporterSelfProbe: { ok: false } });
    // Not after three failures: one connection that is late, and the machine's own word.
    expect(own?.reporterSelfProbe.consecutiveFailures).toBeLessThan(3);
    const { healthy, reasons } = healthz();
    expect(healthy).toBe(false);
    expect(reasons.join("\n")).toMatch(
      /sysctls: net\/ipv4\/ip_forward is 0, must be 1[^]*self-probe: (a new connection is late|\d+ new connections in a row failed)/,
    );
  });

  test("a self-probe that is killed comes back and accuses nobody", async () => {
    world.natUp();
    await until(() => world.natCheck().code === 0, 10_000, "healthy again");
    const before = suspicions().filter(({ reason: why }) => why === "self-probe").length;

    world.sh("nat", "pkill -KILL -f agent/self-probe.mjs");
    await until(() => world.run("nat", "pgrep", "-f", "agent/self-probe.mjs").code === 0, 5_000, "it runs again");
    await until(() => healthz().selfProbe.ok, 5_000, "it is good again");

    expect(suspicions().filter(({ reason: why }) => why === "self-probe").length).toBe(before);
  });
});
