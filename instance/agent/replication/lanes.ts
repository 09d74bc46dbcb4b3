import type { NatConfig } from "../../../contract/nat-config";
import { toNumber } from "./flow";

/** Where copies of the flows of one of our SNAT addresses go. */
export interface Destination {
  readonly zone: string;
  /** The address under which that zone serves the lane: a copy is rewritten to it. */
  readonly nat: number;
}

/** Which zones copies of a flow go to, by the flow's SNAT address here. */
export class Lanes {
  private readonly destinations = new Map<number, readonly Destination[]>();

  constructor({ zone, lanes, replication }: Pick<NatConfig, "zone" | "lanes" | "replication">) {
    for (const { homeZone, addresses, addressesByZone } of lanes) {
      addresses.forEach((address, index) => {
        const there = Object.entries(addressesByZone).flatMap(([other, theirs]) => {
          const counterpart = theirs[index];
          const isWanted = other === zone || other === homeZone || replication.scope === "fleet";
          return counterpart === undefined || !isWanted ? [] : [{ zone: other, nat: toNumber(counterpart) }];
        });
        this.destinations.set(toNumber(address), there);
      });
    }
  }

  /** Nothing for an address that is none of our lanes'. */
  destinationsOf(nat: number): readonly Destination[] | undefined {
    return this.destinations.get(nat);
  }

  get addresses(): readonly number[] {
    return [...this.destinations.keys()];
  }
}
