import type { Healthz } from "../../contract/healthz";
import type { FaultWorld } from "./world";

/** It may still boot: then it is not there, or does not answer. */
export async function healthOf(world: FaultWorld, node: string): Promise<Healthz | undefined> {
  const ask = ["curl", "--silent", "--max-time", "2", "http://127.0.0.1:880/healthz"];
  const text = await world.exec(node, ask).catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Healthz);
}
