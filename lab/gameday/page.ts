import type { Expectation } from "../faults/fault";
import type { Distribution } from "../report/crowd";
import { distribution } from "../report/crowd";
import { VOID, VOIDS_REPEATED } from "./judge";
import type { FaultRecord, GamedayRecord, Run } from "./record";
import { FORMER_PACE } from "./record";
import { DESCRIPTIONS, KINDS } from "../crowd/kinds";

/** `docs/reference/gameday.md`. Nothing in it depends on when it was written. */
export function page(record: GamedayRecord): string {
  return `# Gameday

Written by \`npm run lab -- gameday --write\` (data: [gameday.json](gameday.json)). Environment \`${record.env}\` in the lab, EC2 latency
\`${record.latency}\`, ${record.cores} cores for everything, kernel ${record.kernel}; every run with a fresh crowd.

The crowd: ${KINDS.map((kind) => `${kind} (${DESCRIPTIONS[kind]})`).join("; ")}; and new connections all the time. ${paces(record.faults)} A
connection is dead when it is reset, closed, or when its last exchange does not come back. A stall is the longest wait for an answer, or
silence beyond the sender's pace; TCP repeats at its own doubling times, so its stalls are longer than the path was broken. Every lane that
a fault is not about must lose no packet and no connection. A run in which the crowd's own processes stood still for more than 100 ms, or
the machine dropped packets because a core's queue was full, is void: everything shares the machine. The first ${VOIDS_REPEATED} of a fault
are repeated (${record.faults.reduce((voids, { voided }) => voids + voided, 0)} were); one more, or one after which the fleet was not whole again, counts, as not held. ${countedVoids(record.faults)}

## What was asked, and what was seen

Stalls: median / p99 / worst of all connections of all runs. Outage: longest time without a new connection, median / worst of the runs.

| fault | alive | stall ms | outage ms | new connections failed | packets lost | moves | held |
| --- | --- | --- | --- | --- | --- | --- | --- |
${record.faults.map(row).join("\n")}

![Stalls](gameday-stalls.svg)

![Outages](gameday-outages.svg)

## What each fault does

${record.faults.map(chapter).join("\n")}
## The scan

During every run somebody on the internet, and a client, knocked at the NATs' doors: ${sum(record, ({ knocked }) => knocked)} knocks (TCP
1–1023 and well-known ports, UDP 881 and 882), ${sum(record, ({ open }) => open.length)} answers.
`;
}

/** Which rows have runs that say nothing of the fleet, and how many. */
function countedVoids(faults: readonly FaultRecord[]): string {
  const counted = faults.flatMap(({ fault, runs }) => {
    const voids = runs.filter(({ reasons }) => reasons.some((reason) => reason.startsWith(VOID))).length;
    return voids === 0 ? [] : [`${fault} ${voids} of ${runs.length}`];
  });
  return counted.length === 0 ? "No run of the table is void." : `Void runs in the table: ${counted.join(", ")}.`;
}

/** Which rows were played at which paces. */
function paces(faults: readonly FaultRecord[]): string {
  const kinds = [...new Set(faults.map(paceOf))];
  const told = kinds.map((pace) => {
    const rows = faults.filter((fault) => paceOf(fault) === pace).map(({ fault }) => fault);
    return kinds.length === 1 ? pace : `${pace} (${rows.join(", ")})`;
  });
  return `Milliseconds from one message, or one new connection of a lane (churn), to the next: ${told.join("; ")}.`;
}

function paceOf({ paceMs = FORMER_PACE }: FaultRecord): string {
  return (["request", "upload", "push", "udp", "icmp", "churn"] as const).map((name) => `${name} ${paceMs[name]}`).join(", ");
}

function row({ fault, runs, stallMs }: FaultRecord): string {
  const alive = total(runs, (run) => run.alive);
  const connections = total(runs, (run) => run.connections);
  const failed = `${total(runs, (run) => run.failures)} of ${total(runs, (run) => run.tries)}`;
  const moves = distribution(runs.map((run) => run.moves))?.median ?? 0;
  const held = runs.filter(({ reasons }) => reasons.length === 0).length;
  const cells = [
    ...[fault, `${percent(alive, connections)} (${alive} of ${connections})`, threeOf(stallMs), outageOf(runs)],
    ...[failed, total(runs, (run) => run.lost), moves, `${held} of ${runs.length}`],
  ];
  return `| ${cells.join(" | ")} |`;
}

function chapter({ fault, does, by, expects, runs }: FaultRecord): string {
  const calls = [...new Set(runs.flatMap((run) => Object.keys(run.calls)))].sort();
  const medians = calls.map((call) => [call, distribution(runs.map((run) => run.calls[call] ?? 0))?.median ?? 0] as const);
  const reasons = runs.flatMap((run) => run.reasons);
  return `### ${fault}

It ${does}${by === "AWS" ? " (an act of AWS or of an operator, not a broken machine)" : ""}. Asked: ${asked(expects)}.

API calls during the watch, median: ${medians.map(([call, count]) => `${call} ${count}`).join(", ") || "none"}.
${reasons.map((reason) => `\nNot held: ${reason}.\n`).join("")}`;
}

/** The limits as words. */
export function asked({ established, stallMs, outageMs, failures, lost }: Expectation): string {
  const clauses = [
    ...(established === undefined ? [] : [`${established * 100} % of established connections live`]),
    ...(stallMs === undefined ? [] : [`no stall above ${stallMs} ms`]),
    ...(outageMs === undefined ? [] : [`new connections again within ${outageMs} ms`]),
    ...(failures === undefined ? [] : [`${failures} failed new connections`]),
    ...(lost === undefined ? [] : [`${lost} lost packets`]),
  ];
  return clauses.join(", ");
}

function outageOf(runs: readonly Run[]): string {
  const known = runs.flatMap(({ outageMs }) => outageMs ?? []);
  const found = distribution(known);
  const figures = found === undefined ? "–" : `${found.median} / ${found.worst}`;
  return known.length < runs.length ? `${figures}, ${runs.length - known.length} did not come back` : figures;
}

function threeOf(found: Distribution | null): string {
  return found === null ? "–" : `${found.median} / ${found.p99} / ${found.worst}`;
}

function percent(part: number, whole: number): string {
  // Rounded down: 100 % means all.
  return whole === 0 ? "–" : `${Math.floor((1000 * part) / whole) / 10} %`;
}

function total(runs: readonly Run[], of: (run: Run) => number): number {
  return runs.reduce((sumOf, run) => sumOf + of(run), 0);
}

function sum(record: GamedayRecord, of: (run: Run) => number): number {
  return total(
    record.faults.flatMap(({ runs }) => runs),
    of,
  );
}
