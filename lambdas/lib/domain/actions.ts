import type { FleetRecord } from "../../../contract/parameters";

interface Act {
  /** The reason, as it is logged. */
  readonly because: string;
}

/** The lane's default route. `create`: there is none yet. */
export interface PointRoute extends Act {
  readonly kind: "point-route";
  readonly lane: string;
  readonly routeTableId: string;
  readonly eniId: string;
  readonly instanceId: string;
  readonly create: boolean;
}

/** The lane's default route, to the NAT Gateway of its zone. Its addresses stay where they are, without use. */
export interface PointRouteToGateway extends Act {
  readonly kind: "point-route-to-gateway";
  readonly lane: string;
  readonly routeTableId: string;
  readonly natGatewayId: string;
  readonly create: boolean;
}

/** A private address (floating or guest) goes to an interface of its subnet; an EIP that it carries goes with it. */
export interface BringAddress extends Act {
  readonly kind: "bring-address";
  readonly lane: string;
  readonly address: string;
  readonly eniId: string;
}

/** An EIP goes to a private address that the interface has, or is about to have by the lane's bring-address. */
export interface BringPublicAddress extends Act {
  readonly kind: "bring-public-address";
  readonly lane: string;
  readonly allocationId: string;
  readonly publicIp: string;
  readonly address: string;
  readonly eniId: string;
}

/** Auto Scaling replaces the instance. */
export interface MarkUnhealthy extends Act {
  readonly kind: "mark-unhealthy";
  readonly zone: string;
  readonly instanceId: string;
}

/** What the next look must remember; written after the acts are verified. */
export interface RecordFleet extends Act {
  readonly kind: "record";
  readonly record: FleetRecord;
}

/** Nothing is done for the lane. `held`: it would need a move, and there is nowhere to go. `frozen`: an operator's hold forbids it. */
export interface NoAction extends Act {
  readonly kind: "none";
  readonly lane: string;
  readonly held: boolean;
  readonly frozen?: true;
}

export type LaneAction = PointRoute | PointRouteToGateway | BringAddress | BringPublicAddress;
export type Action = LaneAction | MarkUnhealthy | RecordFleet | NoAction;

export function isLaneAction(action: Action): action is LaneAction {
  return action.kind !== "mark-unhealthy" && action.kind !== "record" && action.kind !== "none";
}
