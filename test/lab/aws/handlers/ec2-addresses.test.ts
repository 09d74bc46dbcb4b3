import { AutoScalingClient, CompleteLifecycleActionCommand, SetInstanceHealthCommand } from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import { ManualClock } from "../../../support/manual-clock";
import { eventually } from "../../../support/eventually";
import { effectsAfter, startTestLab, type TestLab, type TestLabOptions } from "../../../support/lab-aws";

const FLOATING = "10.0.1.130";
const EIP = "198.51.100.1";

let lab: TestLab;
let client: ec2.EC2Client;

/** ENIs of the NAT of each zone. */
async function start(options: TestLabOptions = {}): Promise<{ readonly a: string; readonly other: string }> {
  lab = await startTestLab(options);
  client = new ec2.EC2Client(lab.client);
  lab.aws.start();
  await eventually(
    () => lab.fabric.launched.length,
    (count) => count === 2,
  );
  const first = lab.fabric.launched.find((spec) => spec.zone === "use1-az1");
  const second = lab.fabric.launched.find((spec) => spec.zone === "use1-az2");
  return { a: first?.eniId ?? "", other: second?.eniId ?? "" };
}

async function address(): Promise<ec2.Address | undefined> {
  const answer = await client.send(new ec2.DescribeAddressesCommand({ AllocationIds: ["eipalloc-1"] }));
  return answer.Addresses?.[0];
}

async function held(eniId: string): Promise<readonly string[]> {
  return (await lab.fabric.readSecondaryAddresses()).get(eniId) ?? [];
}

const assign = (eniId: string, addresses: string[], AllowReassignment?: boolean) =>
  client.send(
    new ec2.AssignPrivateIpAddressesCommand({
      NetworkInterfaceId: eniId,
      PrivateIpAddresses: addresses,
      ...(AllowReassignment === undefined ? {} : { AllowReassignment }),
    }),
  );

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: Error) => error.name,
  );

afterEach(async () => {
  client.destroy();
  await lab.close();
});

test("an assigned address is delivered by the kernel, and Describe reads it there", async () => {
  const { a } = await start();

  await assign(a, [FLOATING]);

  await eventually(
    () => held(a),
    (addresses) => addresses.includes(FLOATING),
  );
  const enis = await client.send(new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [a] }));
  expect(enis.NetworkInterfaces?.[0]?.PrivateIpAddresses).toMatchObject([
    { PrivateIpAddress: "10.0.1.5", Primary: true },
    { PrivateIpAddress: FLOATING, Primary: false },
  ]);
});

test("the Elastic IP follows its private address; association waits for nothing but the assignment's acceptance", async () => {
  const clock = new ManualClock();
  const { a } = await start({ clock, settings: { latency: effectsAfter(30) } });

  await assign(a, [FLOATING]);
  await client.send(
    new ec2.AssociateAddressCommand({ AllocationId: "eipalloc-1", NetworkInterfaceId: a, PrivateIpAddress: FLOATING }),
  );

  expect(await address()).not.toHaveProperty("AssociationId");
  await clock.advance(30);
  expect(await address()).toMatchObject({ PrivateIpAddress: FLOATING, NetworkInterfaceId: a, PublicIp: EIP });
});

test("an address behind the API: moved in the kernel, moved in Describe", async () => {
  const { a, other } = await start();
  await assign(a, [FLOATING]);
  await client.send(
    new ec2.AssociateAddressCommand({ AllocationId: "eipalloc-1", NetworkInterfaceId: a, PrivateIpAddress: FLOATING }),
  );
  await eventually(address, (shown) => shown?.NetworkInterfaceId === a);

  await lab.fabric.moveAddress(FLOATING, other);

  expect(await address()).toMatchObject({ NetworkInterfaceId: other });
});

test("an association ends with its ENI, and the gateway stops translating once the death is noticed", async () => {
  const { a } = await start({ settings: { detectDeadMs: 300 } });
  await assign(a, [FLOATING]);
  await client.send(
    new ec2.AssociateAddressCommand({ AllocationId: "eipalloc-1", NetworkInterfaceId: a, PrivateIpAddress: FLOATING }),
  );
  await eventually(address, (shown) => shown?.NetworkInterfaceId === a);

  lab.fabric.kill(lab.fabric.launched.find((spec) => spec.eniId === a)?.instanceId ?? "");

  expect(await address()).not.toHaveProperty("AssociationId");
  await eventually(
    async () => (await lab.fabric.readPublicAddresses()).has(EIP),
    (translated) => !translated,
  );
});

