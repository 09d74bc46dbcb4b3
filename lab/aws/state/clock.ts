/** Time as the lab's AWS knows it: an argument everywhere, so that tests hold it in their hands. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** The calendar, for timestamps in answers. */
  date(): Date;
  /** Calls back once after `ms`; returns how to cancel. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
