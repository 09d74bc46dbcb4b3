import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findProgram } from "../world/host";
import { CommandError } from "./output";

/** Programs that the lab and the payload call, and the Debian package of each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  nft: "nftables",
  conntrack: "conntrack",
  ip: "iproute2",
  unshare: "util-linux",
  nsenter: "util-linux",
  mount: "mount",
  ping: "iputils-ping",
  jq: "jq",
  aws: "awscli",
  openssl: "openssl",
  python3: "python3",
};

const APPARMOR_SWITCH = "kernel.apparmor_restrict_unprivileged_userns";

export interface Machine {
  readonly hasProgram: (name: string) => boolean;
  /** stderr of an attempt to make the namespaces that the lab needs; undefined when it worked. */
  readonly namespaceError: () => string | undefined;
  /** Value of a sysctl; undefined where the kernel has none. */
  readonly sysctl: (name: string) => string | undefined;
}

export const thisMachine: Machine = {
  hasProgram: (name) => findProgram(name, process.env["PATH"] ?? "") !== undefined,
  namespaceError: () => {
    const made = spawnSync("unshare", [
      "--user",
      "--map-root-user",
      "--net",
      "--mount",
      "--pid",
      "--fork",
      "--mount-proc",
      "true",
    ]);
    return made.status === 0 ? undefined : (made.error?.message ?? made.stderr.toString().trim());
  },
  sysctl: (name) => {
    try {
      return readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim();
    } catch {
      return undefined;
    }
  },
};

/** Throws with everything that is missing at once, and how to get it. */
export function checkMachine(machine: Machine): void {
  const missing = Object.keys(PROGRAMS).filter((name) => !machine.hasProgram(name));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((name) => PROGRAMS[name] ?? name))];
    throw new CommandError(`this machine has no ${missing.join(", ")}; install: apt-get install -y ${packages.join(" ")}`);
  }
  const error = machine.namespaceError();
  if (error === undefined) return;
  if (machine.sysctl(APPARMOR_SWITCH) === "1") {
    throw new CommandError(`AppArmor forbids user namespaces (${error}); allow them: sudo sysctl -w ${APPARMOR_SWITCH}=0`);
  }
  if (machine.sysctl("kernel.unprivileged_userns_clone") === "0") {
    throw new CommandError(
      `the kernel forbids user namespaces (${error}); allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1`,
    );
  }
  throw new CommandError(
    `this machine cannot make user, network, mount and PID namespaces: ${error}; run as root, or outside a sandbox`,
  );
}
