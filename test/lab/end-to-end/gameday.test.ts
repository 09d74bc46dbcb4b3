/** Established connections outlive their NAT: one run of each of a few faults in `prod`, with a fresh crowd, judged by gameday itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GamedayRecord } from "../../../lab/gameday/record";
import { isDeep } from "../../support/deep";
import { describeInNamespaces, root } from "../support/in-namespaces";
import { downAfterwards, lab } from "./lab";
import { withoutTheMachines } from "./survival";

/** Each with the moves that it brings about. The control plane's first: the sweep that follows its return comes during the others. */
const MOVES = {
  "control-plane-down": 0,
  "kill-standby": 0,
  "kill-nat": 1,
  ...(isDeep && { "hang-nat": 1, "control-plane-away": 0 }),
};
const FAULTS = Object.keys(MOVES);
const LANES = 3;
/** On a slow machine a zone's NATs may be up after those of another zone, which then has their lane until it comes home. */
const COMING_HOME = /the lane is away/;
/** On the lanes that a fault is about; the others have witnesses besides. */
const CONNECTIONS = 504;

describeInNamespaces("gameday in the prod environment", () => {
  downAfterwards("prod");

  test("every connection lives on, within the limits, and nobody from outside is let in", async () => {
    const options = { "--faults": FAULTS.join(","), "--times": "1", "--connections": String(CONNECTIONS) };
    const asked = Object.entries({ ...options, ...(!isDeep && { "--voids": "0" }) }).flat();
    const { code, stdout, stderr } = await lab("gameday", "--json", "--env", "prod", ...asked);
    if (isDeep) expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const { faults } = JSON.parse(stdout) as Pick<GamedayRecord, "faults">;

    expect(faults.map(({ fault }) => fault)).toEqual(FAULTS);
    for (const { fault, expects, runs } of faults) {
      expect({ fault, runs: runs.length }).toEqual({ fault, runs: 1 });
      for (const run of runs) {
        const reasons = isDeep ? run.reasons : withoutTheMachines(run.reasons);
        expect({ fault, reasons, open: run.open }).toEqual({ fault, reasons: [], open: [] });
        expect({ fault, alive: run.alive }).toEqual({ fault, alive: run.connections });
        expect(run.connections).toBeGreaterThanOrEqual(CONNECTIONS);
        // One of TCP's own pauses: an outage of 1.3 s or 1.5 s is one of 1.4 s or 3.1 s. The deep run judges it, on a machine of its own.
        if (isDeep) expect(run.stallMs?.worst).toBeLessThanOrEqual(expects.stallMs ?? 0);
        expect(run.knocked).toBeGreaterThan(1000);
      }
    }
    expect(Object.fromEntries(faults.map(({ fault, runs }) => [fault, runs[0]?.moves]))).toEqual(MOVES);
    const log = readFileSync(join(root, ".lab/prod/logs/ha-nat-prod-nat-route-failover.log"), "utf8");
    const moved = log.split("\n").filter((line) => line.includes('"message":"moved"') && !COMING_HOME.test(line));
    // Each lane's first election, and nothing between the runs; a void run was played, too.
    const played = faults.map(({ runs, voided }) => (runs[0]?.moves ?? 0) * (1 + voided));
    expect(moved).toHaveLength(played.reduce((sum, moves) => sum + moves, LANES));
  }, 1_800_000);
});
