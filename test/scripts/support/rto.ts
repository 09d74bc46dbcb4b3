import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "../../..");
const LIB = join(ROOT, "scripts/lib/rto");

/** Observations of scripts/measure_rto.sh, as recorded in the lab: prod, lane use1-az1-l1, from NAT a of its zone to NAT b. */
export interface Flows {
  readonly opened: number;
  readonly asked: number;
  readonly survived: number;
  readonly stallMs: readonly number[];
  readonly resumedAt: number | null;
  readonly ended: readonly string[];
  readonly lost?: number;
}
export type Kind = "echo" | "push" | "udpPush";
export interface Nat {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly eniId: string;
  readonly address: string;
  readonly state: string | null;
  readonly publicAddress: string | null;
  readonly publicOwner: string | null;
  readonly ping: string | null;
  readonly target: string | null;
  readonly groupHealth: string | null;
  readonly replication: string | null;
}
export interface Snapshot {
  readonly at: number;
  readonly lanes: readonly {
    readonly lane: string;
    readonly zone: string;
    readonly servedBy: string;
    readonly guests: Readonly<Record<string, string>>;
    readonly addresses: readonly {
      readonly publicIp: string;
      readonly floating: string;
      readonly on: string;
      readonly eniId: string;
    }[];
  }[];
  readonly nats: readonly Nat[];
  readonly marked: readonly string[];
}
export interface Run {
  readonly case: string;
  readonly lane: string;
  readonly from: string;
  readonly to: string;
  readonly failed: string | null;
  readonly sentAt: number;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly probe: {
    readonly schema: 1;
    readonly startedAt: number;
    readonly endedAt: number;
    readonly nats: readonly { readonly at: number; readonly address: string; readonly instanceId: string }[];
    readonly fresh: {
      readonly attempts: number;
      readonly failed: number;
      readonly outageMs: number | null;
      readonly addresses: readonly string[];
      readonly addressAfter: string | null;
    };
    readonly flows: Readonly<Record<Kind, Flows>>;
  };
  readonly polls: readonly {
    readonly startedAt: number;
    readonly endedAt: number;
    readonly routeEni: string | null;
    readonly addressEni: string | null;
  }[];
  readonly probers: readonly { readonly answered: boolean; readonly broken: boolean; readonly error: string | null }[];
}

export const LANE = "use1-az1-l1";
export const PUBLIC = "198.51.100.1";
export const GUEST = "10.50.128.90";
const FLOATING = "10.50.128.20";
const T0 = 1_795_289_303_479;

const nat = (letter: string, zone: string, n: number): Nat => ({
  instanceId: `i-0${letter}`,
  name: `${zone}-${letter}`,
  zone,
  eniId: `eni-0${letter}`,
  address: `10.50.128.${n}`,
  state: "running",
  publicAddress: `192.0.2.${n}`,
  publicOwner: "amazon",
  ping: "Online",
  target: "healthy",
  groupHealth: "HEALTHY",
  replication: "synced",
});
const NATS = [nat("a", "use1-az1", 4), nat("b", "use1-az1", 5), nat("c", "use1-az2", 68)];

export function snapshot(serving: string, change: Partial<Nat> = {}, of = "i-0b"): Snapshot {
  const server = NATS.find(({ instanceId }) => instanceId === serving);
  const on = server?.zone === "use1-az1" ? FLOATING : GUEST;
  return {
    at: T0,
    lanes: [
      {
        lane: LANE,
        zone: "use1-az1",
        servedBy: serving,
        guests: { "use1-az2": GUEST },
        addresses: [{ publicIp: PUBLIC, floating: FLOATING, on, eniId: server?.eniId ?? "" }],
      },
    ],
    nats: NATS.map((each) => (each.instanceId === of ? { ...each, ...change } : each)),
    marked: [],
  };
}

export const flows = (opened: number, survived = opened, stall = 76): Flows => ({
  opened,
  asked: opened,
  survived,
  stallMs: Array.from({ length: opened }, () => stall),
  resumedAt: null,
  ended: [],
});

