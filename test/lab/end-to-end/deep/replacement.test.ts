/**
 * `test` with two NATs a zone, and accelerated schedules: what a repair does not mend is replaced, its lane first. In one zone the agent
 * cannot start, while the data plane works on; in the other the payload's ruleset is one that nft refuses, and the kernel's was changed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { CallRecord } from "../../../../lab/aws/call-log";
import { ask } from "../../../../lab/cli/control-client";
import { requireRun } from "../../../../lab/cli/runs";
import type { CrowdRun } from "../../../../lab/holder/crowd-run";
import type { LabStatus } from "../../../../lab/holder/status";
import { describeInNamespaces, root } from "../../support/in-namespaces";
import { labJson, serverOf, statusOf, until } from "../lab";
import { ACCELERATED, Operator } from "../operator";
import { keepVariantUp } from "../variant";

const LANES = ["use1-az1-l1", "use1-az2-l1"] as const;
const CONNECTIONS = 80;
/** From the damage to the fleet that is whole again, at most. */
const LIMIT_SECONDS = 300;
/** Of the crowd: so long that every lane has moved by then. */
const WATCH_SECONDS = 180;
const GATHER_MS = 10_000;

const AGENT = "/opt/ha-nat/agent/nat-agent.mjs";
const RULES = "/opt/ha-nat/nftables/nat.nft";

/** Replacements asked for by SetInstanceHealth, one for each instance. */
function marked(): readonly string[] {
  const text = readFileSync(join(root, ".lab/test/logs/holder.log"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith('{"service":') && line.endsWith("}"))
    .map((line) => JSON.parse(line) as CallRecord)
    .filter(({ operation, status }) => operation === "SetInstanceHealth" && status === 200)
    .map(({ principal }) => `${principal}`);
}

describeInNamespaces("a NAT that a repair does not mend", () => {
  keepVariantUp("test", { natsPerZoneMin: 2, natsPerZoneMax: 2 }, ...ACCELERATED);

  test(
    "is replaced, one in a zone, its lane first: no connection is lost",
    async () => {
      const operator = await Operator.of("test");
      const damage = async (node: string, script: string): Promise<void> => {
        const argv = ["exec", "--env", "test", node, "--", "bash", "-ec", script];
        const { exitCode, stdout } = await labJson<{ exitCode: number; stdout: string }>(...argv);
        expect({ node, exitCode, stdout }).toMatchObject({ exitCode: 0 });
      };
      const before = await statusOf("test");
      const [agentless, ruleless] = [serverOf(before, LANES[0]), serverOf(before, LANES[1])];
      const idOf = (node: string): string => before.instances.find((one) => one.node === node)?.instanceId ?? node;
      const broken = [idOf(agentless), idOf(ruleless)];
      const run = requireRun(root, "test");
      const watched = ask<CrowdRun>(run, "POST", "/crowd", { connections: CONNECTIONS, seconds: WATCH_SECONDS });
      await wait(GATHER_MS);

      await damage(agentless, `echo 'throw new Error("damaged")' >${AGENT}; systemctl stop ha-nat-agent`);
      await damage(ruleless, `echo 'no rule at all' >>${RULES}; nft insert rule ip ha_nat forward accept`);
      const isWhole = ({ settled, instances }: LabStatus): boolean =>
        settled && broken.every((id) => instances.every(({ instanceId }) => instanceId !== id));
      await until("test", "both replaced", isWhole, LIMIT_SECONDS);

      const { crowd, servedAfter } = await watched;
      expect({ alive: crowd.alive, servedAfter }).toMatchObject({ alive: crowd.connections });
      expect(crowd.connections).toBeGreaterThanOrEqual(CONNECTIONS);
      expect(marked()).toHaveLength(2);
      for (const subject of broken) {
        expect(operator.told()).toContainEqual(expect.objectContaining({ kind: "instance", subject, message: "drift" }));
        expect(operator.told()).toContainEqual(expect.objectContaining({ kind: "instance", subject, message: "drift left" }));
      }
    },
    (LIMIT_SECONDS + WATCH_SECONDS) * 1000,
  );
});
