import type * as ec2 from "@aws-sdk/client-ec2";
import { ROLES, TAGS } from "../../../contract/tags";
import type { ClientInstance } from "../../world/fabric";
import type { InstanceRecord } from "../state/instances";
import { digest, ec2Id, zoneName } from "../state/ids";
import type { AddressView } from "../state/network";
import { ec2Tags, type Ec2State } from "./ec2-common";

const STATE_CODES = { pending: 0, running: 16, "shutting-down": 32, terminated: 48 } as const;

/** The same for the same pair, as long as it lasts. */
export function associationId(publicIp: string, privateIp: string): string {
  return ec2Id("eipassoc", publicIp, privateIp);
}

function publicOf(view: AddressView, privateIp: string): string | undefined {
  return [...view.publics].find(([, address]) => address === privateIp)?.[0];
}

/** An ENI's addresses, primary first, with the public address that the gateway translates each to. */
function privateAddresses(state: Ec2State, record: InstanceRecord, view: AddressView): ec2.NetworkInterfacePrivateIpAddress[] {
  const addresses = [record.privateAddress, ...(view.secondaries.get(record.eniId) ?? [])];
  return addresses.map((address, index) => {
    const publicIp = publicOf(view, address);
    const allocation = state.model.addresses.find((candidate) => candidate.publicIp === publicIp);
    const elastic = allocation && {
      AllocationId: allocation.allocationId,
      AssociationId: associationId(allocation.publicIp, address),
    };
    return {
      PrivateIpAddress: address,
      Primary: index === 0,
      ...(publicIp === undefined
        ? {}
        : { Association: { PublicIp: publicIp, IpOwnerId: allocation ? state.model.accountId : "amazon", ...elastic } }),
    };
  });
}

export function networkInterface(
  state: Ec2State,
  record: InstanceRecord,
  view: AddressView,
  sourceDestCheck: boolean,
): ec2.NetworkInterface {
  const addresses = privateAddresses(state, record, view);
  return {
    NetworkInterfaceId: record.eniId,
    InterfaceType: "interface",
    Status: "in-use",
    OwnerId: state.model.accountId,
    VpcId: state.model.vpc.vpcId,
    SubnetId: record.subnetId,
    AvailabilityZone: zoneName(state.model.region, record.zone),
    AvailabilityZoneId: record.zone,
    PrivateIpAddress: record.privateAddress,
    PrivateIpAddresses: addresses,
    ...(addresses[0]?.Association ? { Association: addresses[0].Association } : {}),
    SourceDestCheck: sourceDestCheck,
    Groups: groupsOf(state, record),
    Attachment: {
      AttachmentId: ec2Id("eni-attach", record.eniId),
      InstanceId: record.instanceId,
      InstanceOwnerId: state.model.accountId,
      DeviceIndex: 0,
      Status: record.phase === "launching" ? "attaching" : "attached",
      DeleteOnTermination: true,
      AttachTime: record.launchedAt,
    },
    MacAddress: macAddress(record.eniId),
    TagSet: ec2Tags(record.eniTags),
  };
}

/** As the launch template has them: the lab has no call that changes them. */
function groupsOf({ model }: Ec2State, { launchTemplateId }: InstanceRecord): ec2.GroupIdentifier[] {
  const template = model.launchTemplates.find((candidate) => candidate.launchTemplateId === launchTemplateId);
  return (template?.securityGroupIds ?? []).map((GroupId) => {
    const GroupName = model.securityGroups.find(({ groupId }) => groupId === GroupId)?.name;
    return { GroupId, ...(GroupName === undefined ? {} : { GroupName }) };
  });
}

function macAddress(eniId: string): string {
  return `06${digest([eniId], 10).replace(/../g, ":$&")}`;
}

export function instance(
  state: Ec2State,
  record: InstanceRecord,
  view: AddressView,
  sourceDestCheck: boolean | undefined,
): ec2.Instance {
  const name = state.instances.ec2State(record);
  const common: ec2.Instance = {
    InstanceId: record.instanceId,
    InstanceType: record.instanceType as ec2._InstanceType,
    State: { Name: name, Code: STATE_CODES[name] },
    LaunchTime: record.launchedAt,
    Placement: {
      AvailabilityZone: zoneName(state.model.region, record.zone),
      AvailabilityZoneId: record.zone,
      Tenancy: "default",
    },
    Architecture: "arm64",
    Tags: ec2Tags({
      ...record.tags,
      "aws:autoscaling:groupName": record.groupName,
      "aws:ec2launchtemplate:id": record.launchTemplateId,
    }),
    ...(name === "terminated" || name === "shutting-down"
      ? {
          StateReason: { Code: "Client.UserInitiatedShutdown", Message: "Client.UserInitiatedShutdown: User initiated shutdown" },
        }
      : {}),
  };
  if (sourceDestCheck === undefined) return { ...common, NetworkInterfaces: [] };
  const eni = networkInterface(state, record, view, sourceDestCheck);
  return {
    ...common,
    VpcId: state.model.vpc.vpcId,
    SubnetId: record.subnetId,
    PrivateIpAddress: record.privateAddress,
    ...(eni.Association?.PublicIp ? { PublicIpAddress: eni.Association.PublicIp } : {}),
    SourceDestCheck: sourceDestCheck,
    IamInstanceProfile: {
      Arn: `arn:aws:iam::${state.model.accountId}:instance-profile/${record.instanceProfile.split("/").at(-1)}`,
    },
    NetworkInterfaces: [
      {
        NetworkInterfaceId: record.eniId,
        OwnerId: state.model.accountId,
        VpcId: state.model.vpc.vpcId,
        SubnetId: record.subnetId,
        PrivateIpAddress: record.privateAddress,
        PrivateIpAddresses: eni.PrivateIpAddresses ?? [],
        ...(eni.Association ? { Association: eni.Association } : {}),
        SourceDestCheck: sourceDestCheck,
        Groups: eni.Groups ?? [],
        Status: "in-use",
        Attachment: { AttachmentId: eni.Attachment?.AttachmentId, DeviceIndex: 0, Status: "attached", DeleteOnTermination: true },
      },
    ],
  };
}

/** A stock machine of the operator's in a private subnet, tagged as `scripts/measure_rto.sh` looks for it. */
export function clientInstance({ model, startedAt }: Ec2State, client: ClientInstance): ec2.Instance {
  const { instanceId, lane, zone, subnetId, eniId, privateAddress } = client;
  const common = { VpcId: model.vpc.vpcId, SubnetId: subnetId, PrivateIpAddress: privateAddress, SourceDestCheck: true };
  return {
    ...common,
    InstanceId: instanceId,
    InstanceType: "t4g.nano",
    Architecture: "arm64",
    State: { Name: "running", Code: STATE_CODES.running },
    LaunchTime: startedAt,
    Placement: { AvailabilityZone: zoneName(model.region, zone), AvailabilityZoneId: zone, Tenancy: "default" },
    Tags: ec2Tags({ Name: `client-${lane}`, [TAGS.role]: ROLES.rtoProbe }),
    NetworkInterfaces: [
      { ...common, NetworkInterfaceId: eniId, OwnerId: model.accountId, MacAddress: client.mac, Status: "in-use" },
    ],
  };
}
