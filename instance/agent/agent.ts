import { randomUUID } from "node:crypto";
import type { HeartbeatBody } from "../../contract/heartbeat";
import type { Healthz } from "../../contract/healthz";
import type { Suspicion } from "../../contract/messages";
import type { NatConfig } from "../../contract/nat-config";
import type { HeartbeatKeys, Peers } from "../../contract/parameters";
import type { Allowances } from "./allowances";
import type { Facts } from "./facts";
import { buildHealthz, localReasons } from "./healthz";
import type { DropReason, OpenContext } from "./heartbeat-codec";
import type { Identity } from "./imds";
import { PeerTable, type PeerView } from "./peer-table";
import { ProbeTally } from "./probe-state";
import type { ProbeLine } from "./self-probe";
import type { FleetMessage } from "./replication/thread-messages";
import { decideSuspicions, type SuspicionDraft, type SuspicionMemory } from "./suspicion";

/** Without a self-probe result for this long, its state is unknown. A restart of the probe takes ~0.5 s. */
const PROBE_STALE_MS = 2_000;
/** A heartbeat names at most this many missed peers, so that it fits its packet. */
const MAX_MISSES = 32;

export interface Boot {
  readonly bootId: string;
  readonly bootMs: number;
}

/** The outside of the agent; everything returns at once. */
export interface AgentPorts {
  readonly now: () => number;
  readonly date: () => Date;
  readonly sendHeartbeat: (body: HeartbeatBody, key: Buffer, addresses: Iterable<string>) => void;
  readonly sendSuspicion: (message: Suspicion) => void;
  readonly dropped: () => Readonly<Record<DropReason, number>>;
  readonly replication: () => Healthz["replication"];
  /** See Healthz. */
  readonly loopMaxMs: () => number | null;
  readonly onStall: (ms: number) => void;
}

/** What one NAT knows and says. Fed by main.ts with packets, probe lines, facts and documents; driven by `tick`. */
export class Agent {
  private readonly table: PeerTable;
  private readonly tally: ProbeTally;
  private memory: SuspicionMemory = new Map();
  private keys: readonly Buffer[] = [];
  private facts: Facts | null = null;
  private allowances: Allowances | null = null;
  private sequence = 0;
  private suspicionSequence = 0;
  private tickedAt: number | null = null;

  constructor(
    private readonly config: NatConfig,
    private readonly identity: Identity,
    private readonly boot: Boot,
    private readonly ports: AgentPorts,
  ) {
    const { heartbeatIntervalMs: intervalMs, missThreshold, peersRefreshMs: newcomerGraceMs } = config.timing;
    this.table = new PeerTable({ intervalMs, missThreshold, newcomerGraceMs });
    this.tally = new ProbeTally({ missThreshold, staleMs: PROBE_STALE_MS });
  }

  takePeers({ peers }: Peers): void {
    const others = peers.filter(({ instanceId }) => instanceId !== this.identity.instanceId);
    this.table.list(others, this.ports.now());
  }

  takeKeys({ current, previous }: HeartbeatKeys): void {
    this.keys = [current, previous].flatMap((key) => (key === undefined ? [] : [Buffer.from(key, "base64")]));
  }

  takeFacts(facts: Facts): void {
    this.facts = facts;
    this.suspect();
  }

  takeAllowances(allowances: Allowances | null): void {
    this.allowances = allowances;
  }

  takeProbe(line: ProbeLine): void {
    this.tally.add(line, this.ports.now(), this.ports.date());
    if (!line.ok) this.suspect();
  }

  takeLateProbe(): void {
    this.tally.addLate();
  }

  probeEnded(): void {
    this.tally.restart();
  }

  takeHeartbeat(body: HeartbeatBody): void {
    this.table.heard(body, this.ports.now());
    // A second witness may be what a suspicion waits for.
    if (body.misses.length > 0) this.suspect();
  }

  openContext(): OpenContext | null {
    if (this.keys.length === 0) return null;
    return {
      env: this.config.env,
      addresses: this.table.addresses(),
      keys: this.keys,
      lastOf: (instanceId) => this.table.lastOf(instanceId),
    };
  }

  peerAddresses(): readonly string[] {
    return [...this.table.addresses().values()];
  }

