import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { Instance } from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { fleetObserver } from "../../../../lambdas/lib/aws/fleet-observer";

const ec2 = mockClient(EC2Client);
const autoScaling = mockClient(AutoScalingClient);
const warned: unknown[] = [];
const observer = () =>
  fleetObserver(new EC2Client({}), new AutoScalingClient({}), "test", {
    warn: (message, keys) => void warned.push({ message, ...keys }),
  });

const PERFECT: Instance = {
  InstanceId: "i-1",
  State: { Name: "running" },
  Tags: [{ Key: "ha-nat:zone", Value: "use1-az1" }],
  NetworkInterfaces: [
    { NetworkInterfaceId: "eni-other", Attachment: { DeviceIndex: 1 } },
    {
      NetworkInterfaceId: "eni-1",
      Attachment: { DeviceIndex: 0 },
      PrivateIpAddresses: [
        { PrivateIpAddress: "10.0.0.50", Primary: false },
        { PrivateIpAddress: "10.0.0.4", Primary: true },
      ],
    },
  ],
};

const GROUP = { Key: "aws:autoscaling:groupName", Value: "ha-nat-test-use1-az1" };

const answer = (...instances: Instance[]) =>
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: instances }] });

beforeEach(() => {
  ec2.reset();
  autoScaling.reset();
});

describe("the instances of the fleet", () => {
  test("are those of the environment's NATs that are not terminated", async () => {
    answer(PERFECT);

    expect(await observer().instances()).toEqual([
      {
        instanceId: "i-1",
        zone: "use1-az1",
        state: "running",
        eni: { eniId: "eni-1", primary: "10.0.0.4", addresses: ["10.0.0.50", "10.0.0.4"] },
      },
    ]);
    expect(ec2.commandCalls(DescribeInstancesCommand)[0]?.args[0].input.Filters).toEqual([
      { Name: "tag:ha-nat:env", Values: ["test"] },
      { Name: "tag:ha-nat:role", Values: ["nat"] },
      { Name: "instance-state-name", Values: ["pending", "running", "shutting-down", "stopping", "stopped"] },
    ]);
  });

  test.each([true, false])("carry the source/destination check of their primary interface (%s)", async (check) => {
    const [other, primary] = PERFECT.NetworkInterfaces ?? [];
    answer({
      ...PERFECT,
      NetworkInterfaces: [
        { ...other, SourceDestCheck: !check },
        { ...primary, SourceDestCheck: check },
      ],
    });

    expect((await observer().instances())[0]?.eni?.sourceDestCheck).toBe(check);
  });

  test("carry the security groups of their primary interface", async () => {
    const [other, primary] = PERFECT.NetworkInterfaces ?? [];
    answer({
      ...PERFECT,
      NetworkInterfaces: [
        { ...other, Groups: [{ GroupId: "sg-other" }] },
        { ...primary, Groups: [{ GroupId: "sg-1" }, { GroupId: "sg-2" }] },
      ],
    });

    expect((await observer().instances())[0]?.eni?.groupIds).toEqual(["sg-1", "sg-2"]);
  });

  test("are those of every page", async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: [{ ...PERFECT, InstanceId: "i-2" }] }], NextToken: "more" })
      .on(DescribeInstancesCommand, { NextToken: "more" })
      .resolves({ Reservations: [{ Instances: [PERFECT] }] });

    expect((await observer().instances()).map(({ instanceId }) => instanceId)).toEqual(["i-1", "i-2"]);
  });

  test("may have no interface while they do not run", async () => {
    answer({ InstanceId: "i-1", State: { Name: "shutting-down" }, Tags: PERFECT.Tags ?? [] });

    expect((await observer().instances())[0]?.eni).toBeNull();
  });

  test.each<[string, Instance, RegExp]>([
    ["of a group, without the zone's tag", { ...PERFECT, Tags: [GROUP] }, /i-1 has no tag ha-nat:zone/],
    ["without an ID", { State: { Name: "running" }, Tags: [GROUP] }, /an instance has no ID/],
    ["without a state", { InstanceId: "i-1", Tags: [GROUP] }, /i-1 has no state/],
    ["running without an interface", { ...PERFECT, NetworkInterfaces: [] }, /i-1 runs but has no primary network interface/],
  ])("%s are no answer", async (_what, instance, message) => {
    answer(instance);

    await expect(observer().instances()).rejects.toThrow(message);
  });

  test("are without one that somebody tagged like a NAT: it has no zone and no group, and stops nobody", async () => {
    answer(PERFECT, { ...PERFECT, InstanceId: "i-own", Tags: [{ Key: "ha-nat:env", Value: "test" }] }, { InstanceId: "i-bare" });

    expect((await observer().instances()).map(({ instanceId }) => instanceId)).toEqual(["i-1"]);
    expect(warned).toEqual([
      { message: expect.stringContaining("tagged like a NAT"), instanceId: "i-own", tag: "ha-nat:zone" },
      { message: expect.stringContaining("tagged like a NAT"), instanceId: "i-bare", tag: "ha-nat:zone" },
    ]);
  });

  test("are not known when EC2 fails", async () => {
    ec2.on(DescribeInstancesCommand).rejects(Object.assign(new Error("slow down"), { name: "RequestLimitExceeded" }));

    await expect(observer().instances()).rejects.toThrow("slow down");
  });
});

describe("the members of the groups", () => {
  test("are those of every page, with their health", async () => {
    const member = (InstanceId: string, HealthStatus: string) => ({
      InstanceId,
      LifecycleState: "InService" as const,
      HealthStatus,
      AvailabilityZone: "a",
      ProtectedFromScaleIn: false,
    });
    const group = {
      MinSize: 1,
      MaxSize: 1,
      DesiredCapacity: 1,
      DefaultCooldown: 1,
      HealthCheckType: "EC2",
      CreatedTime: new Date(0),
    };
    const page = (name: string, Instances: ReturnType<typeof member>[]) => [
      { ...group, AutoScalingGroupName: name, AvailabilityZones: [], Instances },
    ];
    autoScaling
      .on(DescribeAutoScalingGroupsCommand)
      .resolves({ AutoScalingGroups: page("g1", [member("i-1", "Healthy")]), NextToken: "more" })
      .on(DescribeAutoScalingGroupsCommand, { NextToken: "more" })
      .resolves({ AutoScalingGroups: page("g2", [member("i-2", "Unhealthy")]) });

    expect(await observer().members(["g1", "g2"])).toEqual([
      { instanceId: "i-1", lifecycle: "InService", health: "Healthy" },
      { instanceId: "i-2", lifecycle: "InService", health: "Unhealthy" },
    ]);
  });

  test("are none for no group: no names would ask for every group of the account", async () => {
    expect(await observer().members([])).toEqual([]);
    expect(autoScaling.commandCalls(DescribeAutoScalingGroupsCommand)).toHaveLength(0);
  });
});
