/** `prod` with `steering: eip` in the lab: the same fleet without a load balancer, and with that without its opinion on health. */
import { describeInNamespaces } from "../support/in-namespaces";
import { awsCli, endpointOf, lab } from "./lab";
import { keepVariantUp } from "./variant";

describeInNamespaces("prod with steering: eip in the lab", () => {
  keepVariantUp("prod", { steering: "eip" }, "--schedule-factor", "12");

  test("has no load balancer, and is verified by the operator's own script", async () => {
    const groups = await awsCli(await endpointOf("prod"), "elbv2", "describe-target-groups");
    const { code, stdout, stderr } = await lab("verify", "--env", "prod");

    expect(JSON.parse(groups.stdout)).toEqual({ TargetGroups: [] });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }, 90_000);
});
