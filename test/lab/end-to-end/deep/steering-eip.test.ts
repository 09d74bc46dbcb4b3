/** `prod` with `steering: eip` in the lab: the same fleet without a load balancer, and with that without its opinion on health. */
import { describeInNamespaces } from "../../support/in-namespaces";
import { lab } from "../lab";
import { ACCELERATED, Operator, expectStolenAddressBack } from "../operator";
import { expectSurvival } from "../survival";
import { keepVariantUp } from "../variant";

describeInNamespaces("prod with steering: eip in the lab", () => {
  keepVariantUp("prod", { steering: "eip", returnAfterSeconds: 20 }, ...ACCELERATED);

  test("has no load balancer, and is verified by the operator's own script", async () => {
    const operator = await Operator.of("prod");
    const { code, stdout, stderr } = await lab("verify", "--env", "prod");

    expect(await operator.aws("elbv2", "describe-target-groups")).toEqual({ TargetGroups: [] });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }, 90_000);

  test("every connection outlives its NAT, killed or drained", async () => {
    await expectSurvival("prod", { "kill-nat": 1, drain: 1 });
  }, 400_000);

  test("a stolen Elastic IP comes back", async () => {
    await expectStolenAddressBack(await Operator.of("prod"), "use1-az1-l1", "use1-az2-l1");
  }, 120_000);
});
