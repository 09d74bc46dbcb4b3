import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import { fleetObserver } from "../../../../lambdas/lib/aws/fleet-observer";
import { ManualClock } from "../../../support/manual-clock";
import { eventually } from "../../../support/eventually";
import { effectsAfter, startTestLab, type TestLab, type TestLabOptions } from "../../../support/lab-aws";
import { stackModel } from "../../../support/stack-model";

const LANE = "rtb-lane1";
const DEFAULT = "0.0.0.0/0";

let lab: TestLab;
let client: ec2.EC2Client;

/** Both instances launched and waiting at their hooks. */
async function start(options: TestLabOptions = {}): Promise<readonly ec2.Instance[]> {
  lab = await startTestLab(options);
  client = new ec2.EC2Client(lab.client);
  lab.aws.start();
  return eventually(
    describeInstances,
    (instances) => instances.length === 2 && instances.every((one) => one.State?.Name === "running"),
  );
}

async function describeInstances(): Promise<readonly ec2.Instance[]> {
  const answer = await client.send(new ec2.DescribeInstancesCommand({}));
  return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
}

async function defaultRoute(): Promise<ec2.Route | undefined> {
  const answer = await client.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [LANE] }));
  return answer.RouteTables?.[0]?.Routes?.find((route) => route.DestinationCidrBlock === DEFAULT);
}

function eniOf(instance: ec2.Instance | undefined): string {
  return instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "";
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "no error",
    (error: Error) => error.name,
  );
}

afterEach(async () => {
  client.destroy();
  await lab.close();
});

