import { isIPv4 } from "node:net";
import type { Endpoints } from "./endpoints";
import { httpGet } from "./http-get";

/**
 * Source address that the internet sees on this lane; null when it could not be learned in time. A fact for the operator, not
 * evidence: a lane is judged by its targets.
 */
export async function askPublicAddress(endpoints: Endpoints, deadlineMs: number): Promise<string | null> {
  try {
    const answer = await httpGet(endpoints.trace, deadlineMs);
    return answer.status === 200 ? addressInTrace(answer.body) : null;
  } catch {
    return null;
  }
}

/** The value of the line `ip=`, when it is an IPv4 address. */
export function addressInTrace(body: string): string | null {
  const address = /^ip=(.+)$/m.exec(body)?.[1]?.trim();
  return address !== undefined && isIPv4(address) ? address : null;
}
