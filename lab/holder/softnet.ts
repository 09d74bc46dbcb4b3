import { readFileSync } from "node:fs";

/** Packets that the kernel dropped because a core's queue was full: the whole machine's, whoever sent them. */
export function softnetDrops(text = readFileSync("/proc/net/softnet_stat", "utf8")): number {
  const perCore = text
    .trim()
    .split("\n")
    .map((line) => Number.parseInt(line.split(/\s+/)[1] ?? "", 16));
  if (perCore.some(Number.isNaN)) throw new Error(`/proc/net/softnet_stat is not as known: ${text.slice(0, 80)}`);
  return perCore.reduce((sum, drops) => sum + drops, 0);
}