test("unassigning an address parts it from its Elastic IP", async () => {
  const { a } = await start();
  await assign(a, [FLOATING]);
  await client.send(
    new ec2.AssociateAddressCommand({ AllocationId: "eipalloc-1", NetworkInterfaceId: a, PrivateIpAddress: FLOATING }),
  );

  await client.send(new ec2.UnassignPrivateIpAddressesCommand({ NetworkInterfaceId: a, PrivateIpAddresses: [FLOATING] }));

  await eventually(
    () => lab.fabric.writes.slice(-2),
    (writes) => writes[0] === `address ${FLOATING} none` && writes[1] === `public ${EIP} none`,
  );
});

test("an Elastic IP that serves elsewhere is taken by default, and refused when reassociation is forbidden", async () => {
  const { a, other } = await start();
  const associate = (NetworkInterfaceId: string, AllowReassociation?: boolean) =>
    client.send(
      new ec2.AssociateAddressCommand({
        AllocationId: "eipalloc-1",
        NetworkInterfaceId,
        ...(AllowReassociation === undefined ? {} : { AllowReassociation }),
      }),
    );
  await associate(a);

  expect(await codeOf(associate(other, false))).toBe("Resource.AlreadyAssociated");
  await associate(other);

  await eventually(address, (shown) => shown?.NetworkInterfaceId === other);
});

test("DisassociateAddress frees by association ID, once", async () => {
  const { a } = await start();
  const { AssociationId } = await client.send(
    new ec2.AssociateAddressCommand({ AllocationId: "eipalloc-1", NetworkInterfaceId: a }),
  );
  const free = () => client.send(new ec2.DisassociateAddressCommand({ AssociationId }));

  await free();

  await eventually(address, (shown) => shown?.AssociationId === undefined);
  expect(await codeOf(free())).toBe("InvalidAssociationID.NotFound");
});

describe("what cannot be assigned fails the whole call and changes nothing", () => {
  test.each([
    ["outside the subnet", ["10.0.2.130"], "InvalidParameterValue"],
    ["kept by AWS", ["10.0.1.1"], "InvalidParameterValue"],
    ["no address", ["ten"], "InvalidParameterValue"],
    ["one of two is wrong", [FLOATING, "10.0.2.130"], "InvalidParameterValue"],
    [
      "more than the instance type holds",
      ["10.0.1.130", "10.0.1.131", "10.0.1.132", "10.0.1.133"],
      "PrivateIpAddressLimitExceeded",
    ],
    ["its own primary", ["10.0.1.5"], "InvalidParameterValue"],
    ["none given", [], "UnsupportedOperation"],
  ])("%s", async (_what, addresses, code) => {
    const { a } = await start();

    expect(await codeOf(assign(a, addresses, true))).toBe(code);
    expect(lab.fabric.writes).toEqual([]);
  });

  test("an address that another ENI holds moves only when asked to", async () => {
    const { a } = await start();
    await assign(a, [FLOATING]);
    await eventually(
      () => held(a),
      (addresses) => addresses.length === 1,
    );
    const second = await launchSecondOfZone();

    expect(await codeOf(assign(second, [FLOATING]))).toBe("InvalidParameterValue");
    expect(await held(a)).toEqual([FLOATING]);
    await assign(second, [FLOATING], true);

    await eventually(
      () => held(second),
      (addresses) => addresses.includes(FLOATING),
    );
    expect(await held(a)).toEqual([]);
  });

  test("an unknown ENI, allocation and private address are named", async () => {
    const { a } = await start();
    const associate = (input: ec2.AssociateAddressCommandInput) => codeOf(client.send(new ec2.AssociateAddressCommand(input)));

    expect(await codeOf(assign("eni-none", [FLOATING]))).toBe("InvalidNetworkInterfaceID.NotFound");
    expect(await associate({ AllocationId: "eipalloc-none", NetworkInterfaceId: a })).toBe("InvalidAllocationID.NotFound");
    expect(await associate({ NetworkInterfaceId: a })).toBe("MissingParameter");
    expect(await associate({ AllocationId: "eipalloc-1", NetworkInterfaceId: a, PrivateIpAddress: FLOATING })).toBe(
      "InvalidParameterValue",
    );
  });
});

/** Marks the first zone's NAT: it stands at its terminate hook while its replacement launches beside it. */
async function launchSecondOfZone(): Promise<string> {
  const groups = new AutoScalingClient(lab.client);
  const InstanceId = lab.fabric.launched.find((spec) => spec.zone === "use1-az1")?.instanceId;
  await groups.send(
    new CompleteLifecycleActionCommand({
      AutoScalingGroupName: "ha-nat-test-nat-use1-az1",
      LifecycleHookName: "launching",
      LifecycleActionResult: "CONTINUE",
      InstanceId,
    }),
  );
  await groups.send(new SetInstanceHealthCommand({ InstanceId, HealthStatus: "Unhealthy" }));
  groups.destroy();
  const found = await eventually(
    () => lab.fabric.launched.find((spec) => spec.name === "use1-az1-b"),
    (spec) => spec !== undefined,
  );
  return found?.eniId ?? "";
}
