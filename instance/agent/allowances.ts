import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Healthz } from "../../contract/healthz";

export type Allowances = NonNullable<Healthz["allowances"]>;

const run = promisify(execFile);
const TIMEOUT_MS = 5_000;
const ANYWHERE = "00000000";

/** `ethtool -S` of ENA's driver: `bw_in`, `bw_out`, `pps`, `conntrack`, `linklocal`. Null of any other driver: it has no such counter. */
export function parseAllowances(text: string): Allowances | null {
  const found = [...text.matchAll(/^\s*(\w+)_allowance_exceeded: (\d+)$/gm)];
  return found.length === 0 ? null : Object.fromEntries(found.map(([, name = "", count]) => [name, Number(count)]));
}

/** The device of the default route with the lowest metric in `/proc/net/route`; undefined while there is none. */
export function defaultRouteDevice(routes: string): string | undefined {
  const [head = "", ...lines] = routes.split("\n");
  const names = head.trim().split(/\s+/);
  const column = (line: string, name: string) => line.trim().split(/\s+/)[names.indexOf(name)];
  const [best] = lines
    .filter((line) => column(line, "Destination") === ANYWHERE && column(line, "Mask") === ANYWHERE)
    .toSorted((a, b) => Number(column(a, "Metric")) - Number(column(b, "Metric")));
  return best === undefined ? undefined : column(best, "Iface");
}

/** Null where they cannot be read: without ENA, without ethtool. They say how fast this NAT may be, not whether it is well. */
export async function readAllowances(): Promise<Allowances | null> {
  try {
    const device = process.env.HA_NAT_UPLINK || defaultRouteDevice(readFileSync("/proc/net/route", "utf8"));
    if (device === undefined) return null;
    return parseAllowances((await run("ethtool", ["-S", device], { timeout: TIMEOUT_MS })).stdout);
  } catch {
    return null;
  }
}
