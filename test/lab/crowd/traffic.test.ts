/** The crowd's programs against each other, over loopback: what must be seen when the path is good, and when it breaks. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { bundleLab } from "../../../lab/cli/bundle";
import type { BulkReport } from "../../../lab/crowd/kinds";
import { CROWD_PORTS } from "../../../lab/crowd/kinds";
import { Crowd } from "../../../lab/crowd/session";
import type { CrowdReport } from "../../../lab/report/crowd";
import { summariseCrowd } from "../../../lab/report/crowd";
import { eventually } from "../../support/eventually";
import { root } from "../support/in-namespaces";

const CONNECTIONS = 24;

/** The next test uses the same ports: one that still listens would be taken for its own. */
async function endAll(children: readonly ChildProcess[]): Promise<void> {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const ended = running.map((child) => once(child, "exit"));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(ended);
}

describe("a crowd", () => {
  let programs = "";
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    programs = await bundleLab(root);
  }, 60_000);

  afterEach(() => endAll(children.splice(0)));

  async function gather(deadlineMs: number): Promise<{ readonly crowd: Crowd; readonly server: () => ChildProcess | undefined }> {
    const started = new Map<string, ChildProcess>();
    const crowd = await Crowd.gather({
      spawn: (node, argv) => {
        const child = spawn(process.execPath, argv.slice(1), { stdio: "pipe" });
        children.push(child);
        started.set(node, child);
        return child;
      },
      ...{ programs, lanes: [{ lane: "l1", connections: CONNECTIONS }], host: "127.0.0.1", deadlineMs },
    });
    return { crowd, server: () => started.get("internet") };
  }

  async function summary(crowd: Crowd): Promise<CrowdReport> {
    const { members, lagMs } = await crowd.finish();
    crowd.end();
    return summariseCrowd(members, lagMs);
  }

  test("that nothing happens to is alive to the last, idle ones included, and loses nothing", async () => {
    const { crowd } = await gather(3000);
    crowd.mark();
    await wait(1500);
    const report = await summary(crowd);

    expect(report).toMatchObject({ connections: CONNECTIONS, alive: CONNECTIONS });
    const [lane] = report.lanes;
    expect(lane?.churn.failures).toBe(0);
    expect(lane?.churn.addresses).toEqual(["127.0.0.1"]);
    expect(lane?.churn.tries).toBeGreaterThan(15);
    expect(lane?.kinds.flatMap(({ lost }) => lost ?? [])).toEqual([0, 0]);
  }, 30_000);

  test("whose other end is frozen counts every connection that hears nothing as dead, and no new connection as good", async () => {
    const { crowd, server } = await gather(500);
    crowd.mark();
    server()?.kill("SIGSTOP");
    await wait(1500);
    const report = await summary(crowd);

    const icmp = report.lanes[0]?.kinds.find(({ kind }) => kind === "icmp");
    // The kernel answers pings.
    expect(report.alive).toBe(icmp?.alive);
    expect(report.lanes[0]?.churn.outageMs).toBeNull();
    expect(report.lanes[0]?.kinds.find(({ kind }) => kind === "udp")?.lost).toBeGreaterThan(0);
  }, 30_000);

  test("whose other end stood still for a while says for how long", async () => {
    const { crowd, server } = await gather(3000);
    crowd.mark();
    await wait(200);
    server()?.kill("SIGSTOP");
    await wait(700);
    server()?.kill("SIGCONT");
    await wait(300);
    const report = await summary(crowd);

    expect(report.lagMs).toBeGreaterThan(500);
    expect(report.alive).toBe(CONNECTIONS);
  }, 30_000);

  test("whose other end stands still at the end comes back when it does, and tells how long that took", async () => {
    const { crowd, server } = await gather(5000);
    crowd.mark();
    await wait(200);
    server()?.kill("SIGSTOP");
    await wait(1500);
    const reported = summary(crowd);
    server()?.kill("SIGCONT");

    const churn = (await reported).lanes[0]?.churn;
    expect(churn?.outageMs).toBeGreaterThan(1300);
    expect(churn?.outageMs).toBeLessThan(4000);
  }, 30_000);

  test("whose other end dies has every TCP connection reset or closed", async () => {
    const { crowd, server } = await gather(500);
    crowd.mark();
    server()?.kill("SIGKILL");
    await wait(200);
    const report = await summary(crowd);

    const streams = report.lanes[0]?.kinds.filter(({ kind }) => kind !== "udp" && kind !== "icmp") ?? [];
    expect(streams.map(({ alive }) => alive)).toEqual([0, 0, 0, 0]);
    expect(report.lanes[0]?.churn.errors[0]).toMatch(/ECONNREFUSED|ECONNRESET|closed/);
  }, 30_000);
});

describe("bulk load", () => {
  let bulk = "";
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    bulk = join(await bundleLab(root), "bulk.cjs");
  }, 60_000);

  afterEach(() => endAll(children.splice(0)));

  const start = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [bulk, ...args], { stdio: "pipe" });
    children.push(child);
    return child;
  };

  /** Asks until there is somebody to answer. */
  async function listening(): Promise<void> {
    for (;;) {
      const socket = connect(CROWD_PORTS.bulk, "127.0.0.1");
      const isUp = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      socket.destroy();
      if (isUp) return;
      await wait(20);
    }
  }

  /** Connections to the sink, by the kernel's table: remote address and port in hexadecimal, then the state, 01 when it is established. */
  function established(): number {
    const port = CROWD_PORTS.bulk.toString(16).toUpperCase().padStart(4, "0");
    return readFileSync("/proc/net/tcp", "utf8").split(`0100007F:${port} 01 `).length - 1;
  }

  async function pump(seconds: number, mbps: number): Promise<BulkReport> {
    const child = start("pump", "127.0.0.1", String(seconds), String(mbps), "4");
    return JSON.parse(await text(child.stdout)) as BulkReport;
  }

  test("sends as fast as it is told, and knows that all has arrived", async () => {
    start("sink", "127.0.0.1");
    await listening();
    const report = await pump(1, 8);

    expect(report).toMatchObject({ connections: 4, losses: [] });
    expect((report.bytes * 8) / 1e6).toBeGreaterThan(4);
    expect((report.bytes * 8) / 1e6).toBeLessThan(10);
  }, 30_000);

  test("tells of each connection whose other end is lost", async () => {
    const sink = start("sink", "127.0.0.1");
    await listening();
    const report = pump(20, 8);
    await eventually(established, (count) => count === 4);
    sink.kill("SIGKILL");

    expect((await report).losses).toHaveLength(4);
  }, 30_000);

  test("that meets nobody has lost every connection", async () => {
    expect(await pump(20, 8)).toMatchObject({ bytes: 0, losses: Array(4).fill(expect.stringContaining("ECONNREFUSED")) });
  }, 30_000);
});
