import { spawn } from "node:child_process";
import { NFT_TABLE } from "../../contract/nat-config";

/** The nft commands that make the set `peers` hold exactly these addresses, in one transaction. */
export function peersSetCommands(addresses: readonly string[]): string {
  const set = `ip ${NFT_TABLE} peers`;
  const add = addresses.length === 0 ? "" : `add element ${set} { ${addresses.join(", ")} }\n`;
  return `flush set ${set}\n${add}`;
}

/** The agent is the only writer of the set. Rejects with nft's own words. */
export function writePeersSet(addresses: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const nft = spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"], timeout: 5_000 });
    let complaint = "";
    nft.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString("utf8")));
    nft.on("error", reject);
    nft.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`nft: ${complaint.trim().slice(0, 300)}`))));
    nft.stdin.on("error", () => undefined);
    nft.stdin.end(peersSetCommands(addresses));
  });
}
