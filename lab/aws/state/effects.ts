import type { Tasks } from "./tasks";

/** What a write wants its object to be: an ID, an address, `on`/`off`; null when it takes the object away. */
export type Wanted = string | null;

interface Chain {
  tail: Promise<void>;
  readonly pending: Wanted[];
}

/**
 * Writes on their way into the kernel. AWS answers before the change works; so does the lab: the handler returns and the effect
 * follows after a delay. Effects on one object keep the order of their calls.
 */
export class Effects {
  private readonly chains = new Map<string, Chain>();

  constructor(
    private readonly tasks: Tasks,
    /** Milliseconds until the next effect works. */
    private readonly delayMs: () => number,
  ) {}

  /** `wanted` is what a later call on the same object sees until the kernel has it. */
  schedule(object: string, wanted: Wanted, apply: () => Promise<void>): void {
    const chain = this.chains.get(object) ?? { tail: Promise.resolve(), pending: [] };
    this.chains.set(object, chain);
    chain.pending.push(wanted);
    const due = this.tasks.clock.now() + this.delayMs();
    const before = chain.tail;
    chain.tail = new Promise((done) => {
      this.tasks.spawn(`effect on ${object}`, async () => {
        try {
          await before;
          const left = due - this.tasks.clock.now();
          if (left > 0) await this.tasks.sleep(left);
          await apply();
        } finally {
          chain.pending.shift();
          if (chain.pending.length === 0) this.chains.delete(object);
          done();
        }
      });
    });
  }

  /** What the object will be once every accepted write has worked; undefined when nothing is on its way. */
  wanted(object: string): Wanted | undefined {
    return this.chains.get(object)?.pending.at(-1);
  }

  /** Every object with this prefix that has a write on its way, with its last wanted value. */
  wantedWithPrefix(prefix: string): ReadonlyMap<string, Wanted> {
    const found = [...this.chains].filter(([object]) => object.startsWith(prefix));
    return new Map(found.map(([object, chain]) => [object.slice(prefix.length), chain.pending.at(-1) ?? null]));
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.chains.size > 0) await Promise.all([...this.chains.values()].map((chain) => chain.tail));
  }
}
