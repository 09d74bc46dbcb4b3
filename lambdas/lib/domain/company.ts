import { isHealthy } from "./evidence";
import type { Evidence } from "./evidence";
import type { ObservedInstance } from "./fleet";

/**
 * A NAT judges what it holds by the peers that it hears, for a dead one has nothing to copy. Whether one is dead it cannot tell: here it is
 * known who of its zone works and carries lanes, and who of these is not held in full is missing, heard or not. What carries no lane has no flows.
 * @param evidence by instance ID
 */
export function inCompany(
  instances: readonly ObservedInstance[],
  evidence: ReadonlyMap<string, Evidence>,
): ReadonlyMap<string, Evidence> {
  const zoneOf = new Map(instances.map(({ instanceId, zone }) => [instanceId, zone]));
  const working = instances.filter((instance) => {
    const known = evidence.get(instance.instanceId);
    return known !== undefined && isHealthy(known) && carriesLanes(instance);
  });
  return new Map(
    [...evidence].map(([instanceId, known]) => {
      const neighbours = working.filter((one) => one.instanceId !== instanceId && one.zone === zoneOf.get(instanceId));
      const isMistaken = known.kind === "healthy" && neighbours.some((one) => known.holds?.includes(one.instanceId) === false);
      return [instanceId, isMistaken ? { ...known, synced: false } : known];
    }),
  );
}

/** The address of a lane comes with it, and is there while its route is lost. */
function carriesLanes({ eni }: ObservedInstance): boolean {
  return eni !== null && eni.addresses.some((address) => address !== eni.primary);
}
