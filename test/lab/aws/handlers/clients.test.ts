import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import * as ssm from "@aws-sdk/client-ssm";
import type { ClientInstance } from "../../../../lab/world/fabric";
import { eventually } from "../../../support/eventually";
import { startTestLab, type TestLab } from "../../../support/lab-aws";

const client: ClientInstance = {
  instanceId: "i-0c11e47",
  lane: "use1-az1-l1",
  zone: "use1-az1",
  subnetId: "subnet-private1",
  eniId: "eni-0c11e47",
  privateAddress: "10.0.11.254",
  mac: "06:00:00:00:00:01",
};

let lab: TestLab;

beforeEach(async () => {
  lab = await startTestLab({ clients: [client] });
  lab.aws.start();
});

afterEach(() => lab.close());

const agent = (page: "poll" | "result", body: object): Promise<Response> =>
  fetch(`${lab.client.endpoint}/_lab/ssm-agent/${page}`, { method: "POST", body: JSON.stringify(body) });

describe("a lane's client, an instance of the operator's", () => {
  test("is found by its tag, in its lane's subnet, among the NATs", async () => {
    const api = new ec2.EC2Client(lab.client);
    const find = async (...Filters: ec2.Filter[]) =>
      ((await api.send(new ec2.DescribeInstancesCommand({ Filters }))).Reservations ?? []).flatMap(({ Instances }) => Instances);

    const probes = await find({ Name: "tag:ha-nat:role", Values: ["rto-probe"] }, { Name: "vpc-id", Values: ["vpc-1"] });
    expect(probes).toMatchObject([{ InstanceId: client.instanceId, SubnetId: client.subnetId, State: { Name: "running" } }]);
    expect(await find({ Name: "subnet-id", Values: [client.subnetId] })).toHaveLength(1);
    expect(
      await find({ Name: "availability-zone-id", Values: ["use1-az1"] }, { Name: "tag:ha-nat:env", Values: ["test"] }),
    ).toEqual(expect.not.arrayContaining([expect.objectContaining({ InstanceId: client.instanceId })]));
    api.destroy();
  });

  test("may be the target of a route, as any interface of the VPC", async () => {
    const api = new ec2.EC2Client(lab.client);
    const route = { RouteTableId: "rtb-lane1", DestinationCidrBlock: "0.0.0.0/0" };
    await api.send(new ec2.CreateRouteCommand({ ...route, NetworkInterfaceId: client.eniId }));

    const seen = await eventually(
      async () => (await api.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [route.RouteTableId] }))).RouteTables?.[0],
      (table) => table?.Routes?.length === 2,
    );
    expect(seen?.Routes?.[1]).toMatchObject({ NetworkInterfaceId: client.eniId, InstanceId: client.instanceId });
    api.destroy();
  });

  test("belongs to no group", async () => {
    const api = new autoscaling.AutoScalingClient(lab.client);
    const members = await api.send(new autoscaling.DescribeAutoScalingInstancesCommand({}));

    expect((members.AutoScalingInstances ?? []).map(({ InstanceId }) => InstanceId)).not.toContain(client.instanceId);
    api.destroy();
  });

  test("runs the lines of AWS-RunShellScript within the time that the caller gives", async () => {
    const api = new ssm.SSMClient({
      ...lab.client,
      credentials: { accessKeyId: "AKIALABOPERATOR00000", secretAccessKey: "lab" },
    });
    const polled = agent("poll", { instanceId: client.instanceId });
    const online = async () =>
      (await api.send(new ssm.DescribeInstanceInformationCommand({}))).InstanceInformationList?.map(
        ({ InstanceId }) => InstanceId,
      );
    await eventually(online, (ids) => ids?.includes(client.instanceId) ?? false);
    const Parameters = { commands: ["cat <<'END'", "{{ not a parameter }}", "END"], executionTimeout: ["7"] };

    const { Command } = await api.send(
      new ssm.SendCommandCommand({ DocumentName: "AWS-RunShellScript", InstanceIds: [client.instanceId], Parameters }),
    );
    expect(await (await polled).json()).toEqual({
      commandId: Command?.CommandId,
      command: ["/bin/sh", "-c", "cat <<'END'\n{{ not a parameter }}\nEND"],
      timeoutSeconds: 7,
    });
    api.destroy();
  });
});
