import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { NFT_TABLE } from "../../contract/nat-config";
import { sumConntrackStat } from "./facts";
import { nft } from "./nft";
import type { PortWatchPorts } from "./ports";
import { keyOf, scarceSetOf } from "./scarce-ports";
import type { Arrivals, PortUse } from "./scarce-ports";

const run = promisify(execFile);
const TIMEOUT_MS = 20_000;
const LISTING_TIMEOUT_MS = 5_000;

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

interface ListedElement {
  readonly elem: {
    readonly val: { readonly concat: readonly ["tcp" | "udp", string, number] };
    readonly counter: { readonly packets: number };
  };
}
interface Listing {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly ListedElement[] } }[];
}

/** `nft -j list set` of one address's set: packets by pool. */
export function parseArrivals(address: string, listing: string): Arrivals {
  const { nftables } = JSON.parse(listing) as Listing;
  const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
  return new Map(
    elements.map(({ elem: { val, counter } }) => {
      const [protocol, destination, port] = val.concat;
      return [keyOf({ protocol, address, destination, port }), counter.packets];
    }),
  );
}

async function listArrivals(addresses: readonly string[]): Promise<Arrivals> {
  const each = addresses.map(async (address) => {
    const argv = ["-j", "list", "set", "ip", NFT_TABLE, scarceSetOf(address)];
    const { stdout } = await run("nft", argv, { timeout: LISTING_TIMEOUT_MS, maxBuffer: 2 ** 24 });
    return parseArrivals(address, stdout);
  });
  return new Map((await Promise.all(each)).flatMap((arrivals) => [...arrivals]));
}

export function kernelPorts(home: string): Omit<PortWatchPorts, "onFault" | "owned"> {
  return {
    insertFailed: () => sumConntrackStat(readFileSync("/proc/net/stat/nf_conntrack", "utf8")).insertFailed,
    tableCount: () => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8")),
    inUse: async (least) =>
      parsePortUses((await run(join(home, "bin/nat-ports"), [String(least)], { timeout: TIMEOUT_MS })).stdout),
    arrivals: listArrivals,
    nft,
    now: () => performance.now(),
  };
}
