/**
 * One pass of nat-route-failover's decide over 10 to 10,000 lanes with two NATs each, and what that costs per lane, as a ratio to the
 * size before: about 1 when it is linear. `--json` for programs. What a look costs in calls of AWS: test/lab/end-to-end/deep/calls.test.ts.
 */
import { parseArgs } from "node:util";
import { decide } from "../../lambdas/functions/nat-route-failover/decide";
import type { Situation } from "../../lambdas/functions/nat-route-failover/decide";
import { anyFleet } from "./fleets";
import type { FleetCase } from "./fleets";

const SIZES = [10, 100, 1_000, 10_000];
const CASES: readonly FleetCase[] = ["quiet", "a NAT of every zone is dead", "every second zone is lost"];

/** Per lane; a step of ten times the lanes may cost a little more of each (memory), never ten times. */
const MOST_RATIO = 3;
/** So many lanes are decided about for each figure, however many passes that takes. */
const LANES_PER_FIGURE = 20_000;
const FIGURES = 5;

interface Row {
  readonly fleet: FleetCase;
  readonly lanes: number;
  readonly moves: number;
  readonly usPerLane: number;
  /** To the size before; null for the first. */
  readonly ratio: number | null;
}

/**
 * Processor time, not the clock's: others use the machine too. The least of several figures, for what comes between can only add.
 * A fresh fleet for each pass: what is indexed once per look must be paid in each.
 */
function usPerLane(make: () => Situation, lanes: number): number {
  const passes = Math.max(1, LANES_PER_FIGURE / lanes);
  const figures = Array.from({ length: FIGURES }, () => {
    const fleets = Array.from({ length: passes }, make);
    const started = process.cpuUsage();
    for (const fleet of fleets) decide(fleet);
    return process.cpuUsage(started).user / (passes * lanes);
  });
  return Math.min(...figures);
}

function measure(fleet: FleetCase): readonly Row[] {
  const rows: Row[] = [];
  for (const lanes of SIZES) {
    const make = anyFleet(lanes, fleet);
    const moves = decide(make()).plan.filter(({ kind }) => kind === "point-route").length;
    const us = usPerLane(make, lanes);
    const before = rows.at(-1);
    rows.push({ fleet, lanes, moves, usPerLane: us, ratio: before === undefined ? null : us / before.usPerLane });
  }
  return rows;
}

function main(): void {
  const { json = false } = parseArgs({ options: { json: { type: "boolean" } } }).values;
  // The compiler has seen everything before the first figure.
  for (const fleet of CASES) usPerLane(anyFleet(100, fleet), 100);
  const rows = CASES.flatMap(measure);
  const slow = rows.filter(({ ratio }) => ratio !== null && ratio > MOST_RATIO);
  if (json) process.stdout.write(`${JSON.stringify({ rows, linear: slow.length === 0 }, null, 2)}\n`);
  else
    for (const { fleet, lanes, moves, usPerLane: us, ratio } of rows)
      process.stdout.write(
        `${fleet.padEnd(30)} ${String(lanes).padStart(6)} lanes ${String(2 * lanes).padStart(6)} NATs ${String(moves).padStart(6)} moves ` +
          `${us.toFixed(1).padStart(8)} µs a lane  ${ratio === null ? "" : `× ${ratio.toFixed(2)}`}\n`,
      );
  for (const { fleet, lanes, ratio } of slow)
    process.stderr.write(`${fleet}: ${lanes} lanes cost ${ratio?.toFixed(1)} times as much a lane; most is ${MOST_RATIO}\n`);
  process.exitCode = slow.length === 0 ? 0 : 1;
}

main();
