/** How long the lab's AWS takes. Sampling is pure; whoever asks does the waiting. */
export interface Latency {
  /** Milliseconds until the answer of a call. */
  callDelay(service: string, operation: string): number;
  /** Milliseconds from the answer of an EC2 write until it takes effect. */
  effectDelay(operation: string): number;
  /** The call is refused with RequestLimitExceeded. */
  isThrottled(service: string, operation: string): boolean;
}

/** The latency of a lab that runs; AWS's weather may change meanwhile. */
export interface Weather extends Latency {
  /** Refuses this share of EC2 calls from now on; undefined: as the setting says. */
  throttle(share: number | undefined): void;
  /** Takes as long as another setting says; undefined: as its own. */
  setLatency(setting: "zero" | undefined): void;
}

export const LATENCY_SETTINGS = ["default", "zero", "throttled"] as const;
export type LatencySetting = (typeof LATENCY_SETTINGS)[number];

/** Milliseconds. */
interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Assumed, not measured: AWS publishes none (docs/architecture.md). */
const EC2_CALL: Percentiles = { p50: 150, p99: 400 };
const EC2_EFFECT: Percentiles = { p50: 300, p99: 1000 };
const OTHER_CALL: Percentiles = { p50: 4, p99: 15 };

const THROTTLED_SHARE = 0.2;

/** 99th percentile of the standard normal distribution. */
const Z99 = 2.3263;

/** Uniform in [0, 1). */
export type Random = () => number;

export function createLatency(setting: LatencySetting, random: Random = seededRandom(1)): Weather {
  let isZero = setting === "zero";
  const usual = setting === "throttled" ? THROTTLED_SHARE : 0;
  let share = usual;
  return {
    callDelay: (service) => (isZero ? 0 : logNormal(service === "ec2" ? EC2_CALL : OTHER_CALL, random)),
    effectDelay: () => (isZero ? 0 : logNormal(EC2_EFFECT, random)),
    // Chance is asked only where it decides: the same seed gives the same delays with and without throttling elsewhere.
    isThrottled: (service) => service === "ec2" && share > 0 && random() < share,
    throttle: (asked) => {
      share = asked ?? usual;
    },
    setLatency: (asked) => {
      isZero = (asked ?? setting) === "zero";
    },
  };
}

/** A sample of the log-normal distribution with these percentiles. */
export function logNormal({ p50, p99 }: Percentiles, random: Random): number {
  const sigma = Math.log(p99 / p50) / Z99;
  return p50 * Math.exp(sigma * standardNormal(random));
}

/** Box-Muller. `1 - random()` because the logarithm of 0 is not a number. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Mulberry32: small, fast, the same sequence on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
