import { NFT_TABLE } from "../../contract/nat-config";
import { nft } from "./nft";

/** The nft commands that make the set `peers` hold exactly these addresses, in one transaction. */
export function peersSetCommands(addresses: readonly string[]): string {
  const set = `ip ${NFT_TABLE} peers`;
  const add = addresses.length === 0 ? "" : `add element ${set} { ${addresses.join(", ")} }\n`;
  return `flush set ${set}\n${add}`;
}

/** The agent is the only writer of the set. Rejects with nft's own words. */
export function writePeersSet(addresses: readonly string[]): Promise<void> {
  return nft(peersSetCommands(addresses));
}
