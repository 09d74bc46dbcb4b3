import type { FailoverMessage } from "../../../../contract/messages";
import type { Services } from "../../../../lambdas/functions/eip-recover/handler";
import { handle as failover } from "../../../../lambdas/functions/nat-route-failover/handler";
import { driftReporter } from "../../../../lambdas/lib/runtime/drift-report";
import { tickAt } from "../../support/events";
import { lane, NOW, worldWith } from "../nat-route-failover/support/builders";
import type { Cloud } from "../nat-route-failover/support/cloud";
import { batch, delivered } from "../nat-route-failover/support/messages";

export const tick = tickAt(NOW);
export const stolen = () => {
  const served = lane("az1-l1", "az1-a");
  const addresses = served.addresses.map((address) => ({ ...address, association: { eniId: "eni-x", address: "10.9.9.9" } }));
  return worldWith({}, [{ ...served, addresses }]);
};

/** The real nat-route-failover behind the door, on the same cloud. */
export function recovering(cloud: Cloud, difference: Partial<Services> = {}) {
  const sent: FailoverMessage[] = [];
  const { fleet, routes, addresses, log, metrics, clock, waiter } = cloud.services();
  const services: Services = {
    ...{ env: "test", log, clock, waiter },
    fleet: { instances: () => fleet.instances() },
    routes: { defaultRoutes: (ids) => routes.defaultRoutes(ids) },
    addresses: { associations: (ids) => addresses.associations(ids) },
    drift: driftReporter("test", "eip-recover", log, metrics),
    readTopology: async () => cloud.topology,
    readRecord: async () => cloud.record,
    recentTopology: async () => cloud.topology,
    sleep: async () => undefined,
    send: async (message) => {
      sent.push(message);
      await failover(batch(delivered(message, { sentAt: cloud.now.getTime() })), cloud.services());
    },
    ...difference,
  };
  /** Ours, not those of nat-route-failover, which tells of what it mends too. */
  const lines = (message: string) =>
    cloud.lines.filter((line) => line.message === message && (message !== "drift" || "movedBy" in line.keys));
  return { services, sent, lines };
}
