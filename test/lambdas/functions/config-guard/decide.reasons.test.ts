import { natFinding, networkFindings, repairOrder, replacements } from "../../../../lambdas/functions/config-guard/decide";
import type { Checked, Finding } from "../../../../lambdas/functions/config-guard/decide";
import { lane, worldWith } from "../nat-route-failover/support/builders";
import { AGENT, RULESET, SELF_PROBE } from "./site";

const wrong = (name: string, ...failing: readonly { readonly name: string; readonly detail: string }[]): Checked => ({
  instanceId: `i-${name}`,
  zone: name.slice(0, 3),
  outcome: { state: "failed", failing },
});
const repair = (name: string): readonly Finding[] => [natFinding(wrong(name, RULESET))].filter((finding) => finding !== null);

describe("what is found is told with what it must be", () => {
  test("a route and a source/destination check, each with who is asked to mend it", () => {
    const world = worldWith({}, [{ ...lane("az1-l1", "az1-a"), route: { state: "missing" } }]);

    expect(networkFindings({ world, vanished: [], checked: ["i-az1-a"], memberships: [], guarded: null, subnetIds: [] })).toEqual(
      [
        {
          drift: {
            kind: "default-route",
            subject: "az1-l1",
            before: "no default route",
            after: "a default route to a NAT of ours",
          },
          mend: { kind: "ask-door" },
        },
        {
          drift: {
            kind: "source-dest-check",
            subject: "i-az1-a",
            before: "source/destination check on",
            after: "source/destination check off",
          },
          mend: { kind: "switch-off-source-dest-check", instanceId: "i-az1-a" },
        },
      ],
    );
  });

  test("a NAT, with all that is wrong of it and nothing of its health", () => {
    expect(natFinding(wrong("az1-a", RULESET, SELF_PROBE, AGENT))).toEqual({
      drift: {
        kind: "instance",
        subject: "i-az1-a",
        before: `ruleset: ${RULESET.detail}; agent: ${AGENT.detail}`,
        after: "nat-check passes",
      },
      mend: { kind: "repair", instanceId: "i-az1-a", zone: "az1" },
    });
  });
});

test("only what is repaired stands in the order of repairs: what is told during a hold does not", () => {
  const told = repair("az1-a").map(({ drift }): Finding => ({ drift, mend: { kind: "tell" } }));

  expect(repairOrder([...told, ...repair("az2-a")])).toEqual([["i-az2-a"]]);
  expect(repairOrder(told)).toEqual([]);
});

test("a replacement is asked for with what its repair did not help against, of NATs whose configuration is wrong alone", () => {
  const passing: Checked = { instanceId: "i-az0-a", zone: "az0", outcome: { state: "passed" } };

  expect(replacements([passing, wrong("az1-a", RULESET, SELF_PROBE), wrong("az0-b", SELF_PROBE)])).toEqual([
    { instanceId: "i-az1-a", because: `a repair did not help: ruleset: ${RULESET.detail}` },
  ]);
});
