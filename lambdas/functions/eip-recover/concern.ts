import type { Topology } from "../../../contract/parameters";

/** What a call may name that tells whose it is: an Elastic IP by allocation, an address or a prefix. */
const TELLING = /^(eipalloc-\w+|\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?)$/;

/**
 * Whether a call can have moved an address of a lane. Who takes one of ours names it, for EC2 itself gives out none that is reserved; so a
 * call that names others only is none of our business: a cluster's nodes make them all day. One that names nothing we know the meaning
 * of (an association) may be.
 * @param named every text of the call's parameters and of its answer.
 */
export function concerns(named: readonly string[], { lanes }: Topology): boolean {
  const ours = new Set(
    lanes.flatMap((lane) => [
      ...lane.addresses.flatMap(({ allocationId, publicIp, floating }) => [allocationId, publicIp, floating]),
      ...Object.values(lane.guests),
    ]),
  );
  return named.some((text) => ours.has(text)) || !named.some((text) => TELLING.test(text));
}

/** Every text in a document, however deep. */
export function textsIn(document: unknown): readonly string[] {
  if (typeof document === "string") return [document];
  return typeof document === "object" && document !== null ? Object.values(document).flatMap(textsIn) : [];
}
