import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until, whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: repairs were not tested in namespaces: ${reason}`);

/** Of systemd only what nat-repair asks of it: it writes down what, and starts the agent's own program. */
const SYSTEMCTL = `#!/usr/bin/env bash
echo "$*" >>"$WORLD_DIR/systemctl"
if [[ $1 == restart ]]; then node "$HA_NAT_HOME/agent/nat-agent.mjs" >/dev/null 2>&1 </dev/null & fi
`;

here("nat-repair", () => {
  let world: World;

  const repair = (...args: readonly string[]) => {
    const path = `${join(world.dir, "stand-in")}:${process.env["PATH"]}`;
    return world.run("nat", "env", `PATH=${path}`, join(world.dir, "home/bin/nat-repair"), ...args);
  };
  const asked = (): string => world.sh("nat", "cat $WORLD_DIR/systemctl 2>/dev/null || true");

  beforeAll(async () => {
    world = await World.open();
    mkdirSync(join(world.dir, "stand-in"));
    writeFileSync(join(world.dir, "stand-in/systemctl"), SYSTEMCTL);
    chmodSync(join(world.dir, "stand-in/systemctl"), 0o755);
    world.natUp();
    await world.startAgent();
    await until(() => world.natCheck().code === 0, 15_000, "nat-check passes");
  }, 60_000);
  afterAll(() => world?.close());

  test("leaves a NAT that is right as it is, and its agent alone", () => {
    const { code, stderr } = repair();

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("ruleset is as it was loaded");
    expect(asked()).toBe("");
  });

  test("loads an edited ruleset again, and leaves a living agent alone", async () => {
    world.sh("nat", "nft insert rule ip ha_nat forward accept");

    expect(repair().code).toBe(0);
    expect(asked()).toBe("");
    await until(() => world.natCheck().code === 0, 10_000, "nat-check passes again");
  });

  test("restarts an agent that does not answer, however often it was started before", async () => {
    world.sh("nat", "pkill -KILL -f nat-agent.mjs");
    expect(Object.keys(world.natCheck().failing)).toContain("agent");

    const { code, stderr } = repair();

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(asked().split("\n")).toEqual(["reset-failed ha-nat-agent.service", "restart ha-nat-agent.service"]);
    await until(() => world.natCheck().code === 0, 15_000, "nat-check passes again");
  });

  test("says so when the agent does not come back", () => {
    world.sh("nat", "pkill -KILL -f nat-agent.mjs");
    writeFileSync(join(world.dir, "stand-in/systemctl"), "#!/usr/bin/env bash\nexit 0\n");

    const { code, stderr } = repair();

    expect(code).toBe(1);
    expect(stderr).toContain("does not answer 10 s after its restart");
  });

  test("takes no argument: what Systems Manager may run is fixed", () => {
    expect(repair("--force")).toMatchObject({ code: 1, stderr: expect.stringContaining("it takes no argument, got --force") });
    const document = JSON.parse(
      readFileSync(join(__dirname, "../../modules/control-plane/nat-repair-document.json"), "utf8"),
    ) as object;
    expect(document).not.toHaveProperty("parameters");
    expect(document).toMatchObject({ mainSteps: [{ inputs: { runCommand: ["/opt/ha-nat/bin/nat-repair"] } }] });
  });
});
