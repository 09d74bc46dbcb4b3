import { TAGS } from "../../contract/tags";
import type { StackModel } from "../stack/model";
import type { KernelRoute } from "../world/fabric";

export interface Lane {
  readonly lane: string;
  readonly routeTableId: string;
  /** Elastic IPs that the lane may show to the internet. */
  readonly publicAddresses: readonly string[];
}

/** Lanes of the stack, in order of their names: what carries the lane's tag. */
export function lanesOf(model: StackModel): readonly Lane[] {
  return model.routeTables
    .flatMap(({ routeTableId, tags }) => {
      const lane = tags[TAGS.lane];
      if (lane === undefined) return [];
      const addresses = model.addresses.filter((address) => address.tags[TAGS.lane] === lane);
      return [{ lane, routeTableId, publicAddresses: addresses.map(({ publicIp }) => publicIp) }];
    })
    .sort((a, b) => a.lane.localeCompare(b.lane));
}

/** ENI that a lane's default route leads to; undefined without one, or when it leads nowhere any more. */
export function servingEni(routes: readonly KernelRoute[]): string | undefined {
  const route = routes.find(({ destination, state }) => destination === "0.0.0.0/0" && state === "active");
  return route !== undefined && "eniId" in route.target ? route.target.eniId : undefined;
}
