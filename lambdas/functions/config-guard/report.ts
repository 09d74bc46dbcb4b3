import type { Hold } from "../../../contract/parameters";
import { holdWords } from "../../lib/domain/admit";
import { driftWords } from "../../lib/domain/drift";
import type { Log } from "../../lib/domain/ports";
import type { Finding, Mend } from "./decide";

const BECAUSE: Readonly<Record<Mend["kind"], string>> = {
  "ask-door": "nat-route-failover is the one writer of routes",
  "switch-off-source-dest-check": "with it on, EC2 drops what a NAT forwards",
  "change-acl": "the deployment says what the entries are",
  repair: "nat-check fails on its configuration or its agent",
  tell: "a person or a deployment must put it right",
};

/** One line: what was found, what is done about each and why. Nothing where nothing was found. */
export function reportDecision(
  findings: readonly Finding[],
  keys: { readonly correlationId: string; readonly hold?: Hold },
  log: Log,
): void {
  if (findings.length === 0) return;
  const { hold } = keys;
  log.info("decided", {
    ...keys,
    evidence: findings.map(({ drift }) => driftWords(drift)),
    plan: findings.map(({ drift: { subject }, mend: { kind } }) => ({
      kind,
      subject,
      because: hold === undefined ? BECAUSE[kind] : `moves are ${holdWords(hold)}`,
    })),
  });
}
