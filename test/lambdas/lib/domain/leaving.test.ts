import type { Notice } from "../../../../contract/parameters";
import { standing } from "../../../../lambdas/lib/domain/leaving";

const at = "2026-11-21T12:00:00.000Z";
const after = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000);
const notice = (because: Notice["because"]): Notice => ({ at, because, force: false, by: "control-plane" });

describe("a notice that a NAT leaves", () => {
  test("of a shutdown is over after ten minutes: an instance that is still there has rebooted and may carry lanes again", () => {
    expect(standing({ "i-a": notice("shutdown") }, after(10))).toHaveProperty("i-a");
    expect(standing({ "i-a": notice("shutdown") }, after(10.1))).toEqual({});
  });

  test.each(["drain", "rebalance", "spot-interruption", "terminating"] as const)(
    "of a %s stands until the instance is gone",
    (because) => {
      expect(standing({ "i-a": notice(because) }, after(10_000))).toHaveProperty("i-a");
    },
  );
});
