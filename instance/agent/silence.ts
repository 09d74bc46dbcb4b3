const LOOKS = 5;

export interface Silence {
  /** Another process or thread has said something. */
  heard(): void;
  end(): void;
}

/**
 * Whether somebody who should speak often has said nothing for `limitMs`; `onSilence` is told once each time. Counted in looks, not by the
 * clock: after this process itself stood still there is one look, and what waited is read before it.
 */
export function watchSilence(limitMs: number, onSilence: () => void): Silence {
  let quietLooks = 0;
  const look = () => {
    quietLooks += 1;
    if (quietLooks === LOOKS) onSilence();
  };
  // Timers run before pipes and messages are read.
  const timer = setInterval(() => setImmediate(look), limitMs / LOOKS);
  return {
    heard: () => {
      quietLooks = 0;
    },
    end: () => clearInterval(timer),
  };
}
