import { FAULTS } from "../faults/catalogue";
import type { FaultRecord, GamedayRecord } from "./record";

/**
 * Newer runs of a fault take the place of older ones; what was not played again stays, in the catalogue's order. Figures of another
 * machine, environment or latency do not stand beside these.
 */
export function merged(older: GamedayRecord | undefined, newer: GamedayRecord): GamedayRecord {
  const isComparable =
    older?.env === newer.env && older.latency === newer.latency && older.kernel === newer.kernel && older.cores === newer.cores;
  const all = new Map([...(isComparable ? older.faults : []), ...newer.faults].map((record) => [record.fault, record]));
  return { ...newer, faults: FAULTS.flatMap(({ name }): FaultRecord | readonly FaultRecord[] => all.get(name) ?? []) };
}
