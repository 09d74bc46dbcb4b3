import { AWS_ACTS } from "./aws-acts";
import { COMPOSED_FAULTS } from "./composed";
import type { Fault } from "./fault";
import { MACHINE_FAULTS } from "./machine-faults";
import { NETWORK_FAULTS } from "./network-faults";
import { ZONE_FAULTS } from "./zone-faults";

export type { Fault } from "./fault";
export type { AwsActs, FaultWorld } from "./world";

export const FAULTS: readonly Fault[] = [...MACHINE_FAULTS, ...ZONE_FAULTS, ...NETWORK_FAULTS, ...AWS_ACTS, ...COMPOSED_FAULTS];

export function findFault(name: string): Fault {
  const fault = FAULTS.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new Error(`fault ${name} is unknown; allowed: ${FAULTS.map((known) => known.name).join(", ")}; choose one of them`);
}

/** Milliseconds that new connections may fail: the recovery objectives (docs/architecture.md). */
export const OUTAGE_LIMIT_MS = { standbyInZone: 3000, soleNat: 5000, wholeZone: 10_000 } as const;

export function outageLimitMs(fault: Fault, natsInZone: number): number {
  if (fault.wholeZone) return OUTAGE_LIMIT_MS.wholeZone;
  return natsInZone > 1 ? OUTAGE_LIMIT_MS.standbyInZone : OUTAGE_LIMIT_MS.soleNat;
}
