import { readFileSync } from "node:fs";
import { findProgram } from "../world/host";
import type { Needs } from "./model";

interface Named {
  readonly name: string;
  readonly needs?: Needs;
}

/** Why something cannot be done here; undefined when it can. */
export function missing({ program, package: debian }: Needs): string | undefined {
  if (findProgram(program, process.env["PATH"] ?? "") !== undefined) return undefined;
  return `this machine has no ${program}; install: apt-get install -y ${debian}`;
}

/** Those that were asked for (none: all) and can be done, and the others with the reason. */
export function available<T extends Named>(
  all: readonly T[],
  names: readonly string[],
): { readonly found: readonly T[]; readonly skipped: readonly string[] } {
  const wanted = all.filter(({ name }) => names.length === 0 || names.includes(name));
  const reason = ({ needs }: T): string | undefined => (needs === undefined ? undefined : missing(needs));
  return {
    found: wanted.filter((one) => reason(one) === undefined),
    skipped: wanted.flatMap((one) => {
      const why = reason(one);
      return why === undefined ? [] : [`${one.name}: ${why}`];
    }),
  };
}

/** Root outside of every user namespace. */
export function isMachineRoot(): boolean {
  const everybody = /^\s*0\s+0\s+4294967295\s*$/;
  return process.getuid?.() === 0 && everybody.test(readFileSync("/proc/self/uid_map", "utf8"));
}
