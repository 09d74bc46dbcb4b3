import { FUNCTION_NAMES } from "../../../contract/functions";
import { eventRules } from "../../../modules/control-plane/event-rules";

const ZONES = ["use1-az1", "use1-az2"];
const rules = eventRules({ env: "test", region: "us-east-1", accountId: "123456789012" }, ZONES);

test("what other people's instances do starts no function: a shared account would have us read EC2 all day", () => {
  const started = rules.flatMap((rule) =>
    rule.to !== "queue" && "pattern" in rule.when ? [{ name: rule.name, detail: rule.when.pattern["detail"] }] : [],
  );
  // CloudTrail does not say whose address it was: eip-recover sees it in the event itself, before it reads anything of EC2.
  const ofOurGroups = started.filter(({ name }) => name !== "address-moved");

  expect(ofOurGroups.map(({ name }) => name)).toEqual(["address-instance", "lifecycle-launch", "lifecycle-terminate"]);
  for (const { detail } of ofOurGroups)
    expect(detail).toEqual({ AutoScalingGroupName: ZONES.map((zone) => `ha-nat-test-nat-${zone}`) });
});

test("eip-recover looks when a NAT of ours is gone", () => {
  expect(rules.find(({ name }) => name === "address-instance")).toMatchObject({
    to: FUNCTION_NAMES.eipRecover,
    when: { pattern: { source: ["aws.autoscaling"], "detail-type": ["EC2 Instance Terminate Successful"] } },
  });
});
