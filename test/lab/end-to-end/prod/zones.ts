import { serverOf, statusOf } from "../lab";

/** The one lane of a zone of `prod`. */
export const laneOf = (zone: string): string => `${zone}-l1`;

/** The NAT that serves it, as node name. */
export async function serverIn(zone: string): Promise<string> {
  return serverOf(await statusOf("prod"), laneOf(zone));
}

/** What operators call a NAT: `nat-use1-az1-a` → `use1-az1-a` */
export const nameOf = (node: string): string => node.replace(/^nat-/, "");
