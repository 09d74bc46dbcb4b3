import type { AskProber } from "../../lib/aws/prober-invoker";
import type { DeliverAgain } from "../../lib/aws/redelivery";
import type { KeepRejected } from "../../lib/aws/rejected-queue";
import type { Addresses, Documents, Fleet, InstanceHealth, NatGateways, RouteTables } from "../../lib/domain/fleet-ports";
import type { Clock, Log, Metrics, Waiter } from "../../lib/domain/ports";
import type { DriftReporter } from "../../lib/runtime/drift-report";
import type { LastWhereabouts, Sequences, Words } from "./memory";
import type { Settings } from "./settings";

/**
 * A prober's way there and back, and its start where it is cold, on top of the deadline that it is given. Probers are warm as a rule, for
 * nat-health-probe asks them all the time; cold is one that is busy with such a round. It has memory, and so CPU, to start within this
 * (modules/control-plane/functions.ts), and no more time than this: a prober in a lost zone never answers, and connections wait for every
 * look that waits for it. One that answers is enough; where none did, the suspicion comes again after a second, and they have started.
 */
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
  readonly keepRejected: KeepRejected;
  readonly sequences: Sequences;
  readonly words: Words;
  readonly whereabouts: LastWhereabouts;
  readonly drift: DriftReporter;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly waiter: Waiter;
}
