import type { Suspicion } from "../../../contract/messages";

/**
 * What this warm process remembers between messages. Losing it is harmless: staleness (event.ts) bounds what a replay can do, and a
 * suspicion triggers a look, nothing more.
 */
export class Sequences {
  readonly #boots = new Map<string, Map<string, number>>();

  /** True when the reporter has said this, or something later, before; else remembers it. */
  isReplayed({ reporter, reporterBootId, sequence }: Suspicion): boolean {
    const boots = this.#boots.get(reporter) ?? new Map<string, number>();
    this.#boots.set(reporter, boots);
    const [current] = [...boots.keys()].slice(-1);
    const last = boots.get(reporterBootId);
    if (last !== undefined && (reporterBootId !== current || sequence <= last)) return true;
    boots.set(reporterBootId, sequence);
    return false;
  }
}

/** Long enough for the second observer, who waits 300 ms for the first; short enough to be about now. */
const WORD_LIVES_MS = 10_000;

/** From the first word about a NAT: by then its lanes have moved, and those that say so again wait for nothing. */
const NEWS_LASTS_MS = 3_000;

/** Genuine suspicions of the last seconds: two NATs' word, where no prober can be reached. */
export class Words {
  #heard: readonly { readonly suspicion: Suspicion; readonly sentAt: number }[] = [];

  add(suspicion: Suspicion, sentAt: number): void {
    this.#heard = [...this.#heard, { suspicion, sentAt }];
  }

  at(now: Date): readonly Suspicion[] {
    this.#heard = this.#heard.filter(({ sentAt }) => now.getTime() - sentAt <= WORD_LIVES_MS);
    return this.#heard.map(({ suspicion }) => suspicion);
  }

  /** Whether somebody is missed who was not until a moment ago: then connections wait. */
  hasNews(now: Date): boolean {
    const suspects = new Set(this.at(now).map(({ suspect }) => suspect));
    for (const { suspicion, sentAt } of this.#heard)
      if (now.getTime() - sentAt > NEWS_LASTS_MS) suspects.delete(suspicion.suspect);
    return suspects.size > 0;
  }
}

/** Where a NAT is asked for its health: its instance's primary private address. */
export interface Whereabouts {
  readonly instanceId: string;
  readonly address: string;
}

/** Two sweeps. */
const REMEMBERED_MS = 120_000;

/**
 * Where every NAT was when we last looked. They are asked there at once, beside EC2's list of instances and not after it: an answer
 * names its instance, so one from an address that changed hands counts for nothing.
 */
export class LastWhereabouts {
  #nats: readonly Whereabouts[] = [];
  #known: ReadonlySet<string> = new Set();
  #lookedAt = -Infinity;

  last(): readonly Whereabouts[] {
    return this.#nats;
  }

  /** @param known every instance of the fleet, also one that has no address. */
  keep(nats: readonly Whereabouts[], known: readonly string[], now: Date): void {
    this.#nats = nats;
    this.#known = new Set(known);
    this.#lookedAt = now.getTime();
  }

  /** Surely none of the fleet: somebody looked not long ago, and it was not there. What has come since is told by its own messages. */
  isStranger(instanceId: string, now: Date): boolean {
    return now.getTime() - this.#lookedAt <= REMEMBERED_MS && !this.#known.has(instanceId);
  }
}
