import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Leave } from "../../contract/messages";
import { natConfig, until, whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: nat-drain was not tested in namespaces: ${reason}`);

const SELF = "i-0b";

here("nat-drain on a NAT", () => {
  let world: World;
  const leaves = () =>
    world
      .sent()
      .map(({ MessageBody, MessageDeduplicationId: id }) => ({ ...(JSON.parse(MessageBody) as Leave), id }))
      .filter(({ kind }) => kind === "leave");
  const state = (servedBy: string, more: object = {}) =>
    world.writeParameter(natConfig.stateParameter, {
      ...{ schema: 1, updatedAt: new Date().toISOString(), marks: {} },
      lanes: { "use1-az1-l1": { servedBy, movedAt: null, homeHealthySince: null } },
      ...more,
    });
  const leaving = () => ({ leaving: { [SELF]: new Date().toISOString() } });
  const runDir = (file: string) => join("/run/ha-nat", file);

  /** Starts nat-drain; resolves with its exit code and words. */
  function drain(...args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string }> {
    const child = world.start("nat", join(world.dir, "home/bin/nat-drain"), ...args);
    let stdout = "";
    child.stdout?.on("data", (text: Buffer) => (stdout += text.toString()));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout })));
  }

  beforeAll(async () => {
    world = await World.open();
    world.natUp();
    state(SELF);
    await world.startAgent();
    await until(() => world.natCheck().code === 0, 20_000, "the agent is healthy");
  }, 60_000);
  afterAll(() => world?.close());

  test("asks through the queue, waits for the record, forwards all the time", async () => {
    const ended = drain("--json");
    await until(() => leaves().length >= 2, 10_000, "asked twice");
    expect(world.ask("client-a", "tcp", "198.51.100.10", 7)).not.toBeNull();
    state("i-0a", leaving());

    const { code, stdout } = await ended;

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      outcome: "handed-over",
      lanes: [],
      detail: "no lane is served by this NAT",
    });
    expect(leaves()[0]).toMatchObject({ reporter: SELF, instanceId: SELF, because: "drain", force: false });
    expect(new Set(leaves().map(({ id }) => id)).size).toBe(leaves().length);
    expect(world.ask("client-a", "tcp", "198.51.100.10", 7)).not.toBeNull();
    expect(world.run("nat", "test", "-e", runDir("leave.json")).code).toBe(1);
  });

  test("is silent once nobody waits", async () => {
    const before = leaves().length;
    state(SELF);

    await new Promise((resolve) => setTimeout(resolve, 4_000));

    expect(leaves()).toHaveLength(before);
  });

  test("ends with 3 and the reason when it is refused; force goes on asking", async () => {
    const because = `${SELF} is the last healthy NAT of use1-az1`;
    const first = leaves().length;
    state(SELF, { refusals: { [SELF]: { at: new Date().toISOString(), because } } });

    expect(await drain()).toEqual({ code: 3, stdout: `refused: ${because}\n` });

    await until(() => leaves().length > first, 10_000, "its own message has come");
    const before = leaves().length;
    expect(await drain("--force", "--timeout", "15")).toMatchObject({ code: 4, stdout: expect.stringContaining("use1-az1-l1") });
    // At once, and again after 3 s if the machine leaves it the time.
    const forced = leaves().slice(before);
    expect(forced).not.toEqual([]);
    for (const leave of forced) expect(leave).toMatchObject({ because: "drain", force: true });
  });

  test("ends with 4 when nobody takes the lanes in time", async () => {
    state(SELF);

    const { code, stdout } = await drain("--timeout", "1");

    expect({ code, stdout }).toEqual({ code: 4, stdout: expect.stringMatching(/^timeout: not within 1 s: /) });
  });

  test("a machine that shuts down says so, and needs no record of its leaving", async () => {
    state("i-0a");

    const { code } = await drain("--shutdown", "--timeout", "10");

    expect(code).toBe(0);
    expect(leaves().at(-1)).toMatchObject({ because: "shutdown" });
  });

  test.each([
    [["--timeout", "0"], "--timeout is 0; it must be whole seconds from 1 to 99999"],
    [["--timeout"], "--timeout is missing"],
    [["now"], "unknown argument now"],
  ])("%j is refused in words", (args, words) => {
    const { code, stderr } = world.run("nat", join(world.dir, "home/bin/nat-drain"), ...args);

    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test("a request that cannot be read is a line in the log, not a cause", () => {
    world.sh("nat", `echo '{"schema":1,"id":"x","because":"fun"}' >${runDir("leave.json")}`);
    const before = leaves().length;
    world.sh("nat", "sleep 1");
    world.sh("nat", `rm ${runDir("leave.json")}`);

    expect(leaves()).toHaveLength(before);
    expect(world.natCheck().code).toBe(0);
  });

  test("Spot's notice in the metadata is passed on without being asked, as long as the record shows a lane", async () => {
    state(SELF);
    world.writeMetadata("spot/instance-action", '{"action":"terminate","time":"2026-11-21T12:02:00Z"}');
    await until(() => leaves().at(-1)?.because === "spot-interruption", 10_000, "the Spot notice is passed on");
    state("i-0a", leaving());
    await until(() => answer().outcome === "handed-over", 10_000, "handed over");
    const before = leaves().length;

    await new Promise((resolve) => setTimeout(resolve, 3_500));

    expect(leaves()).toHaveLength(before);
    expect(answer()).toMatchObject({ request: null, because: "spot-interruption", lanes: [] });
  });

  function answer(): { readonly outcome: string } {
    return JSON.parse(world.sh("nat", `cat ${runDir("leaving.json")}`)) as { outcome: string };
  }
});

test("the unit that drains at shutdown stops before what it needs", () => {
  const unit = readFileSync(join(__dirname, "../../instance/systemd/ha-nat-drain.service"), "utf8");
  const install = readFileSync(join(__dirname, "../../instance/bin/nat-install"), "utf8");

  expect(unit).toMatch(/^After=.*network-online\.target ha-nat-up\.service ha-nat-agent\.service$/m);
  expect(unit).toMatch(/^ExecStop=\/opt\/ha-nat\/bin\/nat-drain --shutdown --timeout 15$/m);
  expect(unit).toMatch(/^TimeoutStopSec=20$/m);
  expect(install).toContain("ha-nat-{up,agent,drain}.service");
  expect(existsSync(join(__dirname, "../../instance/bin/nat-drain"))).toBe(true);
});
