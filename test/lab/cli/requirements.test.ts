import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import type { Machine } from "../../../lab/cli/requirements";
import { checkMachine } from "../../../lab/cli/requirements";

const healthy: Machine = { hasProgram: () => true, namespaceError: () => undefined, sysctl: () => undefined };

describe("what the lab asks of a machine", () => {
  test("a machine with everything passes", () => {
    expect(() => checkMachine(healthy)).not.toThrow();
  });

  test("every missing program is named at once, with the packages to install", () => {
    const machine = { ...healthy, hasProgram: (name: string) => !["nft", "unshare", "nsenter"].includes(name) };

    expect(() => checkMachine(machine)).toThrow(
      "this machine has no nft, unshare, nsenter; install: apt-get install -y nftables util-linux",
    );
  });

  test("scripts/demo installs all of it", () => {
    let asked = "";
    try {
      checkMachine({ ...healthy, hasProgram: () => false });
    } catch (error) {
      asked = String(error).split("apt-get install -y ")[1] ?? "";
    }
    const list = `source "${resolve(__dirname, "../../../scripts/lib/prerequisites.sh")}"; printf '%s' "$LAB_PACKAGES"`;
    const installed = execFileSync("bash", ["-c", list], { encoding: "utf8" })
      .split(" ")
      .map((pair) => pair.split(":")[1]);

    // Every Debian has mount(8).
    expect([...installed, "mount"]).toEqual(expect.arrayContaining(asked.split(" ")));
  });

  test("AppArmor's switch is named with its one-line fix", () => {
    const machine = {
      ...healthy,
      namespaceError: () => "Operation not permitted",
      sysctl: (name: string) => (name === "kernel.apparmor_restrict_unprivileged_userns" ? "1" : undefined),
    };

    expect(() => checkMachine(machine)).toThrow("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  });

  test("any other refusal of the kernel is told as it is", () => {
    expect(() => checkMachine({ ...healthy, namespaceError: () => "No space left on device" })).toThrow(
      "No space left on device",
    );
  });
});
