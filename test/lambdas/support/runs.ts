import { isDeep } from "../../support/deep";

export interface Runs {
  readonly numRuns: number;
  readonly timeoutMs: number;
}

// They run on what the lab leaves of the cores (scripts/test).
const NORMAL_TIMEOUT_MS = 300_000;
const DEEP_TIMEOUT_MS = 7_200_000;

export function numberOfRuns({ normal, deep }: { readonly normal: number; readonly deep: number }): Runs {
  return isDeep ? { numRuns: deep, timeoutMs: DEEP_TIMEOUT_MS } : { numRuns: normal, timeoutMs: NORMAL_TIMEOUT_MS };
}
