import type { HeartbeatBody } from "../../contract/heartbeat";
import type { Peer } from "../../contract/parameters";
import type { LastHeartbeat } from "./heartbeat-codec";

/** `awaited`: never heard, and not long enough on the list to be missed. */
export type Hearing = "heard" | "missing" | "awaited";

export interface PeerView {
  readonly instanceId: string;
  readonly hearing: Hearing;
  /** Since its last packet; null when never heard. */
  readonly silentForMs: number | null;
  /** What it last said; null when never heard. */
  readonly says: { readonly ok: boolean; readonly misses: readonly string[] } | null;
}

export interface PeerTableSettings {
  readonly intervalMs: number;
  readonly missThreshold: number;
  /** How long a newly listed peer may take to speak: it has to read key and list first. */
  readonly newcomerGraceMs: number;
}

interface Entry {
  readonly peer: Peer;
  /** Of this receiver's clock, as every time here. */
  readonly listedAt: number;
  readonly heardAt: number | null;
  readonly last: HeartbeatBody | null;
}

/** Who is heard. No clock of its own and no I/O: times are arguments, milliseconds of one monotonic clock. */
export class PeerTable {
  private entries = new Map<string, Entry>();

  constructor(private readonly settings: PeerTableSettings) {}

  /** The list as it is now: newcomers are awaited, the unlisted are forgotten, a changed address starts anew. */
  list(peers: readonly Peer[], now: number): void {
    this.entries = new Map(
      peers.map((peer) => {
        const known = this.entries.get(peer.instanceId);
        const entry =
          known?.peer.address === peer.address ? { ...known, peer } : { peer, listedAt: now, heardAt: null, last: null };
        return [peer.instanceId, entry];
      }),
    );
  }

  /** An accepted packet. */
  heard(body: HeartbeatBody, now: number): void {
    const entry = this.entries.get(body.id);
    if (entry !== undefined) this.entries.set(body.id, { ...entry, heardAt: now, last: body });
  }

  /**
   * This receiver itself stood still for `ms` until `now`: silence that nobody could hear is no silence. Packets that waited are heard
   * before it is forgiven, so nothing is moved beyond `now`: a peer that died meanwhile would be missed that much later.
   */
  forgive(ms: number, now: number): void {
    const later = (time: number) => Math.min(time + ms, now);
    for (const [id, entry] of this.entries) {
      const heardAt = entry.heardAt === null ? null : later(entry.heardAt);
      this.entries.set(id, { ...entry, listedAt: later(entry.listedAt), heardAt });
    }
  }

  lastOf(instanceId: string): LastHeartbeat | undefined {
    return this.entries.get(instanceId)?.last ?? undefined;
  }

  listed(): readonly Peer[] {
    return [...this.entries.values()].map(({ peer }) => peer);
  }

  addresses(): ReadonlyMap<string, string> {
    return new Map([...this.entries.values()].map(({ peer }) => [peer.instanceId, peer.address]));
  }

  views(now: number): readonly PeerView[] {
    return [...this.entries.values()].map((entry) => ({
      instanceId: entry.peer.instanceId,
      hearing: this.hearing(entry, now),
      silentForMs: entry.heardAt === null ? null : Math.round(now - entry.heardAt),
      says: entry.last === null ? null : { ok: entry.last.ok, misses: entry.last.misses },
    }));
  }

  private hearing({ listedAt, heardAt }: Entry, now: number): Hearing {
    const { intervalMs, missThreshold, newcomerGraceMs } = this.settings;
    if (heardAt === null) return now - listedAt < newcomerGraceMs ? "awaited" : "missing";
    // Half an interval of grace for a packet that is on its way.
    return now - heardAt < (missThreshold + 0.5) * intervalMs ? "heard" : "missing";
  }
}
