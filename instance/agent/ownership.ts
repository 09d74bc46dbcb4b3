import type { NatConfig } from "../../contract/nat-config";
import type { LaneRecord } from "../../contract/parameters";

/** Of a lane, what the `state` parameter says. */
export type LaneStanding = Pick<LaneRecord, "servedBy" | "movedAt">;

/**
 * Which of its lanes' addresses a NAT speaks for. EC2 delivers an address here from the moment of the move, but takes none away: who
 * carried a lane for another zone holds its guest address from then on, and who hung holds its own. What was held before the lane's last move,
 * and is served by another, is the other's; what came since is ours, however old the record is. Times are milliseconds since the epoch.
 */
export class Ownership {
  private readonly laneOf: ReadonlyMap<string, string>;
  private since: ReadonlyMap<string, number> | null = null;
  private lanes: Readonly<Record<string, LaneStanding>> | null = null;

  constructor(
    private readonly instanceId: string,
    lanes: NatConfig["lanes"],
  ) {
    this.laneOf = new Map(lanes.flatMap(({ lane, addresses }) => addresses.map((address) => [address, lane] as const)));
  }

  /** Every private address that EC2 delivers here now. */
  takeHeld(held: readonly string[], now: number): void {
    const before = this.since;
    const ours = held.filter((address) => this.laneOf.has(address));
    // When the first look was taken, all of it may have been here for long.
    this.since = new Map(ours.map((address) => [address, before === null ? 0 : (before.get(address) ?? now)]));
  }

  takeRecord(lanes: Readonly<Record<string, LaneStanding>>): void {
    this.lanes = lanes;
  }

  /** The record cannot be read: until it can, as it was, and what is held is ours. */
  missRecord(): void {
    this.lanes ??= {};
  }

  /** Null while it is not known. */
  get owned(): readonly string[] | null {
    const { since, lanes } = this;
    if (since === null || lanes === null) return null;
    return [...since].flatMap(([address, from]) => (this.isOurs(lanes[this.laneOf.get(address) ?? ""], from) ? [address] : []));
  }

  private isOurs(lane: LaneStanding | undefined, from: number): boolean {
    if (lane === undefined || lane.servedBy === null || lane.servedBy === this.instanceId) return true;
    return from > (lane.movedAt === null ? 0 : Date.parse(lane.movedAt));
  }
}
