import { isHealthy } from "./evidence";
import type { Evidence } from "./evidence";
import type { ObservedInstance } from "./fleet";

/**
 * Who says that it is alone lacks nothing, unless a neighbour of its zone works: that one it has not heard yet, and its flows are not there.
 * @param evidence by instance ID
 */
export function inCompany(
  instances: readonly ObservedInstance[],
  evidence: ReadonlyMap<string, Evidence>,
): ReadonlyMap<string, Evidence> {
  const zoneOf = new Map(instances.map(({ instanceId, zone }) => [instanceId, zone]));
  const working = instances.filter(({ instanceId }) => {
    const known = evidence.get(instanceId);
    return known !== undefined && isHealthy(known);
  });
  return new Map(
    [...evidence].map(([instanceId, known]) => {
      const neighbours = working.filter((one) => one.instanceId !== instanceId && one.zone === zoneOf.get(instanceId));
      const isMistaken = known.kind === "healthy" && known.alone === true && neighbours.length > 0;
      return [instanceId, isMistaken ? { ...known, synced: false } : known];
    }),
  );
}