  /** Once per heartbeat interval, after the packets that wait were read. */
  tick(): void {
    const now = this.ports.now();
    const late = this.tickedAt === null ? 0 : now - this.tickedAt - this.config.timing.heartbeatIntervalMs;
    this.tickedAt = now;
    if (late > this.config.timing.heartbeatIntervalMs) {
      this.table.forgive(late, now);
      this.ports.onStall(Math.round(late));
    }
    this.suspect();
    this.speak();
  }

  healthz(): Healthz {
    const now = this.ports.now();
    const faulty = this.faulty(now);
    return buildHealthz({
      identity: this.identity,
      zone: this.config.zone,
      bootId: this.boot.bootId,
      now,
      date: this.ports.date(),
      lanes: this.config.lanes.map(({ lane }) => lane),
      facts: this.facts,
      selfProbe: { summary: this.tally.summary(now, faulty), reason: this.tally.reason(now, faulty) },
      keyLoaded: this.keys.length > 0,
      peers: this.heard(now),
      dropped: this.ports.dropped(),
      allowances: this.allowances,
      loopMaxMs: this.ports.loopMaxMs(),
      replication: this.ports.replication(),
    });
  }

  /** What the replicator must know of the others; a NAT that was never heard is not missed before its time. */
  fleet(): Pick<FleetMessage, "keys" | "peers" | "missing"> {
    const views = this.heard(this.ports.now());
    return {
      keys: this.keys.map((key) => key.toString("base64")),
      peers: this.table.listed().map(({ instanceId, address, zone }) => ({ instanceId, address, zone })),
      missing: views.filter(({ hearing }) => hearing === "missing").map(({ instanceId }) => instanceId),
    };
  }

  livez(): { readonly ok: boolean; readonly reasons: readonly string[] } {
    const reasons = localReasons(this.facts, this.ports.now());
    return { ok: reasons.length === 0, reasons };
  }

  /** Without a key nobody can be heard, so nobody is missed either. */
  private heard(now: number): readonly PeerView[] {
    const views = this.table.views(now);
    return this.keys.length > 0 ? views : views.map((view) => ({ ...view, hearing: "awaited" }));
  }

  private faulty(now: number): boolean {
    return localReasons(this.facts, now).length > 0;
  }

  private healthy(now: number): boolean {
    return !this.faulty(now) && this.tally.state(now, false) === "ok";
  }

  private suspect(): void {
    const now = this.ports.now();
    const { send, memory } = decideSuspicions({
      now,
      self: { instanceId: this.identity.instanceId, probe: this.tally.state(now, this.faulty(now)), healthy: this.healthy(now) },
      peers: this.heard(now),
      observerBackoffMs: this.config.timing.observerBackoffMs,
      memory: this.memory,
    });
    this.memory = memory;
    for (const draft of send) this.ports.sendSuspicion(this.message(draft, now));
  }

  private message({ suspect, reason, observers }: SuspicionDraft, now: number): Suspicion {
    const { ok, consecutiveFailures } = this.tally.summary(now, this.faulty(now));
    this.suspicionSequence += 1;
    return {
      schema: 1,
      env: this.config.env,
      at: this.ports.date().toISOString(),
      correlationId: randomUUID(),
      kind: "suspicion",
      reporter: this.identity.instanceId,
      reporterBootId: this.boot.bootId,
      sequence: this.suspicionSequence,
      suspect,
      reason,
      observers,
      reporterSelfProbe: { ok, consecutiveFailures },
    };
  }

  private speak(): void {
    const [key] = this.keys;
    if (key === undefined) return;
    const now = this.ports.now();
    const { ok, consecutiveFailures: fails } = this.tally.summary(now, this.faulty(now));
    const missing = this.table.views(now).filter(({ hearing }) => hearing === "missing");
    this.sequence += 1;
    const body: HeartbeatBody = {
      v: 1,
      env: this.config.env,
      id: this.identity.instanceId,
      boot: this.boot.bootId,
      seq: this.sequence,
      bootMs: this.boot.bootMs,
      probe: { ok, fails },
      misses: missing.slice(0, MAX_MISSES).map(({ instanceId }) => instanceId),
      ok: this.healthy(now),
    };
    this.ports.sendHeartbeat(body, key, this.table.addresses().values());
  }
}
