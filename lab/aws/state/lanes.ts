import { TAGS } from "../../../contract/tags";
import type { RouteTableModel, StackModel } from "../../stack/model";
import type { AddressView, Network } from "./network";
import type { Instances } from "./instances";
import type { Journal } from "./journal";

export interface LaneStatus {
  readonly lane: string;
  /** Home zone, AZ ID. */
  readonly zone: string;
  readonly routeTableId: string;
  /** `none`: the table has no default route. */
  readonly route: "active" | "blackhole" | "none";
  /** `gateway-<az-id>` for a NAT Gateway, which is no instance. */
  readonly target:
    { readonly eniId: string; readonly instanceId: string | undefined; readonly name: string | undefined } | undefined;
  /** Milliseconds since the target changed last, as far as the lab saw it. */
  readonly forMs: number;
  /** Its own; while it is at a NAT Gateway, the gateway's. */
  readonly addresses: readonly {
    readonly publicIp: string;
    readonly privateIp: string | undefined;
    /** NAT that the private address is delivered to; of a NAT Gateway's none. */
    readonly name: string | undefined;
  }[];
}

const DEFAULT_ROUTE = "0.0.0.0/0";

interface Seen {
  readonly target: string | undefined;
  readonly sinceMs: number;
}

interface Parts {
  readonly model: StackModel;
  readonly network: Network;
  readonly instances: Instances;
  readonly journal: Journal;
  readonly now: () => number;
}

/** The lanes as the kernel has them, and since when. */
export class Lanes {
  private readonly seen = new Map<string, Seen>();
  private readonly tables: readonly RouteTableModel[];
  private moved = 0;

  constructor(private readonly parts: Parts) {
    this.tables = parts.model.routeTables.filter((table) => table.tags[TAGS.lane] !== undefined);
    parts.journal.listen((record) => {
      if (record.kind !== "route" || record.destination !== DEFAULT_ROUTE) return;
      if (this.tables.some((table) => table.routeTableId === record.routeTableId))
        this.note(record.routeTableId, record.target, record.ms);
    });
  }

  /** Default routes that went from one NAT to another since the start. */
  get moves(): number {
    return this.moved;
  }

  async read(): Promise<readonly LaneStatus[]> {
    const view = await this.parts.network.readAddresses();
    return Promise.all(this.tables.map((table) => this.readLane(table, view)));
  }

  private async readLane(table: RouteTableModel, view: AddressView): Promise<LaneStatus> {
    const { model, network, instances, now } = this.parts;
    const routes = await network.readRoutes(table.routeTableId);
    const route = routes.find((candidate) => candidate.destination === DEFAULT_ROUTE);
    const eniId = route !== undefined && "eniId" in route.target ? route.target.eniId : undefined;
    const gateway = model.natGateways.find((known) => known.eniId === eniId);
    const owner = eniId === undefined ? undefined : instances.findByEni(eniId);
    const name = gateway === undefined ? owner?.name : `gateway-${gateway.zone}`;
    // Changes behind the API count from when they are seen.
    this.note(table.routeTableId, eniId, now());
    const lane = table.tags[TAGS.lane] ?? "";
    return {
      lane,
      zone: model.subnets.find((subnet) => subnet.routeTableId === table.routeTableId)?.zone ?? "",
      routeTableId: table.routeTableId,
      route: route === undefined ? "none" : eniId !== undefined && name === undefined ? "blackhole" : route.state,
      target: eniId === undefined ? undefined : { eniId, instanceId: owner?.instanceId, name },
      forMs: Math.round(now() - (this.seen.get(table.routeTableId)?.sinceMs ?? now())),
      addresses: model.addresses
        .filter((address) =>
          gateway === undefined ? address.tags[TAGS.lane] === lane : address.allocationId === gateway.allocationId,
        )
        .map(({ publicIp }) => {
          const privateIp = view.publics.get(publicIp);
          return { publicIp, privateIp, name: instances.findByEni(view.holders.get(privateIp ?? "") ?? "")?.name };
        }),
    };
  }

  private note(routeTableId: string, target: string | undefined, ms: number): void {
    const before = this.seen.get(routeTableId);
    if (before !== undefined && before.target === target) return;
    if (before?.target !== undefined && target !== undefined) this.moved += 1;
    this.seen.set(routeTableId, { target, sinceMs: ms });
  }
}
