import type { CallRecord } from "../aws/call-log";

export const CALL_KINDS = ["read", "write", "message", "invocation", "metric"] as const;
export type CallKind = (typeof CALL_KINDS)[number];

export interface CallCount {
  /** The function by its short name; `NATs` all together; `operator`. */
  readonly by: string;
  /** `<signing name>:<operation>`. */
  readonly call: string;
  readonly kind: CallKind;
  readonly count: number;
}

export interface CallTally {
  readonly counts: readonly CallCount[];
  readonly totals: Readonly<Record<CallKind, number>>;
  /** Calls that were refused, or not answered; they are counted, too. */
  readonly failed: number;
}

/** Who called what how often. */
export function tallyCalls(records: readonly CallRecord[], env: string): CallTally {
  const counts = new Map<string, CallCount>();
  for (const record of records) {
    const by = callerName(record.principal, env);
    const call = `${record.service}:${record.operation}`;
    const known = counts.get(`${by} ${call}`) ?? { by, call, kind: kindOf(call), count: 0 };
    counts.set(`${by} ${call}`, { ...known, count: known.count + 1 });
  }
  const sorted = [...counts.values()].sort((a, b) => a.by.localeCompare(b.by) || a.call.localeCompare(b.call));
  const totals = Object.fromEntries(CALL_KINDS.map((kind) => [kind, total(sorted.filter((count) => count.kind === kind))]));
  return {
    counts: sorted,
    totals: totals as Record<CallKind, number>,
    failed: records.filter(({ errorCode }) => errorCode !== undefined).length,
  };
}

/** What it does to the account. A question changes nothing; a message or an invocation changes nothing by itself. */
export function kindOf(call: string): CallKind {
  const [service = "", operation = ""] = call.split(":");
  if (/^(Describe|Get|List|Head)/.test(operation)) return "read";
  if (service === "lambda") return "invocation";
  if (service === "sqs" || service === "sns") return "message";
  return service === "monitoring" || service === "logs" ? "metric" : "write";
}

export function tallyLines({ counts, totals, failed }: CallTally): readonly string[] {
  const width = Math.max(0, ...counts.map(({ by }) => by.length));
  return [
    ...counts.map(
      ({ by, call, kind, count }) => `${by.padEnd(width)}  ${String(count).padStart(5)}  ${kind.padEnd(10)}  ${call}`,
    ),
    `all: ${CALL_KINDS.map((kind) => `${totals[kind]} ${kind}s`).join(", ")}; ${failed} of them failed`,
  ];
}

/** A function's session is its name, a NAT's is its instance. */
function callerName(principal: string, env: string): string {
  const [role = "", session = ""] = principal.split("/");
  if (session.startsWith("i-")) return "NATs";
  const own = `ha-nat-${env}-`;
  return session.startsWith(own) ? session.slice(own.length) : session || role;
}

function total(counts: readonly CallCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
