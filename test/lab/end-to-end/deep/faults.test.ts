/** `prod` in the lab under traffic: faults that no other suite plays. Survival alone is judged: times are the machine's. */
import { ask } from "../../../../lab/cli/control-client";
import { requireRun } from "../../../../lab/cli/runs";
import { findFault } from "../../../../lab/faults/catalogue";
import { whole } from "../../../../lab/gameday/day";
import type { CrowdRun } from "../../../../lab/holder/crowd-run";
import { describeInNamespaces, root } from "../../support/in-namespaces";
import { keepVariantUp } from "../variant";

const ENV = "prod";
const CONNECTIONS = 200;

describeInNamespaces("prod in the lab, fault after fault", () => {
  keepVariantUp(ENV, { returnAfterSeconds: 20 });

  test.each<readonly [string, readonly number[]]>([
    ["partition-one-way", [0]],
    ["kill-replication", [0]],
    ["table-full", [1]],
    ["terminate", [1]],
    // One when the standby is replaced first.
    ["instance-refresh", [1, 2]],
    ["lose-zone-and-return", [1]],
  ])(
    "%s: every connection of every lane lives on, and lanes move %j times",
    async (fault, moves) => {
      const run = requireRun(root, ENV);
      await whole(run, `before ${fault}`);
      const request = { fault, connections: CONNECTIONS, seconds: findFault(fault).watchSeconds };
      const watched = await ask<CrowdRun>(run, "POST", "/crowd", request);
      if (watched.fault !== null) {
        const { name, ...struck } = watched.fault;
        await ask(run, "POST", "/undo", { fault: name, ...struck });
      }

      const deaths = watched.crowd.lanes.flatMap(({ lane, kinds }) => kinds.flatMap((kind) => deathsOf(lane, kind)));
      expect({ failure: watched.failure, deaths }).toEqual({ failure: null, deaths: [] });
      expect(moves).toContain(watched.moves);
      expect(watched.touched).not.toEqual([]);
      expect(watched.crowd.connections).toBeGreaterThanOrEqual(CONNECTIONS);
    },
    1_200_000,
  );
});

function deathsOf(lane: string, { kind, deaths }: CrowdRun["crowd"]["lanes"][number]["kinds"][number]): readonly string[] {
  return Object.entries(deaths).map(([why, count]) => `${lane}: ${count} ${kind}: ${why}`);
}
