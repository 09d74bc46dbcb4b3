import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { Run } from "./support/rto";

// Seconds are measured; a busy machine takes its time.
jest.setTimeout(60_000);

const LIB = join(resolve(__dirname, "../.."), "scripts/lib/rto");
const HOST = "127.0.0.1";
const PAUSE_MS = 800;

let server: ChildProcess;
let port: number;

beforeEach(async () => {
  port = 20_000 + Math.floor(Math.random() * 10_000);
  server = spawn("python3", [join(LIB, "server.py"), String(port), HOST], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((ready) => server.stdout?.once("data", ready));
});

afterEach(() => server.kill("SIGKILL"));

/** Runs probe.py for some seconds against the server; `meanwhile` starts when it says that the warm-up is over. */
async function probe(meanwhile: () => Promise<void>, mostSeconds: number): Promise<Run["probe"]> {
  const flows = { echo: 3, push: 3, udpPush: 2 };
  const times = { intervalMs: 50, warmUpSeconds: 1, settleSeconds: 1, mostSeconds };
  const config = { peer: { host: HOST, port }, ...flows, ...times, nats: {} };
  const child = spawn("python3", [join(LIB, "probe.py"), JSON.stringify(config)], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise((resolveEnd) => child.once("close", resolveEnd));
  const said = once(createInterface(child.stderr), "line");
  expect(await Promise.race([said, ended])).toEqual(["measuring 8 of 8 flows"]);
  await meanwhile();
  await ended;
  expect(text.trim().split("\n")).toHaveLength(1);
  return JSON.parse(text) as Run["probe"];
}

const outcomes = ({ flows }: Run["probe"]) =>
  Object.entries(flows).map(([kind, { opened, asked, survived }]) => ({ kind, opened, asked, survived }));

describe("probe.py against server.py", () => {
  test("a pause is a stall of that length in every kind of connection, and nobody is lost", async () => {
    const seen = await probe(async () => {
      server.kill("SIGSTOP");
      await wait(PAUSE_MS);
      server.kill("SIGCONT");
    }, 5);

    expect(outcomes(seen)).toEqual([
      { kind: "echo", opened: 3, asked: 3, survived: 3 },
      { kind: "push", opened: 3, asked: 3, survived: 3 },
      { kind: "udpPush", opened: 2, asked: 2, survived: 2 },
    ]);
    for (const { stallMs } of Object.values(seen.flows)) {
      expect(stallMs[0]).toBeGreaterThanOrEqual(PAUSE_MS - 60);
      expect(stallMs.at(-1)).toBeLessThan(3000);
    }
    expect(seen.fresh.outageMs).toBeGreaterThanOrEqual(PAUSE_MS - 110);
    expect(seen.fresh.addressAfter).toBe(HOST);
  });

  test("a server that dies is told from one that is slow: nothing survives, and it says how each ended", async () => {
    const seen = await probe(async () => void server.kill("SIGKILL"), 4);

    expect(outcomes(seen).map(({ survived }) => survived)).toEqual([0, 0, 0]);
    expect(seen.flows.push.ended).not.toEqual([]);
    expect(seen.fresh).toMatchObject({ outageMs: null, addressAfter: null });
    expect(seen.fresh.failed).toBeGreaterThan(0);
  });

  test("without a peer it asks a public address for new connections only", () => {
    const config = { peer: null, echo: 5, push: 5, udpPush: 5, intervalMs: 50, nats: {} };
    const times = { warmUpSeconds: 0, settleSeconds: 1, mostSeconds: 1 };
    const { stdout } = spawnSync("python3", [join(LIB, "probe.py"), JSON.stringify({ ...config, ...times })], {
      encoding: "utf8",
    });

    expect(outcomes(JSON.parse(stdout) as Run["probe"]).map(({ asked }) => asked)).toEqual([0, 0, 0]);
  });
});

describe("server.py cannot be aimed at somebody else", () => {
  /** Sends datagrams and collects what comes back in half a second. */
  async function ask(...datagrams: readonly string[]): Promise<readonly string[]> {
    const socket = createSocket("udp4");
    const answers: string[] = [];
    socket.on("message", (message) => answers.push(message.toString()));
    for (const datagram of datagrams) socket.send(datagram, port, HOST);
    await wait(500);
    socket.close();
    return answers;
  }

  test("no datagram is answered by more than it holds, and none is pushed without the cookie of its sender", async () => {
    const question = "HELLO".padEnd(64);
    const [cookie = ""] = await ask(question);

    expect(cookie.length).toBeLessThanOrEqual(question.length);
    expect(await ask("HELLO")).toEqual([]);
    expect(await ask(`PUSH ${"0".repeat(32)} 50 5`)).toEqual([]);
    // From another port: not the sender that asked.
    expect(await ask(`PUSH ${cookie} 50 5`)).toEqual([]);
  });
});

describe("what goes to the instance", () => {
  const program = readFileSync(join(LIB, "probe.py"), "utf8");

  test("is Python 3.9, which Amazon Linux 2023 has", () => {
    const parse = `import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))`;
    for (const file of ["probe.py", "server.py"]) {
      expect(spawnSync("python3", ["-c", parse, join(LIB, file)], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    }
  });

  test("fits a command, and has nothing that Systems Manager or the shell would read as theirs", () => {
    expect(Buffer.byteLength(program)).toBeLessThan(32_000);
    expect(program).not.toContain("{{");
    expect(program.split("\n")).not.toContain("HA_NAT_PROGRAM");
  });
});
