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
