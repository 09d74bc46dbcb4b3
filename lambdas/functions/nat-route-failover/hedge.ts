/** How a read is asked. */
export type Ask = <T>(read: () => Promise<T>) => Promise<T>;

export const once: Ask = (read) => read();

/**
 * Asked twice side by side; the first answer counts, so that one slow or refused answer holds nothing up (a hedged request: Dean and
 * Barroso, The Tail at Scale, 2013). For reads that connections wait for. Fails when both fail, with the first one's error.
 */
export const hedged: Ask = async (read) => {
  const both = [read(), read()] as const;
  try {
    return await Promise.any(both);
  } catch {
    return both[0];
  }
};
