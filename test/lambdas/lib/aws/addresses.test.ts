import {
  AssignPrivateIpAddressesCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { addresses } from "../../../../lambdas/lib/aws/addresses";

const ec2 = mockClient(EC2Client);
const adapter = () => addresses(new EC2Client({}));

beforeEach(() => ec2.reset());

describe("addresses", () => {
  test("an EIP is at an interface and a private address, or nowhere", async () => {
    ec2.on(DescribeAddressesCommand).resolves({
      Addresses: [
        { AllocationId: "eipalloc-1", NetworkInterfaceId: "eni-1", PrivateIpAddress: "10.0.0.50" },
        { AllocationId: "eipalloc-2" },
      ],
    });

    expect(Object.fromEntries(await adapter().associations(["eipalloc-1", "eipalloc-2"]))).toEqual({
      "eipalloc-1": { eniId: "eni-1", address: "10.0.0.50" },
      "eipalloc-2": null,
    });
  });

  test("an EIP that AWS does not describe is no answer", async () => {
    ec2.on(DescribeAddressesCommand).resolves({ Addresses: [] });

    await expect(adapter().associations(["eipalloc-1"])).rejects.toThrow("did not describe address eipalloc-1");
  });

  const released = Object.assign(new Error("does not exist"), { name: "InvalidAllocationID.NotFound" });

  test("an EIP that was released is left out, and the others are told", async () => {
    ec2
      .on(DescribeAddressesCommand)
      .rejects(released)
      .on(DescribeAddressesCommand, { Filters: [{ Name: "allocation-id", Values: ["eipalloc-1", "eipalloc-2"] }] })
      .resolves({ Addresses: [{ AllocationId: "eipalloc-2" }] });

    expect(Object.fromEntries(await adapter().associations(["eipalloc-1", "eipalloc-2"]))).toEqual({ "eipalloc-2": null });
  });

  test("when EC2 has none of them, or fails otherwise, nothing is known", async () => {
    ec2.on(DescribeAddressesCommand).rejectsOnce(released).resolvesOnce({ Addresses: [] }).rejects(new Error("slow down"));

    await expect(adapter().associations(["eipalloc-1"])).rejects.toBe(released);
    await expect(adapter().associations(["eipalloc-1"])).rejects.toThrow("slow down");
    expect(ec2.commandCalls(DescribeAddressesCommand)).toHaveLength(3);
  });

  test("a private address is taken from wherever it is, without being unassigned first", async () => {
    await adapter().bring("10.0.0.50", "eni-1");

    expect(ec2.commandCalls(AssignPrivateIpAddressesCommand)[0]?.args[0].input).toEqual({
      NetworkInterfaceId: "eni-1",
      PrivateIpAddresses: ["10.0.0.50"],
      AllowReassignment: true,
    });
  });

  test("an EIP is taken from wherever it is", async () => {
    await adapter().bringPublic("eipalloc-1", "10.0.0.50", "eni-1");

    expect(ec2.commandCalls(AssociateAddressCommand)[0]?.args[0].input).toEqual({
      AllocationId: "eipalloc-1",
      NetworkInterfaceId: "eni-1",
      PrivateIpAddress: "10.0.0.50",
      AllowReassociation: true,
    });
  });

  test("errors of EC2 go out", async () => {
    const error = Object.assign(new Error("no"), { name: "UnauthorizedOperation" });
    ec2.on(AssignPrivateIpAddressesCommand).rejects(error).on(AssociateAddressCommand).rejects(error);

    await expect(adapter().bring("10.0.0.50", "eni-1")).rejects.toBe(error);
    await expect(adapter().bringPublic("eipalloc-1", "10.0.0.50", "eni-1")).rejects.toBe(error);
  });
});
