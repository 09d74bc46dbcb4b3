import type { KernelRoute, RouteTarget } from "./fabric";
import { GATEWAY_DEVICE } from "./ruleset";

/** One line of `ip -json route show`, as far as the lab reads it. */
export interface IpRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly metric?: number;
  /** Number; absent for the main table. */
  readonly table?: string;
}

/** Metric of the route in use. */
export const ACTIVE_METRIC = 10;

/**
 * The kernel drops a route with its device, EC2 shows it as `blackhole`. So each route to an ENI has a blackhole beneath it whose
 * metric says which ENI was meant: this number and the ENI's index.
 */
export const MARK_METRIC = 0x10000;

export interface Devices {
  /** ENI of a router device; undefined for one that is no ENI's. */
  eniOf(device: string): string | undefined;
  eniByIndex(index: number): string | undefined;
  /** The ENI's device is in the kernel now. */
  isPresent(eniId: string): boolean;
  readonly internetGatewayId: string;
}

/** Reads one route table as EC2 would describe it. A route that was taken away while its ENI lives is gone, not a blackhole. */
export function toKernelRoutes(routes: readonly IpRoute[], devices: Devices): readonly KernelRoute[] {
  const active = routes.flatMap((route) => {
    const target = activeTarget(route, devices);
    return target === undefined ? [] : [{ destination: destinationOf(route), target, state: "active" as const }];
  });
  const taken = new Set(active.map(({ destination }) => destination));
  const dead = routes.flatMap((route) => {
    const eniId = markedEni(route, devices);
    if (eniId === undefined || devices.isPresent(eniId) || taken.has(destinationOf(route))) return [];
    return [{ destination: destinationOf(route), target: { eniId }, state: "blackhole" as const }];
  });
  return [...active, ...dead];
}

export function destinationOf(route: IpRoute): string {
  if (route.dst === "default") return "0.0.0.0/0";
  return route.dst.includes("/") ? route.dst : `${route.dst}/32`;
}

function activeTarget(route: IpRoute, devices: Devices): RouteTarget | undefined {
  if ((route.type !== undefined && route.type !== "unicast") || route.dev === undefined) return undefined;
  if (route.dev === GATEWAY_DEVICE) return { gatewayId: devices.internetGatewayId };
  const eniId = devices.eniOf(route.dev);
  return eniId === undefined ? undefined : { eniId };
}

function markedEni(route: IpRoute, devices: Devices): string | undefined {
  if (route.type !== "blackhole" || route.metric === undefined || route.metric < MARK_METRIC) return undefined;
  return devices.eniByIndex(route.metric - MARK_METRIC);
}
