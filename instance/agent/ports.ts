import { NFT_TABLE } from "../../contract/nat-config";

/** Source ports that the kernel gives out for one SNAT address, protocol and destination: 1024–65535. */
export const PORTS = 64_512;
/** Above, a new flow searches long and often finds no port (the kernel tries 240): at 64,000 every seventh fails. */
const FULL_AT = 64_000;
/** Below, a full destination is open again. */
const OPEN_BELOW = 63_500;
/** Fewer are not looked at: less than half. */
export const LEAST = PORTS / 2;

/** Two processors that pick the same port lose a packet now and then; that is no exhaustion. One a second is forgiven. */
const FAILURES = 3;
const REFRESH_MS = 2_000;
const LOOK_EVERY_MS = 60_000;
/** Between two looks, at least as long as the last one took: half a core, and only in trouble. ~0.25 s for 64,000 flows, seconds on a busy machine. */
const SOONEST_MS = 500;
/** An element outlives so many refreshes; an agent that ends leaves nothing refused for longer. */
const REFRESHES = 3;

/** Ports of one address in use for one destination. */
export interface PortUse {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly destination: string;
  readonly port: number;
  readonly count: number;
}

export interface PortWatchPorts {
  /** Packets that the kernel dropped because their flow found no free place or port; since boot. */
  readonly insertFailed: () => number;
  readonly tableCount: () => number;
  readonly inUse: (least: number) => Promise<readonly PortUse[]>;
  readonly nft: (commands: string) => Promise<void>;
  readonly now: () => number;
  readonly onFault: (error: unknown) => void;
}

export const keyOf = ({ protocol, address, destination, port }: PortUse): string =>
  `${protocol} ${address} ${destination} ${port}`;

/** Destinations to which new flows are refused: full, or full before and not yet open again. */
export function fullOnes(uses: readonly PortUse[], before: ReadonlySet<string>): readonly PortUse[] {
  return uses.filter((use) => use.count >= (before.has(keyOf(use)) ? OPEN_BELOW : FULL_AT));
}

/** The nft commands that make the sets of these addresses hold exactly these destinations. */
export function fullSetCommands(addresses: readonly string[], full: readonly PortUse[], seconds: number): string {
  const replace = (set: string, elements: readonly string[]): readonly string[] => {
    const listed = elements.map((element) => `${element} timeout ${seconds}s`).join(", ");
    const name = `ip ${NFT_TABLE} ${set}`;
    return [`flush set ${name}\n`, ...(elements.length === 0 ? [] : [`add element ${name} { ${listed} }\n`])];
  };
  const each = addresses.flatMap((address) => {
    const ours = full.filter((use) => use.address === address);
    const elements = ours.map(({ protocol, destination, port }) => `${protocol} . ${destination} . ${port}`);
    return replace(`full_${address.replaceAll(".", "_")}`, elements);
  });
  return [...replace("full", [...new Set(full.map(({ destination }) => destination))]), ...each].join("");
}

/**
 * Finds the destinations for which an address has run out of ports, and has new flows to them refused: the kernel would only drop
 * their packets. Looks when insertions fail, as they begin to do near the end, and while something is full. Writer of the set `full` and the sets `full_*`.
 */
export class PortWatch {
  private full: ReadonlySet<string> = new Set();
  private failedBefore: number | null = null;
  private failures = 0;
  private tickedAt: number;
  private lookedAt: number;
  private tookMs = 0;
  private looking = false;
  private most: number | null = null;

  constructor(
    private readonly addresses: readonly string[],
    private readonly ports: PortWatchPorts,
  ) {
    this.tickedAt = ports.now();
    this.lookedAt = this.tickedAt;
  }

  /** Share of the ports in use at the busiest destination, when last looked; null below a half. */
  usedPercent(): number | null {
    return this.most === null ? null : (100 * this.most) / PORTS;
  }

  /** Four times a second. Resolves when what it started is done. */
  async tick(): Promise<void> {
    try {
      const [now, failed] = [this.ports.now(), this.ports.insertFailed()];
      const forgiven = (now - this.tickedAt) / 1000;
      this.failures = Math.max(0, this.failures - forgiven) + Math.max(0, failed - (this.failedBefore ?? failed));
      this.failedBefore = failed;
      this.tickedAt = now;
      if (!this.looking && this.isDue()) await this.look();
    } catch (error) {
      this.ports.onFault(error);
    }
  }

  private isDue(): boolean {
    const since = this.ports.now() - this.lookedAt;
    if (since < Math.max(SOONEST_MS, this.tookMs)) return false;
    if (this.failures >= FAILURES) return true;
    if (this.full.size > 0) return since >= REFRESH_MS;
    return since >= LOOK_EVERY_MS && (this.ports.tableCount() >= LEAST || this.most !== null);
  }

  private async look(): Promise<void> {
    const from = this.ports.now();
    this.looking = true;
    this.failures = 0;
    try {
      const uses = (await this.ports.inUse(LEAST)).filter(({ address }) => this.addresses.includes(address));
      const full = fullOnes(uses, this.full);
      this.most = uses.length === 0 ? null : Math.max(...uses.map(({ count }) => count));
      const took = this.ports.now() - from;
      const seconds = Math.ceil((REFRESHES * Math.max(REFRESH_MS, 2 * took)) / 1000);
      if (full.length > 0 || this.full.size > 0) await this.ports.nft(fullSetCommands(this.addresses, full, seconds));
      this.full = new Set(full.map(keyOf));
    } finally {
      this.lookedAt = this.ports.now();
      this.tookMs = this.lookedAt - from;
      this.looking = false;
    }
  }
}
