import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../../instance/agent/log";
import { startReplication } from "../../../instance/agent/replication/client";
import { natConfig, until } from "../support/world";

const sender = { instanceId: "i-a", bootId: "00000000-0000-4000-8000-000000000000", bootMs: 1_000 };
const home = mkdtempSync(join(tmpdir(), "ha-nat-replication-"));
const silent = createLog(() => undefined);
afterEach(() => delete process.env.HA_NAT_NETLINK);
afterAll(() => rmSync(home, { recursive: true }));

/** A replicator that says which boot and fleet it was given, ends when its fleet has the peer `i-poison`, and hangs for a while after `i-hang`. */
function fakeReplicator(): void {
  mkdirSync(join(home, "agent"), { recursive: true });
  const source = `
    import { parentPort, workerData } from "node:worker_threads";
    parentPort.on("message", ({ peers }) => {
      parentPort.postMessage({ kind: "health", health: { state: "synced", reasons: [workerData.sender.bootId, ...peers.map((peer) => peer.instanceId)] } });
      if (peers.some((peer) => peer.instanceId === "i-poison" && workerData.sender.bootMs === 1000)) throw new Error("poisoned");
      if (peers.some((peer) => peer.instanceId === "i-hang")) {
        setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500), 50);
        setTimeout(() => parentPort.postMessage({ kind: "health", health: { state: "synced", reasons: [] } }), 100);
      }
    });`;
  writeFileSync(join(home, "agent/replication.mjs"), source);
}

describe("flow replication, as the agent sees it", () => {
  test("is off where the configuration says so", () => {
    const config = { ...natConfig, replication: { flows: "off", scope: "zone" } as const };
    expect(startReplication(config, sender, home, silent).health()).toEqual({ state: "off" });
  });

  test("is degraded, with the reason, where nobody opened the kernel's sockets; the agent goes on", () => {
    const health = startReplication(natConfig, sender, home, silent).health();
    expect(health).toMatchObject({ state: "degraded", reasons: [expect.stringContaining("started without bin/with-netlink")] });
  });

  test("starts again when its thread ends: with the same fleet, as a new boot, and counted", async () => {
    fakeReplicator();
    process.env.HA_NAT_NETLINK = "30,31,32";
    const lines: string[] = [];
    const replication = startReplication(
      natConfig,
      sender,
      home,
      createLog((line) => lines.push(line)),
    );
    const reasons = () => {
      const health = replication.health();
      return health.state === "off" ? [] : health.reasons;
    };
    const peer = (instanceId: string) => ({
      keys: [],
      peers: [{ instanceId, address: "10.0.0.2", zone: "use1-az1" }],
      missing: [],
      owned: [],
    });
    replication.tell(peer("i-b"));
    await until(() => reasons().includes("i-b"), 5_000, "the first replicator speaks");
    expect(reasons()).toContain(sender.bootId);
    replication.tell(peer("i-poison"));
    await until(
      () => replication.health().state === "synced" && !reasons().includes(sender.bootId),
      5_000,
      "the second replicator speaks",
    );
    expect(reasons()).toContain("i-poison");
    expect(replication.health()).toMatchObject({ restarts: 1 });
    expect(lines.join("")).toContain("poisoned");
    replication.stop();
  });

  test("is degraded while its thread hangs, whatever that said before, until it speaks again", async () => {
    fakeReplicator();
    process.env.HA_NAT_NETLINK = "30,31,32";
    const replication = startReplication(natConfig, sender, home, silent, 300);
    const is = (state: string) => () => replication.health().state === state;
    replication.tell({
      keys: [],
      peers: [{ instanceId: "i-hang", address: "10.0.0.2", zone: "use1-az1" }],
      missing: [],
      owned: [],
    });

    await until(is("synced"), 5_000, "the replicator speaks");
    await until(is("degraded"), 1_500, "its silence is noticed");
    expect(replication.health()).toMatchObject({ reasons: ["the replicator has said nothing for 300 ms"], restarts: 0 });
    await until(is("synced"), 5_000, "the replicator speaks again");
    replication.stop();
  });
});
