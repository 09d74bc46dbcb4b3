import type { Fact, PartResult } from "./model";
import type { Ratio } from "./statistics";
import { ratios } from "./statistics";

/** Where and when a part was measured; absolute figures mean nothing without it, ratios little. */
export interface Conditions {
  readonly kernel: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly at: string;
}

/** One part as it is published: ratios, counts, what was skipped. */
export interface PartReport {
  readonly part: PartResult["part"];
  readonly conditions: Conditions;
  readonly ratios: readonly Ratio[];
  readonly facts: readonly Fact[];
  readonly skipped: readonly string[];
}

export type Report = readonly PartReport[];

export function report(result: PartResult, conditions: Conditions): PartReport {
  const { part, measured, comparisons, facts, skipped } = result;
  return { part, conditions, ratios: ratios(measured, comparisons).map(rounded), facts, skipped };
}

const digits = (value: number): number => Number(value.toFixed(3));

function rounded(ratio: Ratio): Ratio {
  return { ...ratio, median: digits(ratio.median), low: digits(ratio.low), high: digits(ratio.high) };
}

/** New parts take the place of older ones of the same name. */
export function merged(older: Report, newer: Report): Report {
  const all = new Map([...older, ...newer].map((one) => [one.part, one]));
  return [...all.values()];
}

const show = ({ median, low, high }: Ratio): string => `${median.toFixed(2)} [${low.toFixed(2)}–${high.toFixed(2)}]`;

/** Lines for a terminal. */
export function lines({ part, ratios: found, facts, skipped }: PartReport): readonly string[] {
  return [
    part,
    ...found.map((ratio) => {
      const goal = ratio.goal === undefined ? "" : ` (goal ${ratio.goal}: ${ratio.reached === true ? "reached" : "missed"})`;
      return `  ${ratio.workload}: ${ratio.subject} / ${ratio.base} ${show(ratio)}${goal}`;
    }),
    ...facts.map(({ of, name, value, unit }) => `  ${of}: ${name} ${value} ${unit}`.trimEnd()),
    ...skipped.map((why) => `  skipped: ${why}`),
  ];
}

/** docs/reference/bench.md. */
export function page(all: Report): string {
  const head = `# Bench

Written by \`npm run lab -- bench --write\` (\`lab/bench/\`), which says what each part does. Ratios of interleaved measurements: median [range] of the
ratios round by round; 1.00 is as much as the base. Absolute figures would be those of one machine. The data are in \`bench.json\`.
`;
  return [head, ...all.map(section)].join("\n");
}

function section({ part, conditions, ratios: found, facts, skipped }: PartReport): string {
  const { kernel, cores, memoryGiB, rounds, at } = conditions;
  const where = `Linux ${kernel}, ${cores} cores, ${memoryGiB} GiB, ${rounds} rounds, ${at.slice(0, 10)}.`;
  return [`## ${part}`, where, ratioTable(found), factTable(facts), ...skipped.map((why) => `Skipped: ${why}.`)]
    .filter((block) => block !== "")
    .map((block) => `${block}\n`)
    .join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function ratioTable(found: readonly Ratio[]): string {
  const pairs = [...new Set(found.map(({ subject, base }) => `${subject} / ${base}`))];
  const workloads = [...new Set(found.map(({ workload }) => workload))];
  const cell = (workload: string, pair: string): string => {
    const ratio = found.find((one) => one.workload === workload && `${one.subject} / ${one.base}` === pair);
    return ratio === undefined ? "" : show(ratio);
  };
  return table(
    ["", ...pairs],
    workloads.map((workload) => [workload, ...pairs.map((pair) => cell(workload, pair))]),
  );
}

function factTable(facts: readonly Fact[]): string {
  const names = [...new Set(facts.map(({ name, unit }) => (unit === "" ? name : `${name}, ${unit}`)))];
  const cases = [...new Set(facts.map((fact) => fact.of))];
  const cell = (of: string, name: string): string => {
    const fact = facts.find((one) => one.of === of && (one.unit === "" ? one.name : `${one.name}, ${one.unit}`) === name);
    return fact === undefined ? "" : fact.value.toLocaleString("en-US");
  };
  return table(
    ["", ...names],
    cases.map((of) => [of, ...names.map((name) => cell(of, name))]),
  );
}
