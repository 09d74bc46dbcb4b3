/**
 * Messages of the failover queue (SQS FIFO, body = JSON, MessageGroupId = environment name). A message *triggers a look*;
 * it moves nothing by itself. EventBridge events arrive on the same queue in their own envelope (`detail-type`, `source`).
 */
interface Base {
  readonly schema: 1;
  readonly env: string;
  /** ISO time at the sender. */
  readonly at: string;
  /** Joins the log lines from the first symptom to the verification. */
  readonly correlationId: string;
}

/**
 * From an agent. MessageDeduplicationId = `<bootId>-<sequence>`. The reporter must be the session name of the message's
 * SenderId attribute (`AROA…:i-…`), else the message is forged and dropped.
 */
export interface Suspicion extends Base {
  readonly kind: "suspicion";
  readonly reporter: string;
  readonly reporterBootId: string;
  readonly sequence: number;
  /** Instance under suspicion; equal to the reporter when its own self-probe failed. */
  readonly suspect: string;
  readonly reason: "missed-heartbeats" | "self-probe";
  /** Instances (reporter included) that miss the suspect's heartbeats. */
  readonly observers: readonly string[];
  readonly reporterSelfProbe: { readonly ok: boolean; readonly consecutiveFailures: number };
}

/** From asg-lifecycle-handler: a NAT came or goes; elect again. */
export interface Elect extends Base {
  readonly kind: "elect";
  readonly instanceId: string;
  readonly because: "launched" | "terminating" | "spot-interruption" | "rebalance";
}

/**
 * A NAT is to stop: bring its lanes elsewhere first. From its own agent (`reporter` is the instance, as in a Suspicion; it may name
 * itself only) or from an operator. The answer stands in the `state` parameter: its lanes are served by others, or `refusals` says why
 * not. Said again (with a new correlation ID) until it is answered: a move that waits for a target to hold the flows is decided by
 * the next look, and a message is what causes one.
 */
export interface Leave extends Base {
  readonly kind: "leave";
  readonly reporter: string;
  readonly instanceId: string;
  /** `drain` can be refused (last healthy NAT of its zone), unless forced; the others happen anyway. */
  readonly because: "drain" | "spot-interruption" | "rebalance" | "shutdown";
  readonly force: boolean;
}

/** From an operator: a lane goes to this NAT, or (`auto`) to the best one that does not serve it now. */
export interface Move extends Base {
  readonly kind: "move";
  readonly by: string;
  readonly lane: string;
  /** Instance ID, or `auto`. */
  readonly to: string;
}

/** From an operator: nothing moves by itself until then. Operators' own requests are still carried out. */
export interface Hold extends Base {
  readonly kind: "hold";
  readonly by: string;
  readonly because: string;
  /** ISO time, at most a day ahead. */
  readonly until: string;
}

/** From an operator: ends the hold, or (with an instance) takes its drain back. */
export interface Resume extends Base {
  readonly kind: "resume";
  readonly by: string;
  readonly instanceId?: string;
}

/** From nat-health-probe: k of n probes of a lane failed on at least two targets. */
export interface Breach extends Base {
  readonly kind: "breach";
  readonly lane: string;
  readonly failed: number;
  readonly of: number;
  readonly targets: readonly string[];
  /**
   * The lane's prober answered in k of these rounds, and its probes failed. False: it mostly did not answer, which may be its own
   * fault. Absent from older senders: true.
   */
  readonly proberAnswered?: boolean;
}

/** From nat-health-probe, once a minute. */
export interface Sweep extends Base {
  readonly kind: "sweep";
}

/** From eip-recover and config-guard: they found something of a lane that is not as it must be. Look, and mend. */
export interface Repair extends Base {
  readonly kind: "repair";
  /** The function that found it. */
  readonly by: string;
  readonly because: string;
}

/**
 * From config-guard: a NAT whose configuration stays wrong after a repair. It is replaced under the rules for broken ones: one per
 * zone at a time, and never while its zone has no other healthy NAT. Asked again at every look that finds it so.
 */
export interface Replace extends Base {
  readonly kind: "replace";
  readonly by: string;
  readonly instanceId: string;
  readonly because: string;
}

/** What an operator may ask for. */
export type OperatorMessage = Leave | Move | Hold | Resume;

export type FailoverMessage = Suspicion | Elect | Breach | Sweep | Repair | Replace | OperatorMessage;
