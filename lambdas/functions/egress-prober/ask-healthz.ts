import type { HealthzResult } from "../../../contract/prober";
import { healthzSchema, parseDocument } from "../../lib/aws/schemas";
import type { Endpoints } from "./endpoints";
import { describeError, errorCode } from "./faults";
import { httpGet } from "./http-get";

export interface NatAddress {
  readonly instanceId: string;
  readonly address: string;
}

/** Asks one NAT for its health, directly by its address (inside the VPC, so not through any NAT). Never throws: silence is an answer. */
export async function askHealthz(nat: NatAddress, endpoints: Endpoints, deadlineMs: number): Promise<HealthzResult> {
  const { instanceId, address } = nat;
  let body: string;
  try {
    body = (await httpGet({ host: address, port: endpoints.healthPort, path: "/healthz" }, deadlineMs)).body;
  } catch (error) {
    return { instanceId, outcome: outcomeOf(errorCode(error)), error: describeError(error) };
  }
  try {
    const healthz = parseDocument(`the answer of http://${address}:${endpoints.healthPort}/healthz`, body, healthzSchema);
    if (healthz.instanceId !== instanceId) {
      // An address can be given to a new instance while the old one is still in the caller's list.
      return { instanceId, outcome: "malformed", error: `${address} answered as ${healthz.instanceId}, not as ${instanceId}` };
    }
    return { instanceId, outcome: "answered", healthz };
  } catch (error) {
    return { instanceId, outcome: "malformed", error: describeError(error) };
  }
}

/** Words of the machine's own kernel: nobody listens, whoever did is gone, or it has taken the connection and its agent is busy. */
const OF_THE_KERNEL = new Set(["ECONNREFUSED", "ECONNRESET", "ENODATA"]);

/** A router's word (EHOSTUNREACH) is silence, like no word at all. */
function outcomeOf(code: string): "timeout" | "refused" | "malformed" {
  if (code === "EMSGSIZE" || code.startsWith("HPE_")) return "malformed";
  return OF_THE_KERNEL.has(code) ? "refused" : "timeout";
}