describe("instances", () => {
  test("a launched instance shows its addresses, zone, source/destination check and security groups", async () => {
    const instances = await start();

    expect(instances.find(({ Placement }) => Placement?.AvailabilityZoneId === "use1-az1")).toMatchObject({
      PrivateIpAddress: "10.0.1.5",
      PublicIpAddress: "192.0.2.1",
      SourceDestCheck: true,
      NetworkInterfaces: [{ Groups: [{ GroupId: "sg-nat" }] }],
      Placement: { AvailabilityZone: "us-east-1b", AvailabilityZoneId: "use1-az1" },
    });
  });

  test("an instance killed behind the API shows it at the next Describe, before anybody noticed", async () => {
    const [first] = await start({ settings: { detectDeadMs: 60_000 } });

    lab.fabric.kill(first?.InstanceId ?? "");

    const after = (await describeInstances()).find((one) => one.InstanceId === first?.InstanceId);
    expect(after).toMatchObject({ State: { Name: "shutting-down" }, NetworkInterfaces: [] });
  });

  test("pages hold every instance once", async () => {
    await start();
    const seen: string[] = [];
    const pages = ec2.paginateDescribeNetworkInterfaces({ client, pageSize: 5 }, {});

    for await (const page of pages) for (const eni of page.NetworkInterfaces ?? []) seen.push(eni.NetworkInterfaceId ?? "");

    expect(new Set(seen).size).toBe(2);
    expect(seen).toHaveLength(2);
  });

  test("filters select by state, tag and wildcard; an unknown filter is an error, never everything", async () => {
    const [first] = await start();
    const find = async (Name: string, ...Values: string[]) => {
      const answer = await client.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name, Values }] }));
      return answer.Reservations?.length;
    };

    expect(await find("instance-state-name", "running")).toBe(2);
    expect(await find("tag:ha-nat:zone", "use1-az1")).toBe(1);
    expect(await find("private-ip-address", "10.0.1.*")).toBe(1);
    expect(await find("instance-id", first?.InstanceId ?? "")).toBe(1);
    expect(await codeOf(find("colour", "blue"))).toBe("InvalidParameterValue");
  });

  test("while a zone is disrupted only instances of other zones are described, by their IDs; interfaces all are", async () => {
    const instances = await start();
    const idIn = (zone: string) => instances.find((one) => one.Placement?.AvailabilityZoneId === zone)?.InstanceId ?? "";
    const describe = (...InstanceIds: string[]) => codeOf(client.send(new ec2.DescribeInstancesCommand({ InstanceIds })));
    const all = () => codeOf(client.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name: "tag-key", Values: ["*"] }] })));
    lab.aws.setDisrupted("use1-az1", true);

    expect([await all(), await describe(idIn("use1-az1")), await describe(idIn("use1-az2"))]).toEqual([
      "Unavailable",
      "Unavailable",
      "no error",
    ]);
    expect((await client.send(new ec2.DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).toHaveLength(2);

    lab.aws.setDisrupted("use1-az1", false);
    expect(await all()).toBe("no error");
  });

  test("while a zone is disrupted our functions see the same instances as before", async () => {
    const networkInterfaceTags = { "ha-nat:env": "test", "ha-nat:role": "nat", "ha-nat:zone": "use1-az1" };
    const launchTemplates = stackModel.launchTemplates.map((template) => ({ ...template, networkInterfaceTags }));
    await start({ model: { ...stackModel, launchTemplates } });
    const fleet = fleetObserver(client, new autoscaling.AutoScalingClient(lab.client), "test", { warn: () => undefined });
    // The model has one template for two zones, so only groups tell the zone.
    const seen = async () => (await fleet.instances()).map(({ instanceId, state, eni }) => ({ instanceId, state, eni }));

    const before = await seen();
    lab.aws.setDisrupted("use1-az2", true);

    expect(before).toHaveLength(2);
    expect(await seen()).toEqual(before);
  });

  test("source/destination check is switched in the kernel", async () => {
    const [first] = await start();

    await client.send(
      new ec2.ModifyInstanceAttributeCommand({ InstanceId: first?.InstanceId, SourceDestCheck: { Value: false } }),
    );

    await eventually(
      describeInstances,
      (all) => all.find((one) => one.InstanceId === first?.InstanceId)?.SourceDestCheck === false,
    );
    expect(lab.fabric.writes).toEqual([`source-dest-check ${eniOf(first)} off`]);
  });

  test.each([
    ["after its system has shut down", {}, ""],
    ["at once where the caller skips that", { SkipOsShutdown: true }, " abruptly"],
  ])("TerminateInstances ends the machine, %s", async (_title, how, expected) => {
    const [first] = await start();
    const InstanceIds = [first?.InstanceId ?? ""];

    const answer = await client.send(new ec2.TerminateInstancesCommand({ InstanceIds, ...how }));

    expect(answer.TerminatingInstances?.[0]?.CurrentState?.Name).toBe("shutting-down");
    await eventually(
      () => lab.fabric.isInstanceAlive(first?.InstanceId ?? ""),
      (alive) => !alive,
    );
    expect(lab.fabric.writes).toContain(`terminate ${first?.InstanceId}${expected}`);
  });

  test.each([
    [
      "DescribeInstances",
      () => client.send(new ec2.DescribeInstancesCommand({ InstanceIds: ["i-none"] })),
      "InvalidInstanceID.NotFound",
    ],
    [
      "DescribeRouteTables",
      () => client.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: ["rtb-none"] })),
      "InvalidRouteTableID.NotFound",
    ],
    [
      "DescribeAddresses",
      () => client.send(new ec2.DescribeAddressesCommand({ AllocationIds: ["eipalloc-none"] })),
      "InvalidAllocationID.NotFound",
    ],
    [
      "DescribeSubnets",
      () => client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: ["subnet-none"] })),
      "InvalidSubnetID.NotFound",
    ],
    [
      "an unknown page token",
      () => client.send(new ec2.DescribeInstancesCommand({ NextToken: "none" })),
      "InvalidPaginationToken",
    ],
    ["an unknown operation", () => client.send(new ec2.DescribeHostsCommand({})), "NotImplemented"],
  ])("%s names what is wrong", async (_what, call, code) => {
    await start();

    expect(await codeOf(call())).toBe(code);
  });
});

