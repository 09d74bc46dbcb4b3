/** One failover as a person would tell it, from the logs of a lab: who noticed, what was decided and because of what, what was done. */

/** Name of a log (`nat-use1-az1-a`, `holder`, a function's) → its text. */
export type Logs = Readonly<Record<string, string>>;

interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly keys: Readonly<Record<string, unknown>>;
}

/** How long before its decision a symptom may be, and how long after it a call. */
const BEFORE_MS = 15_000;
const AFTER_MS = 15_000;
const MOST_LINES = 30;
/** Of all that a run of config-guard finds: the others are in its own log. */
const MOST_FOUND = 3;

const WRITES = /^(Create|Replace|Assign|Associate|SetInstance|Put|CompleteLifecycle)/;

/**
 * @param number 1 is the first failover of the logs: a decision that moves a lane
 * @returns at most 30 lines
 * @throws Error when there are fewer failovers
 */
export function timeline(logs: Logs, number: number): readonly string[] {
  const entries = Object.entries(logs)
    .flatMap(([from, text]) => text.split("\n").flatMap((line) => parse(line, from)))
    .toSorted((a, b) => a.at - b.at);
  const decisions = entries.filter((entry) => entry.keys["message"] === "decided" && moves(entry).length > 0);
  const decision = decisions[number - 1];
  if (decision === undefined)
    throw new Error(`failover ${number} is not in the logs; they have ${decisions.length}: give a number from 1`);
  const next = entries.find(
    (entry) => entry.at > decision.at && entry.from === decision.from && entry.keys["message"] === "decided",
  );
  const until = Math.min(decision.at + AFTER_MS, next?.at ?? Infinity);
  const told = [
    ...entries.filter((entry) => isBefore(entry, decision)),
    decision,
    ...entries.filter((entry) => entry.at < until && isAfter(entry, decision)),
  ];
  const begun = told[0]?.at ?? decision.at;
  const lines = told.flatMap((entry) =>
    words(entry).map(
      (text) => `${offset(entry.at - begun)}  ${entry.keys["message"] === undefined ? "AWS" : entry.from}: ${text}`,
    ),
  );
  const head = `failover ${number} of ${decisions.length}, ${new Date(begun).toISOString()}, correlation ${correlations(decision).join(", ")}`;
  return shortened([head, ...lines]);
}

/** Symptoms, and who asked for the look: what carries a correlation ID of the decision. */
function isBefore(entry: Entry, decision: Entry): boolean {
  const id = entry.keys["correlationId"];
  const isNear = entry.at <= decision.at && entry.at >= decision.at - BEFORE_MS;
  return isNear && typeof id === "string" && correlations(decision).includes(id);
}

/** The same invocation's lines until its end, and the calls that its function made meanwhile. */
function isAfter(entry: Entry, decision: Entry): boolean {
  if (entry.at < decision.at || entry === decision) return false;
  const request = decision.keys["function_request_id"];
  if (entry.keys["message"] !== undefined) return entry.keys["function_request_id"] === request && entry.from === decision.from;
  const { operation, principal } = entry.keys;
  const isOurs = typeof principal === "string" && principal.startsWith(`${decision.from}/`);
  return isOurs && WRITES.test(String(operation));
}

function parse(line: string, from: string): readonly Entry[] {
  if (!line.startsWith("{")) return [];
  try {
    const keys = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const time = keys["timestamp"] ?? keys["startedAt"];
    return typeof time === "string" ? [{ at: Date.parse(time), from, keys }] : [];
  } catch {
    // The last line of a lab that was killed may be half a line.
    return [];
  }
}

type Item = Readonly<Record<string, unknown>>;
const items = (value: unknown): readonly Item[] => (Array.isArray(value) ? (value as readonly Item[]) : []);
const correlations = ({ keys }: Entry): readonly string[] =>
  Array.isArray(keys["correlationIds"]) ? (keys["correlationIds"] as readonly string[]) : [];
const moves = ({ keys }: Entry): readonly Item[] =>
  items(keys["plan"]).filter(({ kind }) => kind === "point-route" || kind === "point-route-to-gateway");

function words({ keys }: Entry): readonly string[] {
  const message = keys["message"];
  if (typeof message !== "string") {
    const failed = typeof keys["errorCode"] === "string" ? `, ${keys["errorCode"]}` : "";
    return [`${String(keys["operation"])} took ${String(keys["durationMs"])} ms${failed}`];
  }
  switch (message) {
    case "decided":
      return keys["triggers"] === undefined ? askingWords(keys) : decisionWords(keys);
    case "drift":
      return [`finds ${String(keys["subject"])}: ${String(keys["before"])}`];
    case "asks for an election":
      return [`asks for an election: ${String(keys["instanceId"])} ${String(keys["because"])}`];
    case "moved":
      return [`moved ${String(keys["lane"])} to ${String(keys["to"])}, seen in EC2's answers after ${String(keys["tookMs"])} ms`];
    case "suspicion":
      return [`suspects ${String(keys["suspect"])} by ${String(keys["reason"])}`];
    case "breach":
      return [`${String(keys["failed"])} of ${String(keys["of"])} rounds of ${String(keys["lane"])} failed`];
    default:
      return [message];
  }
}

/** Of who looks for drift: what it does not do itself, in one line however much it found. */
function askingWords(keys: Item): readonly string[] {
  const asked = items(keys["plan"]).filter(({ kind }) => kind === "ask-door" || kind === "replace");
  const whys = [...new Set(asked.map(({ because }) => String(because)))];
  const found = Array.isArray(keys["evidence"]) ? (keys["evidence"] as readonly string[]) : [];
  const more = found.length > MOST_FOUND ? `, and ${found.length - MOST_FOUND} more` : "";
  return [`asks nat-route-failover because of ${found.slice(0, MOST_FOUND).join("; ")}${more}: ${whys.join("; ")}`];
}

function decisionWords(keys: Item): readonly string[] {
  const notWell = items(keys["evidence"]).filter(({ kind, leaving }) => kind !== "healthy" || leaving === true);
  const seen = notWell.map(
    ({ instanceId, kind, leaving }) => `${String(instanceId)} ${String(kind)}${leaving === true ? ", leaving" : ""}`,
  );
  const acts = items(keys["plan"]).filter(({ kind }) => kind !== "none" && kind !== "record");
  return [
    `looks because of ${(keys["triggers"] as readonly string[]).join(", ")}; sees ${seen.join("; ") || "all well"}`,
    ...acts.map(({ kind, lane, instanceId, address, because }) => {
      const what = [kind, lane, address, instanceId].filter((part) => part !== undefined).map(String);
      return `plans ${what.join(" ")}, because ${String(because)}`;
    }),
  ];
}

const offset = (ms: number): string => `+${(ms / 1000).toFixed(3)} s`.padStart(10);

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  // The end says how it came out; what there is most of is in the middle.
  const head = lines.slice(0, MOST_LINES - 6);
  const tail = lines.slice(-5);
  return [...head, `${" ".repeat(10)}  … ${lines.length - head.length - tail.length} lines more`, ...tail];
}
