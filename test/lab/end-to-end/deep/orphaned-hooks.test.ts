/**
 * `test` in the lab, when EventBridge loses the event of a lifecycle hook: the instance stands there, and the sweep of every minute has the
 * hook finished long before Auto Scaling gives up on it (480 s: a launch would be thrown away, a leaving NAT cut off).
 */
import type { Peers } from "../../../../contract/parameters";
import type { SabotageReport } from "../../../../lab/aws/sabotage";
import { ask } from "../../../../lab/cli/control-client";
import type { JournalRecord } from "../../../../lab/cli/progress";
import { requireRun } from "../../../../lab/cli/runs";
import type { LabStatus } from "../../../../lab/holder/status";
import { describeInNamespaces, root } from "../../support/in-namespaces";
import { serverOf, until } from "../lab";
import { Operator } from "../operator";
import { keepVariantUp } from "../variant";

const LANE = "use1-az1-l1";
const HANDLER = "asg-lifecycle-handler";
/** As short as it may be: the sweep waits for as long, and a minute more. */
const LAUNCH_DEADLINE_SECONDS = 30;
const LIMIT_SECONDS = 280;

const byId = (a: Peers["peers"][number], b: Peers["peers"][number]): number => (a.instanceId < b.instanceId ? -1 : 1);

interface TakenUp {
  readonly instanceId: string;
  readonly transition: string;
}

describeInNamespaces("a lifecycle hook whose event was lost", () => {
  keepVariantUp("test", { launchDeadlineSeconds: LAUNCH_DEADLINE_SECONDS });

  test("what it left behind, too: a peer whose instance is in no group, whoever wrote it, is taken out", async () => {
    const operator = await Operator.of("test");
    const name = "/ha-nat/test/peers";
    const read = async (): Promise<Peers> => {
      const { Parameter } = await operator.aws<{ Parameter: { Value: string } }>("ssm", "get-parameter", "--name", name);
      return JSON.parse(Parameter.Value) as Peers;
    };
    const { peers } = await read();
    const [first] = peers;
    if (first === undefined) throw new Error(`${name} has no peer`);
    const gone = { ...first, instanceId: "i-0123456789abcdef0", name: "use1-az1-z", address: "10.40.128.250" };
    const value = JSON.stringify({ schema: 1, peers: [...peers, gone] } satisfies Peers);
    await operator.aws("ssm", "put-parameter", "--name", name, "--value", value, "--overwrite");

    await until("test", "two sweeps", () => operator.logged(HANDLER, "stale peers").length > 0, LIMIT_SECONDS);
    expect((await read()).peers.toSorted(byId)).toEqual(peers.toSorted(byId));
  }, 300_000);

  // A NAT leaves: its own event is the first, that of its successor's launch the second.
  test.each([
    ["terminate", 1],
    ["launch", 2],
  ])(
    "%s: is finished by the sweep, and the fleet is whole",
    async (transition, occurrence) => {
      const operator = await Operator.of("test");
      const run = requireRun(root, "test");
      const before = await until("test", "settled", ({ settled }) => settled, 60);
      const leaving = before.instances.find(({ node }) => node === serverOf(before, LANE))?.instanceId ?? "";
      const known = new Set(before.instances.map(({ instanceId }) => instanceId));
      const plan = { kind: "event", functionName: `ha-nat-test-${HANDLER}`, occurrence, what: "never" };
      await ask(run, "POST", "/sabotage", { plan });

      const terminate = ["autoscaling", "terminate-instance-in-auto-scaling-group", "--instance-id", leaving];
      await operator.aws(...terminate, "--no-should-decrement-desired-capacity");
      const isWhole = ({ settled, instances }: LabStatus): boolean =>
        settled && instances.every(({ instanceId }) => instanceId !== leaving);
      const after = await until("test", `${leaving} replaced`, isWhole, LIMIT_SECONDS);

      const { met } = await ask<SabotageReport>(run, "GET", "/sabotage");
      expect(met).toBe(`event ${occurrence} of ha-nat-test-${HANDLER}: never`);
      const successor = after.instances.find(({ instanceId }) => !known.has(instanceId))?.instanceId;
      const instanceId = transition === "launch" ? successor : leaving;
      const taken = operator.logged<TakenUp>(HANDLER, "taking up an orphaned hook");
      expect(taken).toContainEqual(expect.objectContaining({ instanceId, transition }));
      const journal = await ask<readonly JournalRecord[]>(run, "GET", "/journal?after=0");
      const results = journal.flatMap((entry) =>
        entry.kind === "hook" && entry.instanceId === instanceId ? [entry.result] : [],
      );
      expect(results.at(-1)).toBe("CONTINUE");
      expect(serverOf(after, LANE)).toBeTruthy();
    },
    (LIMIT_SECONDS + 60) * 1000,
  );
});
