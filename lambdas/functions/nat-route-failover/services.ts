import type { AskProber } from "../../lib/aws/prober-invoker";
import type { DeliverAgain } from "../../lib/aws/redelivery";
import type { Addresses, Documents, Fleet, InstanceHealth, NatGateways, RouteTables } from "../../lib/domain/fleet-ports";
import type { Clock, Log, Metrics, Waiter } from "../../lib/domain/ports";
import type { DriftReporter } from "../../lib/runtime/drift-report";
import type { LastWhereabouts, Sequences, Words } from "./memory";
import type { Settings } from "./settings";

/** A prober's own start and the way there and back, on top of the deadline that it is given. */
export const INVOCATION_MS = 550;

/** What the handler works with: built once, at cold start; in tests by in-memory fakes. */
export interface Services {
  readonly settings: Settings;
  readonly documents: Documents;
  readonly fleet: Fleet;
  readonly routes: RouteTables;
  /** Asked only where the topology has one. */
  readonly natGateways: NatGateways;
  readonly addresses: Addresses;
  readonly health: InstanceHealth;
  readonly ask: AskProber;
  readonly deliverAgain: DeliverAgain;
  readonly sequences: Sequences;
  readonly words: Words;
  readonly whereabouts: LastWhereabouts;
  readonly drift: DriftReporter;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly waiter: Waiter;
}
