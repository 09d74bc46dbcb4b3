/** What nat-up does about the service of Amazon Linux that puts assigned addresses on the interface. Its real units were not at hand. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whyNot, World } from "./support/world";

const reason = whyNot();
jest.setTimeout(60_000);
const here = reason === null ? describe : describe.skip;
if (reason !== null) console.warn(`SKIPPED: amazon-ec2-net-utils was not masked in namespaces: ${reason}`);

here("nat-up, beside amazon-ec2-net-utils", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open();
    mkdirSync(join(world.dir, "stand-in"));
  }, 60_000);
  afterAll(() => world?.close());

  /** With a systemctl that writes down what it is asked for, and how many blackhole routes there were then, and does `line`. */
  function natUp(line: string): { readonly code: number | null; readonly stderr: string; readonly asked: string } {
    const script = `#!/usr/bin/env bash
      echo "$* at $(ip route show table local type blackhole | wc -l)" >>"$WORLD_DIR/asked"
      ${line}`;
    writeFileSync(join(world.dir, "stand-in/systemctl"), script, { mode: 0o755 });
    world.sh("nat", ": >$WORLD_DIR/asked; ip route flush table local type blackhole");
    const path = `PATH=${join(world.dir, "stand-in")}:${process.env["PATH"]}`;
    const { code, stderr } = world.run("nat", "env", path, join(world.dir, "home/bin/nat-up"));
    return { code, stderr, asked: world.sh("nat", "cat $WORLD_DIR/asked") };
  }

  test("asks nothing of systemd where it does not run", () => {
    expect(natUp("true")).toMatchObject({ code: 0, asked: "" });
  });

  test("masks what puts addresses on the uplink before it makes its routes, and stops what runs again and again", () => {
    world.sh("nat", "mkdir -p /run/systemd/system");

    const { code, asked } = natUp("true");

    expect(code).toBe(0);
    expect(asked.split("\n")).toEqual([
      "mask policy-routes@eth0.service at 0",
      "mask --now refresh-policy-routes@eth0.timer refresh-policy-routes@eth0.service at 0",
    ]);
    expect(world.sh("nat", "ip route show table local type blackhole | wc -l")).toBe("3");
  });

  test("says so where they cannot be masked, and is a NAT all the same", () => {
    const { code, stderr } = natUp("exit 1");

    expect(code).toBe(0);
    expect(stderr).toContain("amazon-ec2-net-utils cannot be masked");
    expect(world.ask("client-a", "tcp", "198.51.100.10", 7)).not.toBeNull();
  });
});
