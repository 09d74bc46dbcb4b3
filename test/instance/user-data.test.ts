import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natConfig } from "./support/world";

const instance = join(__dirname, "../../instance");

/** Runs user data with stand-ins for aws, systemctl and dnf first on PATH; answers what it asked of them. */
function firstBoot(change: { readonly sha256?: string; readonly aws?: string; readonly systemctl?: string } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "ha-nat-boot-"));
  try {
    const tarball = join(dir, "payload.tar.gz");
    execFileSync("tar", ["-czf", tarball, "-C", instance, "bin", "lib", "nftables", "sysctl.d", "systemd"]);
    const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex");
    mkdirSync(join(dir, "shims"));
    const shims = {
      aws: change.aws ?? `cp ${tarball} "\${@: -1}"`,
      systemctl: change.systemctl ?? "true",
      dnf: "true",
      conntrack: "true",
    };
    for (const [name, line] of Object.entries(shims))
      writeFileSync(join(dir, "shims", name), `#!/bin/bash\necho "${name} $*" >>${dir}/asked\n${line}\n`, { mode: 0o755 });
    const values = {
      NAT_CONFIG: JSON.stringify(natConfig),
      ARTIFACT_URI: "s3://bucket/key",
      ARTIFACT_SHA256: change.sha256 ?? digest,
      REGION: "us-east-1",
    };
    const script = Object.entries(values).reduce(
      (text, [name, value]) => text.replaceAll(`@${name}@`, value),
      readFileSync(join(instance, "user-data.sh"), "utf8"),
    );
    const home = join(dir, "home");
    const env = { PATH: `${dir}/shims:${process.env.PATH}`, HA_NAT_HOME: home, HA_NAT_RUN_DIR: join(dir, "run") };
    const { status, stderr } = spawnSync("bash", ["-c", script], { env, encoding: "utf8" });
    const asked = readFileSync(join(dir, "asked"), "utf8").trim().replaceAll(home, "HOME").split("\n");
    const config = existsSync(join(home, "etc/nat.json"))
      ? (JSON.parse(readFileSync(join(home, "etc/nat.json"), "utf8")) as unknown)
      : null;
    return { status, stderr, asked, config, unpacked: existsSync(join(home, "bin/nat-up")) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

describe("user data", () => {
  test("writes the configuration, fetches and unpacks the payload, and hands over to systemd", () => {
    const { status, asked, config, unpacked } = firstBoot();

    expect(status).toBe(0);
    expect(config).toEqual(natConfig);
    expect(unpacked).toBe(true);
    expect(asked).toEqual([
      "aws s3 cp --region us-east-1 --only-show-errors s3://bucket/key HOME/payload.tar.gz",
      "systemctl enable --now HOME/systemd/ha-nat-up.service HOME/systemd/ha-nat-agent.service HOME/systemd/ha-nat-drain.service",
    ]);
  });

  test("a payload that is not the one named is not unpacked, and the machine leaves service", () => {
    const { status, asked, unpacked } = firstBoot({ sha256: "0".repeat(64) });

    expect(status).not.toBe(0);
    expect(unpacked).toBe(false);
    expect(asked.at(-1)).toBe("systemctl poweroff");
  });

  test.each([
    ["the payload cannot be fetched", { aws: "exit 1" }],
    ["nat-up fails", { systemctl: "[[ $1 != enable ]]" }],
  ])("the machine leaves service when %s", (_, change) => {
    const { status, asked, stderr } = firstBoot(change);

    expect(status).not.toBe(0);
    expect(asked.at(-1)).toBe("systemctl poweroff");
    expect(stderr).toContain("ha-nat: user data failed; leaving service");
  });
});
