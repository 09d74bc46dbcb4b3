import type { Struck } from "./fault";
import type { AwsActs, FaultWorld } from "./world";

/**
 * Terminates the machine, if it still runs, as an operator does. Who is asked to go stays marked as one that goes, and is no refuge
 * for the next fault; and the control plane replaces one broken NAT of a zone in ten minutes, which a day of faults is too fast for.
 */
export async function stop(world: FaultWorld, { zone, instanceId }: Struck, aws: AwsActs): Promise<void> {
  if (world.natsOf(zone).some((nat) => world.instanceOf(nat) === instanceId)) await aws.terminate(instanceId);
}
