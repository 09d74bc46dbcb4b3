import { serverOf, statusOf } from "../lab";

/** The one lane of a zone of `prod`. */
export const laneOf = (zone: string): string => `${zone}-l1`;

/** The NAT that serves it, as node name. */
export async function serverIn(zone: string): Promise<string> {
  return serverOf(await statusOf("prod"), laneOf(zone));
}
