/** Milliseconds of the monotonic clock that all threads share (`performance.now()` counts from the start of each). */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
