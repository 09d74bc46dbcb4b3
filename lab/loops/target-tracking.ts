import type { Size } from "../aws/state/capacity";

/** Minutes that a policy's alarms look back: AWS's own, made with the policy. */
const HIGH_MINUTES = 3;
const LOW_MINUTES = 15;
/** The low alarm's threshold: well below the target, so that what was just added is not taken away. */
const LOW_SHARE = 0.9;

export interface Tracked {
  readonly name: string;
  readonly targetValue: number;
  /** The metric's average of each minute so far, the newest last; null for a minute in which nobody said anything. */
  readonly minutes: readonly (number | null)[];
}

export interface Count {
  /** Instances that the averages are of. */
  readonly measured: number;
  /** In service and not warm yet: already there for the load that called for them. */
  readonly warming: number;
}

export interface Verdict {
  readonly desired: number;
  readonly because: string;
}

/**
 * What the group's target-tracking policies make of it now, or undefined when it stays. As Auto Scaling does: out by the policy that wants
 * most, as soon as one metric was above its target for three minutes; in only when every policy's metric was well below for fifteen
 * and nobody is warming up, to what the policy that wants most still needs. In proportion both times, rounded up.
 */
export function track(policies: readonly Tracked[], { desired, min, max }: Size, count: Count): Verdict | undefined {
  if (policies.length === 0 || count.measured === 0) return undefined;
  const wants = policies.map((policy) => ({ policy, needed: needed(policy, count.measured) }));
  const bound = (size: number) => Math.min(Math.max(size, min), max);
  const high = wants.filter(({ policy }) => isHigh(policy)).toSorted((a, b) => b.needed - a.needed)[0];
  if (high !== undefined) {
    const size = bound(high.needed);
    return size > desired ? { desired: size, because: words(high.policy, "above") } : undefined;
  }
  if (count.warming > 0 || !policies.every(isLow)) return undefined;
  const most = wants.toSorted((a, b) => b.needed - a.needed)[0];
  const size = bound(most?.needed ?? desired);
  return most !== undefined && size < desired ? { desired: size, because: words(most.policy, "well below") } : undefined;
}

function needed({ minutes, targetValue }: Tracked, measured: number): number {
  return Math.ceil((measured * (minutes.at(-1) ?? 0)) / targetValue);
}

function isHigh({ minutes, targetValue }: Tracked): boolean {
  const last = minutes.slice(-HIGH_MINUTES);
  return last.length === HIGH_MINUTES && last.every((value) => value !== null && value > targetValue);
}

/** A minute without data is no minute of little load. */
function isLow({ minutes, targetValue }: Tracked): boolean {
  const last = minutes.slice(-LOW_MINUTES);
  return last.length === LOW_MINUTES && last.every((value) => value !== null && value < LOW_SHARE * targetValue);
}

function words({ name, minutes, targetValue }: Tracked, where: string): string {
  return `${name} is at ${round(minutes.at(-1) ?? 0)}, ${where} its target of ${round(targetValue)}`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