/** A handover from NAT a to NAT b: asked at T0, EC2 shows it 3.6 s later, packets go there after 3.2 s. */
export function handover(change: Partial<Run> = {}, probe: Partial<Run["probe"]> = {}): Run {
  const to = change.to ?? "i-0b";
  const eniId = NATS.find(({ instanceId }) => instanceId === to)?.eniId ?? "";
  return {
    case: "handover",
    lane: LANE,
    from: "i-0a",
    to,
    failed: null,
    sentAt: T0 - 4724,
    askedAt: T0,
    answeredAt: T0 + 9000,
    before: snapshot("i-0a"),
    after: snapshot(to),
    polls: [
      { startedAt: T0 + 267, endedAt: T0 + 1900, routeEni: "eni-0a", addressEni: "eni-0a" },
      { startedAt: T0 + 1950, endedAt: T0 + 3588, routeEni: eniId, addressEni: "eni-0a" },
      { startedAt: T0 + 3692, endedAt: T0 + 5748, routeEni: eniId, addressEni: eniId },
    ],
    probers: [],
    ...change,
    probe: {
      schema: 1,
      startedAt: T0 - 3844,
      endedAt: T0 + 8200,
      nats: [
        { at: T0 - 3758, address: "10.50.128.4", instanceId: "i-0a" },
        { at: T0 + 3212, address: "10.50.128.5", instanceId: to },
      ],
      fresh: { attempts: 120, failed: 2, outageMs: 309, addresses: [PUBLIC], addressAfter: PUBLIC },
      flows: { echo: flows(20, 20, 255), push: flows(20), udpPush: { ...flows(10), lost: 3 } },
      ...probe,
    },
  };
}

export const zoneMove = (change: Partial<Run> = {}, probe: Partial<Run["probe"]> = {}): Run =>
  handover({ case: "zone", to: "i-0c", ...change }, probe);

interface Distribution {
  readonly n: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly worst: number | null;
}
export interface Report {
  readonly ok: boolean;
  readonly clocksAgree: boolean;
  readonly cases: readonly {
    readonly case: string;
    readonly moves: number;
    readonly failed: readonly string[];
    readonly skipped: readonly string[];
    readonly lostDatagrams: number;
    readonly flows: readonly {
      readonly kind: Kind;
      readonly opened: number;
      readonly survived: number;
      readonly stallMs: Distribution;
    }[];
    readonly newConnections: { readonly attempts: number; readonly failed: number; readonly outageMs: Distribution };
    readonly remapMs: Readonly<Record<"routeApi" | "addressApi" | "routePacket" | "resumed", Distribution>>;
  }[];
  readonly assumptions: readonly {
    readonly id: string;
    readonly assumed: string;
    readonly verdict: string;
    readonly seen: string;
  }[];
}

const jq = (args: readonly string[], input = ""): string => execFileSync("jq", [...args], { input, encoding: "utf8" });

export function evaluate(runs: readonly (Run | { readonly case: string; readonly skipped: string })[]): Report {
  const words = {
    env: "prod",
    place: "aws",
    region: "us-east-1",
    account: "1",
    at: "now",
    lane: LANE,
    probe: "i-0e",
    peer: "p:7007",
  };
  const args = Object.entries(words).flatMap(([name, value]) => ["--arg", name, value]);
  return JSON.parse(
    jq(["-n", ...args, "--argjson", "runs", JSON.stringify(runs), "--from-file", join(LIB, "evaluate.jq")]),
  ) as Report;
}

export const table = (report: Report): string => jq(["-r", "--from-file", join(LIB, "table.jq")], JSON.stringify(report));

/** Verdict and observation of one assumption. */
export function verdict(id: string, ...runs: readonly Run[]): { readonly verdict: string; readonly seen: string } {
  const found = evaluate(runs).assumptions.find((assumption) => assumption.id === id);
  if (found === undefined) throw new Error(`no assumption ${id}`);
  return { verdict: found.verdict, seen: found.seen };
}
