/**
 * 200,000 copied flows beside the crowd's, and the NAT that carries them dies. Two zones that keep their flows to themselves: in `prod` as it
 * is six NATs copy every flow, which two cores cannot carry while they are watched.
 */
import { describeInNamespaces } from "../../support/in-namespaces";
import { expectSurvival } from "../survival";
import { keepVariantUp } from "../variant";

describeInNamespaces("two zones of two NATs in the lab, 200,000 flows", () => {
  keepVariantUp("prod", { zones: ["use1-az1", "use1-az2"], replicateTo: "zone", returnAfterSeconds: 20 });

  test("the standby holds them all, and every connection lives on", async () => {
    await expectSurvival("prod", { "kill-nat-many-flows": 1 });
  }, 600_000);
});
