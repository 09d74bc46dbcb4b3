import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sumConntrackStat } from "./facts";
import { nft } from "./nft";
import type { PortUse, PortWatchPorts } from "./ports";

const run = promisify(execFile);
const TIMEOUT_MS = 20_000;

/** Lines of bin/nat-ports. Throws on anything else: what cannot be read is not "nothing in use". */
export function parsePortUses(text: string): readonly PortUse[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [, protocol, address = "", destination = "", port, count] =
      /^(tcp|udp) (\d+\.\d+\.\d+\.\d+) (\d+\.\d+\.\d+\.\d+) (\d+) (\d+)$/.exec(line) ?? [];
    if (protocol !== "tcp" && protocol !== "udp") throw new Error(`nat-ports said ${JSON.stringify(line.slice(0, 100))}`);
    return { protocol, address, destination, port: Number(port), count: Number(count) };
  });
}

export function kernelPorts(home: string): Omit<PortWatchPorts, "onFault"> {
  return {
    insertFailed: () => sumConntrackStat(readFileSync("/proc/net/stat/nf_conntrack", "utf8")).insertFailed,
    tableCount: () => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8")),
    inUse: async (least) =>
      parsePortUses((await run(join(home, "bin/nat-ports"), [String(least)], { timeout: TIMEOUT_MS })).stdout),
    nft,
    now: () => performance.now(),
  };
}
