/**
 * A hook whose event was lost must still stand when the sweep of nat-health-probe comes to have it finished; and a change of a hook must reach
 * the groups that exist.
 */
import { decideSweep, NOTHING_SWEPT } from "../../lambdas/functions/nat-health-probe/sweep";
import type { SweepLook, SweepMemory } from "../../lambdas/functions/nat-health-probe/sweep";
import { synthesise } from "../stacks/support";

const MINUTE_SECONDS = 60;
const MOST_DEADLINE_SECONDS = 290;

/** Seconds from the first look that finds an instance at its hook until the handler is asked, looking every minute. */
function sweptAfter(lifecycle: string): number {
  const members: SweepLook["members"] = [{ instanceId: "i-1", lifecycle, health: "Healthy" }];
  let memory: SweepMemory = NOTHING_SWEPT;
  for (let seconds = 0; ; seconds += MINUTE_SECONDS) {
    const look: SweepLook = { members, peers: { schema: 1, peers: [] }, targets: [] };
    const swept = decideSweep(memory, look, seconds * 1000, { launchMs: MOST_DEADLINE_SECONDS * 1000 });
    if (swept.asks.length > 0) return seconds;
    memory = swept.memory;
  }
}

interface Hook {
  readonly name: string;
  readonly lifecycle_transition: string;
  readonly heartbeat_timeout: number;
  readonly default_result: string;
}
type Group = { readonly name: string; readonly initial_lifecycle_hook: readonly Hook[] };

const stack = synthesise("test", { launchDeadlineSeconds: MOST_DEADLINE_SECONDS });
const groups = stack.all("aws_autoscaling_group") as unknown as Readonly<Record<string, Group>>;

test("a lifecycle hook outlasts the sweep, however long a launch may take", () => {
  const hooks = Object.values(groups).flatMap(({ initial_lifecycle_hook }) => initial_lifecycle_hook);

  expect(hooks).toHaveLength(4);
  for (const { lifecycle_transition: transition, heartbeat_timeout: timeout } of hooks) {
    const swept = sweptAfter(transition.endsWith("LAUNCHING") ? "Pending:Wait" : "Terminating:Wait");
    expect({ transition, isLongEnough: MINUTE_SECONDS + swept < timeout }).toEqual({ transition, isLongEnough: true });
  }
});

test("the initial hooks of a group, which are made with it alone, are resources as well: by the same names, with the same values", () => {
  const hooks = Object.values(stack.all("aws_autoscaling_lifecycle_hook"));

  for (const [resource, { initial_lifecycle_hook: initial }] of Object.entries(groups)) {
    const group = `\${aws_autoscaling_group.${resource}.name}`;
    const its = hooks.filter(({ autoscaling_group_name: name }) => name === group);
    expect(its).toHaveLength(2);
    expect(its.map((hook) => ({ ...hook, "//": undefined }))).toEqual(
      initial.map((hook) => ({ ...hook, autoscaling_group_name: group })),
    );
  }
  expect(hooks).toHaveLength(4);
});
