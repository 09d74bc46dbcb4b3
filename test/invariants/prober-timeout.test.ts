/** A prober on a path that swallows everything must live to say so: that one which was killed found nothing, a breach is not believed. */
import { FIELDS } from "../../stacks/fields";
import { synthesise } from "../stacks/support";

const MOST_DEADLINE_MS = 10_000;
/** What nat-health-probe gives an invocation beside the deadline of its checks. */
const INVOCATION_MARGIN_MS = 1_500;

test.each([250, 2_000, MOST_DEADLINE_MS])(
  "with a deadline of %d ms for its checks, a prober is killed only when nobody waits any more",
  (deadlineMs) => {
    const functions = Object.values(synthesise("test", { probeDeadlineMs: deadlineMs }).all("aws_lambda_function"));
    const timeouts = functions.flatMap((fn) => (String(fn.function_name).includes("egress-prober") ? [Number(fn.timeout)] : []));

    expect(timeouts.length).toBeGreaterThan(1);
    expect(timeouts.filter((seconds) => seconds * 1000 <= deadlineMs + INVOCATION_MARGIN_MS)).toEqual([]);
  },
);

test("there is no longer deadline", () => {
  expect(FIELDS.probeDeadlineMs.schema.safeParse(MOST_DEADLINE_MS + 1).success).toBe(false);
});