describe("routes", () => {
  test("a route works only after the effect delay, and is the kernel's", async () => {
    const clock = new ManualClock();
    const [first] = await start({ clock, settings: { latency: effectsAfter(150) } });

    await client.send(
      new ec2.CreateRouteCommand({ RouteTableId: LANE, DestinationCidrBlock: DEFAULT, NetworkInterfaceId: eniOf(first) }),
    );

    await clock.advance(149);
    expect(await defaultRoute()).toBeUndefined();
    await clock.advance(1);
    expect(await defaultRoute()).toMatchObject({
      InstanceId: first?.InstanceId,
      State: "active",
    });
  });

  test("writes to one route keep the order of their calls", async () => {
    const [first, second] = await start({ settings: { latency: { ...effectsAfter(0), effectDelay: randomDelays([80, 5]) } } });
    const base = { RouteTableId: LANE, DestinationCidrBlock: DEFAULT };

    await client.send(new ec2.CreateRouteCommand({ ...base, NetworkInterfaceId: eniOf(first) }));
    await client.send(new ec2.ReplaceRouteCommand({ ...base, NetworkInterfaceId: eniOf(second) }));

    await eventually(
      () => lab.fabric.writes.length,
      (count) => count === 2,
    );
    expect(lab.fabric.writes).toEqual([`route ${LANE} ${DEFAULT} ${eniOf(first)}`, `route ${LANE} ${DEFAULT} ${eniOf(second)}`]);
  });

  test("a route to a machine that died is a blackhole", async () => {
    const [first] = await start({ settings: { detectDeadMs: 60_000 } });
    await client.send(
      new ec2.CreateRouteCommand({ RouteTableId: LANE, DestinationCidrBlock: DEFAULT, NetworkInterfaceId: eniOf(first) }),
    );
    await eventually(defaultRoute, (route) => route !== undefined);

    lab.fabric.kill(first?.InstanceId ?? "");

    expect(await defaultRoute()).toMatchObject({ State: "blackhole", NetworkInterfaceId: eniOf(first) });
    expect((await defaultRoute())?.InstanceId).toBeUndefined();
  });

  test("a second CreateRoute, and ReplaceRoute or DeleteRoute without a route, are refused as AWS does", async () => {
    const [first] = await start({ settings: { latency: effectsAfter(50) } });
    const route = { RouteTableId: LANE, DestinationCidrBlock: DEFAULT, NetworkInterfaceId: eniOf(first) };

    expect(await codeOf(client.send(new ec2.ReplaceRouteCommand(route)))).toBe("InvalidParameterValue");
    expect(await codeOf(client.send(new ec2.DeleteRouteCommand({ RouteTableId: LANE, DestinationCidrBlock: DEFAULT })))).toBe(
      "InvalidRoute.NotFound",
    );
    await client.send(new ec2.CreateRouteCommand(route));
    expect(await codeOf(client.send(new ec2.CreateRouteCommand(route)))).toBe("RouteAlreadyExists");
  });

  test.each([
    ["an unknown table", { RouteTableId: "rtb-none", NetworkInterfaceId: "eni-none" }, "InvalidRouteTableID.NotFound"],
    ["an unknown ENI", { RouteTableId: LANE, NetworkInterfaceId: "eni-none" }, "InvalidNetworkInterfaceID.NotFound"],
    ["an unknown gateway", { RouteTableId: LANE, GatewayId: "igw-none" }, "InvalidGatewayID.NotFound"],
    ["two targets", { RouteTableId: LANE, GatewayId: "igw-1", InstanceId: "i-1" }, "InvalidParameterCombination"],
    ["a target that the lab's router lacks", { RouteTableId: LANE, TransitGatewayId: "tgw-1" }, "UnsupportedOperation"],
    [
      "a malformed destination",
      { RouteTableId: LANE, GatewayId: "igw-1", DestinationCidrBlock: "everywhere" },
      "InvalidParameterValue",
    ],
  ])("CreateRoute to %s changes nothing", async (_what, input, code) => {
    await start();

    expect(await codeOf(client.send(new ec2.CreateRouteCommand({ DestinationCidrBlock: DEFAULT, ...input })))).toBe(code);
    expect(lab.fabric.writes).toEqual([]);
  });

  test("a dry run that would work says so and changes nothing", async () => {
    const [first] = await start();
    const route = { RouteTableId: LANE, DestinationCidrBlock: DEFAULT, NetworkInterfaceId: eniOf(first), DryRun: true };

    expect(await codeOf(client.send(new ec2.CreateRouteCommand(route)))).toBe("DryRunOperation");
    expect(lab.fabric.writes).toEqual([]);
  });
});

test("the group describes its instances by AZ ID and name", async () => {
  await start();
  const groups = new autoscaling.AutoScalingClient(lab.client);

  const answer = await groups.send(new autoscaling.DescribeAutoScalingGroupsCommand({}));

  expect(answer.AutoScalingGroups?.[0]).toMatchObject({ HealthCheckType: "EC2", AvailabilityZones: ["us-east-1b"] });
  expect(answer.AutoScalingGroups?.[0]?.Instances?.[0]).toMatchObject({
    LifecycleState: "Pending:Wait",
    HealthStatus: "Healthy",
  });
  groups.destroy();
});

function randomDelays(delays: number[]): () => number {
  return () => delays.shift() ?? 0;
}
