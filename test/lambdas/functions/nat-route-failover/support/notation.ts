import { decide } from "../../../../../lambdas/functions/nat-route-failover/decide";
import type { Situation } from "../../../../../lambdas/functions/nat-route-failover/decide";
import { situation } from "./builders";

/** A short notation of what happens to lanes: `route az1-l1 → az1-b`. */
export function acts(difference: Partial<Situation>): readonly string[] {
  const short = (eniId: string) => eniId.replace("eni-", "");
  return decide(situation(difference)).plan.flatMap((action) => {
    if (action.kind === "point-route") return [`${action.create ? "create" : "route"} ${action.lane} → ${short(action.eniId)}`];
    if (action.kind === "point-route-to-gateway")
      return [`${action.create ? "create" : "route"} ${action.lane} → ${action.natGatewayId}`];
    if (action.kind === "bring-address") return [`${action.address} → ${short(action.eniId)}`];
    if (action.kind === "bring-public-address") return [`${action.publicIp} → ${action.address} of ${short(action.eniId)}`];
    return [];
  });
}
