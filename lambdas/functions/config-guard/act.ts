import { FUNCTION_NAMES } from "../../../contract/functions";
import { MOST_WORDS, reasonOf } from "../../lib/domain/drift";
import { repairOrder } from "./decide";
import type { Checked, Finding } from "./decide";
import { COMMAND_MS, check, runDocument } from "./observe";
import type { Services } from "./services";

/** After a repair the agent starts, and its self-probe must be good before nat-check passes. */
const AGENT_MS = 20_000;
const RECHECK_MS = 2_000;
/** A repair, a check, the agent's start and the check that is asked at the end of it, each as long as it may take. */
const REPAIR_MS = 3 * COMMAND_MS + AGENT_MS;
const BY = FUNCTION_NAMES.configGuard;
const REPLACED = "it was repaired once in this run, and is the first of its zone that is still wrong";

/** Puts the network right, what can be put right; a failure stops nothing else and is logged: the next look tells what is left. */
export async function mendNetwork(findings: readonly Finding[], correlationId: string, s: Services): Promise<void> {
  const routes = findings.filter(({ mend }) => mend.kind === "ask-door");
  const work = findings.map(async ({ drift, mend }) => {
    try {
      if (mend.kind === "switch-off-source-dest-check") await s.switchOffSourceDestCheck(mend.instanceId);
      if (mend.kind === "change-acl") await s.rules.change(mend.change);
    } catch (error) {
      s.log.error("could not mend", { ...drift, error });
    }
  });
  await Promise.all(work);
  if (routes.length === 0) return;
  const because = reasonOf(routes.map(({ drift }) => drift));
  await s.send({ ...base(s), correlationId, kind: "repair", by: BY, because });
}

/** One repair of each, and its nat-check afterwards; what there is no time for is left to the next run. */
export async function repairNats(
  findings: readonly Finding[],
  remainingMs: () => number,
  s: Services,
): Promise<readonly Checked[]> {
  const zoneOf = new Map(findings.flatMap(({ mend }) => (mend.kind === "repair" ? [[mend.instanceId, mend.zone] as const] : [])));
  const zones = repairOrder(findings).map(async (instanceIds) => {
    const checked: Checked[] = [];
    for (const instanceId of instanceIds)
      if (remainingMs() > REPAIR_MS) checked.push(await repairNat(instanceId, zoneOf.get(instanceId) ?? "", s));
    return checked;
  });
  return (await Promise.all(zones)).flat();
}

async function repairNat(instanceId: string, zone: string, s: Services): Promise<Checked> {
  const repaired = await runDocument(s.repair, instanceId, s);
  s.log.info("repaired", { instanceId, ...repaired });
  let checked = await check({ instanceId, zone }, s);
  await s.waiter.until(
    async () => {
      if (checked.outcome.state !== "passed") checked = await check({ instanceId, zone }, s);
      return checked.outcome.state === "passed";
    },
    { intervalMs: RECHECK_MS, deadlineMs: AGENT_MS },
  );
  // Nothing is known of a repair that nobody may have begun; the next run repairs. To replace the NAT would be too much.
  if (repaired.state !== "unasked" || checked.outcome.state === "passed") return checked;
  return { ...checked, outcome: { state: "unknown", because: `its repair: ${repaired.because}` } };
}

export async function askForReplacement(instanceId: string, because: string, s: Services): Promise<void> {
  const correlationId = `${BY}-${instanceId}-${s.clock.now().getTime()}`;
  const reason = because.slice(0, MOST_WORDS);
  // Said before it is done: what nat-route-failover says of it comes later.
  const plan = [{ kind: "replace", subject: instanceId, because: REPLACED }];
  s.log.info("decided", { correlationId, evidence: [reason], plan });
  await s.send({ ...base(s), correlationId, kind: "replace", by: BY, instanceId, because: reason });
}

function base({ env, clock }: Services) {
  return { schema: 1, env, at: clock.now().toISOString() } as const;
}
