import type { Comparison, Measured } from "./model";

/** Median and range of a comparison's ratios, one ratio a round. */
export interface Ratio {
  readonly workload: string;
  readonly subject: string;
  readonly base: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
  readonly goal?: number;
  /** Whether the median reaches the goal. */
  readonly reached?: boolean;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Linear between neighbours, as most tools do. Throws on nothing: no figure is better than a made-up one. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("a percentile of no values");
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Round by round, never of medians: a busy second of the machine hits both sides of its round. */
export function ratioOf(subject: Measured, base: Measured, goal?: number): Ratio {
  if (subject.values.length !== base.values.length) {
    const counts = `${subject.values.length} and ${base.values.length}`;
    throw new Error(`${subject.subject} and ${base.subject} have ${counts} rounds of ${subject.workload}; they must be as many`);
  }
  const ratios = subject.values.map((value, round) => value / (base.values[round] ?? NaN));
  if (!ratios.every(Number.isFinite)) throw new Error(`${base.subject} carried nothing in a round of ${base.workload}`);
  const middle = median(ratios);
  return {
    workload: subject.workload,
    subject: subject.subject,
    base: base.subject,
    median: middle,
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    rounds: ratios.length,
    ...(goal === undefined ? {} : { goal, reached: middle >= goal }),
  };
}

/** Every comparison of every workload for which both sides were measured. */
export function ratios(measured: readonly Measured[], comparisons: readonly Comparison[]): readonly Ratio[] {
  const workloads = [...new Set(measured.map(({ workload }) => workload))];
  return workloads.flatMap((workload) => {
    const find = (name: string): Measured | undefined => measured.find((m) => m.workload === workload && m.subject === name);
    return comparisons.flatMap(({ subject, base, goal, goals }) => {
      const [upper, lower] = [find(subject), find(base)];
      return upper === undefined || lower === undefined ? [] : [ratioOf(upper, lower, goals?.[workload] ?? goal)];
    });
  });
}

/** Another one first each time, forwards and backwards in turn: neither drift nor a place in the order favours anybody. */
export function interleaved<T>(subjects: readonly T[], turn: number): readonly T[] {
  const first = subjects.length === 0 ? 0 : turn % subjects.length;
  const rotated = [...subjects.slice(first), ...subjects.slice(0, first)];
  return turn % 2 === 0 ? rotated : rotated.reverse();
}
