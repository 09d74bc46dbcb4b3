/** The lab's stand-in for systemd, as far as the payload relies on it: what an orderly end of a machine does. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeInNamespaces, root } from "../support/in-namespaces";

const bin = join(root, "lab/world/node/bin");
let folder = "";

function unit(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.service`), text);
}

/** Runs a shell text as process 1 of a machine of its own; `say` appends to what is returned. */
function machine(text: string): readonly string[] {
  const log = join(folder, "log");
  writeFileSync(log, "");
  const script = `
    mount -t tmpfs tmpfs /run
    mkdir -p /run/lab-units
    trap 'echo off >>${log}; exit 0' TERM
    cd ${folder}
    ${text}
    while true; do wait -n || sleep 0.05; done`;
  const flags = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const env = { PATH: `${bin}:${process.env["PATH"] ?? ""}`, LOG: log };
  const { error } = spawnSync("unshare", [...flags, "bash", "-c", script], { env, timeout: 20_000 });
  if (error !== undefined) throw error;
  return readFileSync(log, "utf8").trim().split("\n");
}

describeInNamespaces("the end of a lab machine", () => {
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ha-nat-systemctl-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const says = (name: string, more = "") =>
    unit(
      name,
      `[Service]\nType=oneshot\nExecStart=/bin/bash -c 'echo ${name} up >>$LOG'\nExecStop=/bin/bash -c 'echo ${name} stops >>$LOG'\n${more}`,
    );

  test.each(["systemctl poweroff", "poweroff", "shutdown -h now"])(
    "%s stops the units in the reverse order of their start, then ends the machine",
    (command) => {
      says("first");
      says("second");

      expect(machine(`systemctl enable --now $PWD/first.service $PWD/second.service; ${command} &`)).toEqual([
        ...["first up", "second up", "second stops", "first stops", "off"],
      ]);
    },
  );

  test("what a unit runs lives until its own stop is over", () => {
    says("drain");
    unit("agent", "[Service]\nType=exec\nExecStart=/usr/bin/env sleep 60\n");
    unit(
      "drain",
      `[Service]\nType=oneshot\nExecStart=/usr/bin/env true\nExecStop=/bin/bash -c 'systemctl is-active agent >>$LOG; pgrep -c sleep >>$LOG'\n`,
    );

    expect(
      machine(
        "systemctl enable --now $PWD/agent.service $PWD/drain.service; until pgrep -x sleep; do :; done >/dev/null; poweroff &",
      ),
    ).toEqual(["active", "1", "off"]);
  });

  test("a stop that takes too long, or fails, does not keep the machine", () => {
    unit("slow", "[Service]\nType=oneshot\nExecStart=/usr/bin/env true\nExecStop=/usr/bin/env sleep 60\nTimeoutStopSec=1\n");
    unit("bad", "[Service]\nType=oneshot\nExecStart=/usr/bin/env true\nExecStop=/usr/bin/env false\n");
    says("good");

    expect(machine("systemctl enable --now $PWD/good.service $PWD/slow.service $PWD/bad.service; poweroff &")).toEqual([
      ...["good up", "good stops", "off"],
    ]);
  });

  test("a masked unit stops when that is wanted, and starts no more; one that nobody knows can be masked", () => {
    says("first");
    says("second");
    const lines = [
      "systemctl enable --now $PWD/first.service $PWD/second.service",
      "systemctl mask --now first.service unknown@ens5.timer && echo masked >>$LOG",
      "systemctl mask second && systemctl stop second",
      "systemctl start first || systemctl start second || echo refused >>$LOG",
      "systemctl poweroff &",
    ];

    expect(machine(lines.join("\n"))).toEqual([
      "first up",
      "second up",
      "first stops",
      "masked",
      "second stops",
      "refused",
      "off",
    ]);
  });

  test("a unit that never came up is not stopped; one that cannot ends the machine when it says so", () => {
    says("never");
    unit("up", "[Unit]\nFailureAction=poweroff\n[Service]\nType=oneshot\nExecStart=/usr/bin/env false\n");

    expect(machine("systemctl enable --now $PWD/up.service $PWD/never.service &")).toEqual(["off"]);
  });
});
