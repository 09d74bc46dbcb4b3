/** One try of an asker: a new TCP connection. Times are ms since the epoch. */
export interface Attempt {
  readonly startedMs: number;
  readonly endedMs: number;
  /** Public address that the internet saw; undefined when the try failed. */
  readonly address: string | undefined;
  readonly error?: string;
}

/** What a lane's client saw around a fault. */
export interface LaneOutage {
  readonly lane: string;
  readonly attempts: number;
  readonly failed: number;
  /** Longest time without a new connection: start of the last try that succeeded before to the end of the first after; null when it never came back. */
  readonly outageMs: number | null;
  readonly publicAddressBefore: string | null;
  readonly publicAddressAfter: string | null;
  /** Every address seen, in order of first sight. */
  readonly publicAddresses: readonly string[];
  readonly limitMs: number;
  readonly ok: boolean;
  /** Why not; empty when ok. */
  readonly reasons: readonly string[];
}

export interface LaneExpectation {
  readonly lane: string;
  /** Public addresses that the lane may show. */
  readonly addresses: readonly string[];
  readonly limitMs: number;
}

/** A lane whose client saw no success in the last part of the watch has not come back. */
const RECOVERED_WITHIN_MS = 1000;

/** Reads the tries of one lane. `untilMs` is the end of the watch. */
export function summarise(expected: LaneExpectation, attempts: readonly Attempt[], faultMs: number, untilMs: number): LaneOutage {
  const sorted = [...attempts].sort((a, b) => a.startedMs - b.startedMs);
  const good = sorted.filter(({ address }) => address !== undefined);
  const recovered = (good.at(-1)?.startedMs ?? -Infinity) > untilMs - RECOVERED_WITHIN_MS;
  const outageMs = recovered ? longestGap(good) : null;
  const addresses = [...new Set(good.flatMap(({ address }) => address ?? []))];
  const reasons = [
    ...(recovered ? [] : ["new connections still fail at the end of the watch"]),
    ...(outageMs !== null && outageMs > expected.limitMs
      ? [`new connections failed for ${outageMs} ms, the limit is ${expected.limitMs} ms`]
      : []),
    ...addresses
      .filter((address) => !expected.addresses.includes(address))
      .map((address) => `public address ${address} is none of the lane's (${expected.addresses.join(", ")})`),
  ];
  return {
    lane: expected.lane,
    attempts: sorted.length,
    failed: sorted.length - good.length,
    outageMs,
    publicAddressBefore: good.findLast(({ endedMs }) => endedMs <= faultMs)?.address ?? null,
    publicAddressAfter: good.findLast(({ startedMs }) => startedMs > faultMs)?.address ?? null,
    publicAddresses: addresses,
    limitMs: expected.limitMs,
    ok: reasons.length === 0,
    reasons,
  };
}

/** The ordinary spacing of the tries is part of it: the figure is an upper bound. */
function longestGap(good: readonly Attempt[]): number {
  let longest = 0;
  for (const [index, next] of good.entries()) {
    const before = good[index - 1];
    if (before !== undefined) longest = Math.max(longest, next.endedMs - before.startedMs);
  }
  return Math.round(longest);
}
