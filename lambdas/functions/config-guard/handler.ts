import { FUNCTION_NAMES } from "../../../contract/functions";
import { holdInForce } from "../../../contract/parameters";
import type { Hold, Topology } from "../../../contract/parameters";
import { parseScheduled } from "../../lib/aws/scheduled";
import type { Drift } from "../../lib/domain/drift";
import { lambdaEntry } from "../../lib/runtime/entry";
import type { Invocation } from "../../lib/runtime/entry";
import { askForReplacement, mendNetwork, repairNats } from "./act";
import { agreed, natFinding, networkFindings, replacements, underHold } from "./decide";
import type { Checked, Finding } from "./decide";
import { check, observe } from "./observe";
import type { Seen } from "./observe";
import { reportDecision } from "./report";
import { buildServices } from "./services";
import type { Services } from "./services";

/** A move or a launch, from its first write until EC2 shows all of it. */
export const SETTLE_MS = 4_000;
/** Effects of EC2, and a run of nat-route-failover. */
const MEND_MS = 20_000;
const POLL_MS = 1_000;

/** Drift that is there now, when a report was asked for; else undefined after all is said and done. */
export async function handle(
  raw: unknown,
  s: Services,
  { remainingMs }: Pick<Invocation, "remainingMs">,
): Promise<{ readonly drift: readonly Drift[] } | undefined> {
  const event = parseScheduled(raw, FUNCTION_NAMES.configGuard, s.clock.now());
  if (event.kind === "ignored") {
    s.log.info("ignored", { because: event.because });
    return undefined;
  }
  const { topology, record } = await s.documents.read();
  const seen = await observe(topology, s);
  const [network, nats] = await Promise.all([twice(seen, topology, s), Promise.all(seen.nats.map((nat) => check(nat, s)))]);
  for (const { instanceId, outcome } of nats)
    if (outcome.state === "unknown") s.log.warn("not checked", { instanceId, because: outcome.because });
  const findings = [...network, ...nats.flatMap((checked) => natFinding(checked) ?? [])];
  if (event.kind === "report") return { drift: findings.map(({ drift }) => drift) };
  const now = s.clock.now();
  const hold = holdInForce(record, now);
  const run = { correlationId: `${FUNCTION_NAMES.configGuard}-${now.getTime()}`, hold, remainingMs };
  await guard(underHold(findings, hold !== undefined), run, topology, s);
  return undefined;
}

/** What two looks agree on. */
async function twice(first: Seen, topology: Topology, s: Services): Promise<readonly Finding[]> {
  const found = networkFindings(first.network);
  if (found.length === 0) return [];
  await s.sleep(SETTLE_MS);
  return agreed(found, networkFindings((await observe(topology, s)).network));
}

interface Run {
  /** Of what is asked of nat-route-failover. */
  readonly correlationId: string;
  readonly hold: Hold | undefined;
  readonly remainingMs: () => number;
}

async function guard(findings: readonly Finding[], run: Run, topology: Topology, s: Services): Promise<void> {
  const { correlationId, hold, remainingMs } = run;
  const keys = hold === undefined ? {} : { hold };
  reportDecision(findings, { correlationId, ...keys }, s.log);
  s.drift.found(
    findings.map(({ drift }) => drift),
    keys,
  );
  const repairs = findings.filter(({ mend }) => mend.kind === "repair");
  const [networkLeft, checked] = await Promise.all([
    mendAndLook(findings, correlationId, topology, s),
    repairNats(repairs, remainingMs, s),
  ]);
  for (const { instanceId, because } of replacements(checked)) await askForReplacement(instanceId, because, s);
  const isLeft = (finding: Finding): boolean => networkLeft.includes(finding) || isStillWrong(finding, checked);
  s.drift.mended(findings.filter((finding) => !isLeft(finding)).map(({ drift }) => drift));
  s.drift.left(
    findings.filter(isLeft).map(({ drift }) => drift),
    keys,
  );
}

/** Everything but the NATs themselves: mends, and looks until it is right or the time is up. @returns what is left. */
async function mendAndLook(
  findings: readonly Finding[],
  correlationId: string,
  topology: Topology,
  s: Services,
): Promise<readonly Finding[]> {
  const ofNetwork = findings.filter(({ drift }) => drift.kind !== "instance");
  const mendable = ofNetwork.filter(({ mend }) => mend.kind !== "tell");
  if (mendable.length === 0) return ofNetwork;
  await mendNetwork(mendable, correlationId, s);
  let left = mendable;
  await s.waiter.until(
    async () => {
      const now = networkFindings((await observe(topology, s)).network);
      left = mendable.filter(({ drift }) =>
        now.some(
          (other) =>
            other.drift.kind === drift.kind && other.drift.subject === drift.subject && other.drift.after === drift.after,
        ),
      );
      return left.length === 0;
    },
    { intervalMs: POLL_MS, deadlineMs: MEND_MS },
  );
  return ofNetwork.filter((finding) => left.includes(finding) || !mendable.includes(finding));
}

/** A NAT that was not repaired, or that nobody saw pass afterwards. */
function isStillWrong({ drift }: Finding, checked: readonly Checked[]): boolean {
  if (drift.kind !== "instance") return false;
  return !checked.some(({ instanceId, outcome }) => instanceId === drift.subject && outcome.state === "passed");
}

export const handler = lambdaEntry(buildServices, handle);
