import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import type { Services } from "../../../../lambdas/functions/nat-route-failover/services";
import { fleetObserver } from "../../../../lambdas/lib/aws/fleet-observer";
import type { Cloud } from "./support/cloud";
import { silence } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const ec2 = mockClient(EC2Client);

/** The cloud's interfaces as EC2 describes them. */
const interfacesOf = ({ world }: Cloud): NetworkInterface[] =>
  world.nats.flatMap(({ instanceId, zone, eni }) =>
    eni === null
      ? []
      : [
          {
            NetworkInterfaceId: eni.eniId,
            Attachment: { InstanceId: instanceId, DeviceIndex: 0, Status: "attached" },
            TagSet: [{ Key: "ha-nat:zone", Value: zone }],
            PrivateIpAddresses: eni.addresses.map((address) => ({
              PrivateIpAddress: address,
              Primary: address === eni.primary,
            })),
          },
        ],
  );

/** The cloud's services, but for what EC2 says of instances: that goes through the adapter. */
function servicesOf(cloud: Cloud): Services {
  const services = cloud.services();
  const observed = fleetObserver(new EC2Client({}), new AutoScalingClient({}), "test", services.log);
  return { ...services, fleet: { ...services.fleet, instances: () => observed.instances() } };
}

beforeEach(() => {
  ec2.reset();
  // As the API reference has it: while a zone is disrupted the call fails, whichever instances it is about.
  ec2.on(DescribeInstancesCommand).rejects(Object.assign(new Error("az1 is disrupted"), { name: "Unavailable" }));
});

test("a zone is lost and EC2 describes no instance: its lane moves to the other zone, and is seen to be there", async () => {
  const cloud = silence("az1-a", "az1-b");
  ec2.on(DescribeNetworkInterfacesCommand).callsFake(() => ({ NetworkInterfaces: interfacesOf(cloud) }));

  await handle(batch(delivered(SWEEP)), servicesOf(cloud));

  expect(cloud.writes()).toEqual(["associate eipalloc-az1-l1", "bring guest-az1-l1-in-az2", "replace rtb-az1-l1", "save"]);
  expect(cloud.routeOf("az1-l1")).toMatch(/^eni-az2-/);
  expect(cloud.record.lanes["az1-l1"]?.servedBy).toMatch(/^i-az2-/);
  expect(cloud.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("EC2 describes neither instances nor interfaces: nothing is moved, and the run fails", async () => {
  const cloud = silence("az1-a", "az1-b");
  ec2.on(DescribeNetworkInterfacesCommand).rejects(new Error("throttled"));

  await expect(handle(batch(delivered(SWEEP)), servicesOf(cloud))).rejects.toThrow("az1 is disrupted");

  expect(cloud.writes()).toEqual([]);
});
