import { admitted, budgetsOf, LEAST, scarceSetCommands } from "./scarce-ports";
import type { Arrivals, Budget, PortUse } from "./scarce-ports";

/** Two processors that pick the same port lose a packet now and then; that is no exhaustion. One a second is forgiven. */
const FAILURES = 3;
const LOOK_EVERY_MS = 60_000;
/** With budgets: flows that end are to be seen, and an agent that ends leaves nothing refused for long. */
const REFRESH_MS = 10_000;
/** With a budget below this the end is near, and an estimate is worth no second look before its time. */
const NEAR = 1_000;
const REFRESH_NEAR_MS = 2_000;
/** Between two looks, at least as long as the last one took: half a core, and only in trouble. ~0.25 s for 64,000 flows, seconds on a busy machine. */
const SOONEST_MS = 500;
/** An element outlives so many refreshes. */
const REFRESHES = 3;

export interface PortWatchPorts {
  /** Packets that the kernel dropped because their flow found no free place or port; since boot. */
  readonly insertFailed: () => number;
  readonly tableCount: () => number;
  /** Of the addresses, those of lanes that are carried here; null while it is not known. Flows of the others are copies and begin elsewhere. */
  readonly owned: () => readonly string[] | null;
  readonly inUse: (least: number) => Promise<readonly PortUse[]>;
  /** At the pools of these addresses. */
  readonly arrivals: (addresses: readonly string[]) => Promise<Arrivals>;
  readonly nft: (commands: string) => Promise<void>;
  readonly now: () => number;
  readonly onFault: (error: unknown) => void;
}

/**
 * Tells the kernel how many flows may still begin where an address has few ports left for a destination; it counts down by itself and
 * refuses the rest, whose packets it would only drop. Writer of the set `scarce` and the sets `scarce_*`.
 */
export class PortWatch {
  private budgets: readonly Budget[] = [];
  private failedBefore: number | null = null;
  private failures = 0;
  private tickedAt: number;
  private lookedAt: number;
  private tableAtLook = 0;
  private tookMs = 0;
  private busy = false;
  private most: PortUse | null = null;
  private owned: readonly string[];

  constructor(
    private readonly addresses: readonly string[],
    private readonly ports: PortWatchPorts,
  ) {
    this.tickedAt = ports.now();
    this.lookedAt = this.tickedAt;
    this.owned = addresses;
  }

  /** Where most ports of one address were in use for one destination, when last looked; null below a half of them. */
  busiest(): PortUse | null {
    return this.most;
  }

  /** Four times a second. Resolves when what it started is done. */
  async tick(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.countFailures();
      if (await this.isDue()) await this.look();
    } catch (error) {
      this.ports.onFault(error);
    } finally {
      this.busy = false;
    }
  }

  private countFailures(): void {
    const [now, failed] = [this.ports.now(), this.ports.insertFailed()];
    const forgiven = (now - this.tickedAt) / 1000;
    this.failures = Math.max(0, this.failures - forgiven) + Math.max(0, failed - (this.failedBefore ?? failed));
    this.failedBefore = failed;
    this.tickedAt = now;
  }

  private async isDue(): Promise<boolean> {
    const isGained = this.followOwned();
    if (this.owned.length === 0) return false;
    if (isGained && this.ports.tableCount() >= LEAST) return true;
    const since = this.ports.now() - this.lookedAt;
    if (since < Math.max(SOONEST_MS, this.tookMs)) return false;
    if (this.failures >= FAILURES) return true;
    if (this.budgets.length > 0) return since >= this.refreshMs() || (await this.isHalfSpent());
    const table = this.ports.tableCount();
    return table - this.tableAtLook >= LEAST || (since >= LOOK_EVERY_MS && (table >= LEAST || this.most !== null));
  }

  /** True when a lane has come since it was asked last. */
  private followOwned(): boolean {
    const before = this.owned;
    this.owned = this.ports.owned() ?? this.addresses;
    if (this.owned.length === 0) {
      // What the kernel was told ends by itself.
      this.budgets = [];
      this.most = null;
    }
    return this.owned.some((address) => !before.includes(address));
  }

  private refreshMs(): number {
    return this.budgets.some(({ left }) => left < NEAR) ? REFRESH_NEAR_MS : REFRESH_MS;
  }

  private async isHalfSpent(): Promise<boolean> {
    const arrived = await this.arrivals();
    return this.budgets.some((budget) => budget.left >= NEAR && admitted(budget, arrived) >= budget.left / 2);
  }

  private arrivals(): Promise<Arrivals> {
    return this.ports.arrivals([...new Set(this.budgets.map(({ address }) => address))]);
  }

  private async look(): Promise<void> {
    const from = this.ports.now();
    this.failures = 0;
    try {
      this.tableAtLook = this.ports.tableCount();
      const before = await this.arrivals();
      const uses = (await this.ports.inUse(LEAST)).filter(({ address }) => this.owned.includes(address));
      const budgets = budgetsOf(uses, this.budgets, { before, after: await this.arrivals() });
      this.most = uses.toSorted((a, b) => b.count - a.count)[0] ?? null;
      await this.write(budgets, this.ports.now() - from);
    } finally {
      this.lookedAt = this.ports.now();
      this.tookMs = this.lookedAt - from;
    }
  }

  private async write(budgets: readonly Budget[], tookMs: number): Promise<void> {
    const had = this.budgets.length > 0;
    this.budgets = budgets;
    const seconds = Math.ceil((REFRESHES * Math.max(this.refreshMs(), 2 * tookMs)) / 1000);
    if (had || budgets.length > 0) await this.ports.nft(scarceSetCommands(this.addresses, budgets, seconds));
  }
}
