import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, release, totalmem } from "node:os";
import { join } from "node:path";
import { CommandError, print, say } from "../cli/output";
import { checkMachine, thisMachine } from "../cli/requirements";
import { compileLoad } from "./compile";
import { benchTableSizes } from "./host-table";
import { inSandbox } from "./launch";
import type { BenchOptions, Part } from "./model";
import { PARTS } from "./model";
import { RULESETS } from "./rulesets";
import type { PartReport, Report } from "./report";
import { lines, merged, page, report } from "./report";
import { WORKLOADS } from "./workloads";

/** What the operator asks for. */
export interface BenchRequest {
  readonly root: string;
  readonly json: boolean;
  readonly parts: readonly string[];
  readonly workloads: readonly string[];
  readonly rulesets: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly write: boolean;
}

const PAGE = "docs/reference/bench.md";
const DATA = "docs/reference/bench.json";

/** Measures the parts one after the other; with `write` their results take the place of older ones in the reference. */
export async function benchVerb(request: BenchRequest): Promise<void> {
  const parts = PARTS.filter((part) => request.parts.length === 0 || request.parts.includes(part));
  mustExist("part", request.parts, PARTS);
  mustExist(
    "workload",
    request.workloads,
    WORKLOADS.map(({ name }) => name),
  );
  mustExist(
    "rule set",
    request.rulesets,
    RULESETS.map(({ name }) => name),
  );
  checkMachine(thisMachine);
  const load = await compileLoad(request.root);
  const reports: PartReport[] = [];
  for (const part of parts) {
    const one = await measure(part, load, request);
    reports.push(one);
    if (!request.json) print(false, one, lines(one));
    if (request.write) writeReference(request.root, [one]);
  }
  if (request.json) print(true, reports, []);
}

function mustExist(what: string, asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new CommandError(`${what} ${unknown.join(", ")} is not known; allowed: ${known.join(", ")}`);
}

async function measure(part: Part, load: string, request: BenchRequest): Promise<PartReport> {
  const { root, rounds, seconds, workloads, rulesets } = request;
  mkdirSync(join(root, ".lab"), { recursive: true });
  const folder = mkdtempSync(join(root, ".lab", "bench-"));
  const options: BenchOptions = { root, folder, load, part, rounds, seconds, workloads, rulesets };
  say(`${part}: ${rounds} rounds`);
  try {
    const result = await (part === "ceiling" ? benchTableSizes(options) : inSandbox(options));
    return report(result, {
      kernel: release(),
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      rounds,
      seconds,
      at: new Date().toISOString(),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeReference(root: string, reports: Report): void {
  const file = join(root, DATA);
  const older = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : [];
  const all = merged(older, reports);
  writeFileSync(file, `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(join(root, PAGE), page(all));
  say(`${PAGE} and ${DATA} are written`);
}
