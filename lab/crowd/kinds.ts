/** Kinds of connections that last; `churn` (new ones all the time) is beside them. */
export const KINDS = ["idle", "request", "upload", "download", "udp", "icmp"] as const;
export type Kind = (typeof KINDS)[number];

export const DESCRIPTIONS: Readonly<Record<Kind, string>> = {
  idle: "TCP, silent until the end; then the client speaks first on one half, the server on the other",
  request: "TCP, request and response in turn",
  upload: "TCP, the client sends on without waiting, the server confirms",
  download: "TCP, the server sends, the client never says a word",
  udp: "UDP request and response on one socket",
  icmp: "ICMP echo by ping",
};

/** Ports of the crowd's server (lab/crowd/server.ts) on the lab's internet: the port says what is meant, so a client may be silent. */
export const CROWD_PORTS = {
  echo: 7001,
  confirm: 7002,
  push: 7003,
  /** The server speaks first, when it is told to. */
  question: 7004,
  /** New connections: the caller's public address, then the end. */
  short: 7005,
  udp: 7006,
  /** Takes what comes and tells how much it was (lab/crowd/bulk.ts). */
  bulk: 7007,
} as const;

/** Milliseconds. What is seen by the gaps between packets is seen this exactly; what is asked and answered is timed as it is. */
export const PACE: Readonly<Record<"tick" | "request" | "upload" | "push" | "udp" | "icmp" | "churn", number>> = {
  tick: 10,
  request: 100,
  upload: 100,
  push: 100,
  udp: 100,
  icmp: 100,
  churn: 40,
};

export const MESSAGE_BYTES = 64;
export const UPLOAD_BYTES = 512;
export const QUESTION = "?";
export const CONFIRMATION = "!";

/** How one connection fared, from the mark (the fault) to the end. */
export interface ConnectionRecord {
  readonly kind: Kind;
  readonly alive: boolean;
  /** Why not alive. */
  readonly why?: string;
  /** Longest wait for an answer, or silence beyond the pace, in milliseconds; null where nothing was due (idle). */
  readonly stallMs: number | null;
  /** Packets without an answer; UDP and ICMP only. */
  readonly lost: number | null;
  /** Of payload, both ways. */
  readonly bytes: number;
}

/** How the bulk load of one lane fared. */
export interface BulkReport {
  readonly connections: number;
  /** That the other side took. */
  readonly bytes: number;
  readonly seconds: number;
  /** One sentence per connection that lost anything. */
  readonly losses: readonly string[];
}

/** New connections of one lane since the mark. */
export interface ChurnRecord {
  readonly tries: number;
  readonly failures: number;
  /** First errors. */
  readonly errors: readonly string[];
  /** Longest time between two successes; null when none came at the end. */
  readonly outageMs: number | null;
  /** Slowest success. */
  readonly slowestMs: number;
  /** Public addresses that the internet saw, in order of first sight. */
  readonly addresses: readonly string[];
}

/** How many connections of each kind. */
export type Share = Readonly<Record<Kind, number>>;

/** What a member (lab/crowd/member.ts) says, one JSON object a line. */
export type MemberMessage =
  | { readonly say: "ready"; readonly connections: number }
  | { readonly say: "failed"; readonly why: string }
  | {
      readonly say: "report";
      readonly connections: readonly ConnectionRecord[];
      readonly churn: ChurnRecord;
      readonly lagMs: number;
    };

/** What the server (lab/crowd/server.ts) is told, one word a line, and what it answers to `speak`. */
export type ServerOrder = "mark" | "speak";
export interface ServerReport {
  readonly lagMs: number;
}

/** What a member is told, one word a line. */
export type MemberOrder = "mark" | "finish";

/** In hundredths; ping is a process each, so there are few. */
const PORTIONS: Share = { idle: 24, request: 24, upload: 19, download: 19, udp: 12, icmp: 2 };

/** Divides a lane's connections among the kinds: every kind has one at least, the sum is exact. */
export function shareOf(connections: number): Share {
  if (!Number.isInteger(connections) || connections < KINDS.length) {
    throw new Error(`a lane's crowd of ${connections} is too small: it has ${KINDS.length} kinds; ask for that many or more`);
  }
  const counts = KINDS.map((kind) => Math.max(1, Math.floor((connections * PORTIONS[kind]) / 100)));
  const rest = connections - counts.reduce((sum, count) => sum + count, 0);
  // Negative for the smallest crowds, where "one at least" took more than the portions have.
  const at = (kind: Kind): number => (counts[KINDS.indexOf(kind)] ?? 0) + (kind === "request" ? rest : 0);
  return Object.fromEntries(KINDS.map((kind) => [kind, at(kind)])) as Record<Kind, number>;
}
