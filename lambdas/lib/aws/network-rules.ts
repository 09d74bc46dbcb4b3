import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeSecurityGroupsCommand,
  ReplaceNetworkAclEntryCommand,
} from "@aws-sdk/client-ec2";
import type { EC2Client, IpPermission, NetworkAcl, NetworkAclEntry } from "@aws-sdk/client-ec2";
import type { AclEntry } from "../../../contract/parameters";
import { ROLES, TAGS } from "../../../contract/tags";
import { everyProtocol } from "../domain/network-guard";
import type { AclChange, ObservedAcl, ObservedGroup } from "../domain/network-guard";
import { errorCode, isNotFound } from "./errors";
import { allPages } from "./paginate";

export interface NetworkRules {
  /** The ACLs that these subnets are associated with: at least one. */
  acls(subnetIds: readonly string[]): Promise<readonly ObservedAcl[]>;
  /** The NATs' security group. */
  natGroup(vpcId: string): Promise<ObservedGroup>;
  /** Safe to repeat. */
  change(change: AclChange): Promise<void>;
}

/** EC2 throttles descriptions that name no page size sooner than those that do; this is the largest. */
const MaxResults = 1_000;

/** From here on the numbers are EC2's: the entry that denies what no other matched. */
const LAST_RULE = 32_767;

export function networkRules(ec2: EC2Client, env: string): NetworkRules {
  return {
    acls: async (subnetIds) => {
      const Filters = [{ Name: "association.subnet-id", Values: [...subnetIds] }];
      const acls = await allPages(async (token) => {
        const command = new DescribeNetworkAclsCommand({
          Filters,
          MaxResults,
          ...(token === undefined ? {} : { NextToken: token }),
        });
        const { NetworkAcls = [], NextToken } = await ec2.send(command);
        return { items: NetworkAcls, next: NextToken };
      });
      // Every subnet has an ACL, always: an answer without one is not the full answer.
      const missing = subnetIds.filter((id) => !acls.some((acl) => acl.Associations?.some(({ SubnetId }) => SubnetId === id)));
      if (missing.length > 0) incomplete(`no network ACL of ${missing.join(", ")}`);
      return acls.map((acl) => toAcl(acl, subnetIds));
    },
    natGroup: async (vpcId) => {
      const Filters = [
        { Name: `tag:${TAGS.env}`, Values: [env] },
        { Name: `tag:${TAGS.role}`, Values: [ROLES.nat] },
        { Name: "vpc-id", Values: [vpcId] },
      ];
      const groups = await allPages(async (token) => {
        const command = new DescribeSecurityGroupsCommand({
          Filters,
          MaxResults,
          ...(token === undefined ? {} : { NextToken: token }),
        });
        const { SecurityGroups = [], NextToken } = await ec2.send(command);
        return { items: SecurityGroups, next: NextToken };
      });
      const [group] = groups;
      if (group?.GroupId === undefined || groups.length > 1)
        return incomplete(`${groups.length} security groups with the tags of the NATs in ${vpcId}; there must be one`);
      return { groupId: group.GroupId, ingress: allows(group.IpPermissions), egress: allows(group.IpPermissionsEgress) };
    },
    change: (change) => changeEntry(ec2, change),
  };
}

async function changeEntry(ec2: EC2Client, change: AclChange): Promise<void> {
  const slot = { NetworkAclId: change.networkAclId, RuleNumber: change.entry.number, Egress: change.entry.egress };
  if (change.kind === "delete") {
    try {
      await ec2.send(new DeleteNetworkAclEntryCommand(slot));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return;
  }
  const { protocol, action, cidr, ports } = change.entry;
  const portRange = ports === undefined ? {} : { PortRange: { From: ports.from, To: ports.to } };
  const input = { ...slot, Protocol: protocol, RuleAction: action, CidrBlock: cidr, ...portRange };
  try {
    await ec2.send(change.kind === "create" ? new CreateNetworkAclEntryCommand(input) : new ReplaceNetworkAclEntryCommand(input));
  } catch (error) {
    // Somebody created or deleted the entry since we looked: the other call gives the wanted state.
    if (change.kind === "create" && errorCode(error) === "NetworkAclEntryAlreadyExists")
      await ec2.send(new ReplaceNetworkAclEntryCommand(input));
    else if (change.kind === "replace" && isNotFound(error)) await ec2.send(new CreateNetworkAclEntryCommand(input));
    else throw error;
  }
}

function toAcl(acl: NetworkAcl, subnetIds: readonly string[]): ObservedAcl {
  const networkAclId = acl.NetworkAclId ?? incomplete("a network ACL has no ID");
  return {
    networkAclId,
    subnetIds: (acl.Associations ?? []).flatMap(({ SubnetId = "" }) => (subnetIds.includes(SubnetId) ? [SubnetId] : [])),
    entries: (acl.Entries ?? [])
      .filter(({ RuleNumber }) => (RuleNumber ?? 0) < LAST_RULE)
      .map((entry) => toEntry(networkAclId, entry)),
  };
}

function toEntry(aclId: string, { RuleNumber, Egress, Protocol, RuleAction, PortRange, ...entry }: NetworkAclEntry): AclEntry {
  const cidr = entry.CidrBlock ?? entry.Ipv6CidrBlock;
  if (
    RuleNumber === undefined ||
    Egress === undefined ||
    Protocol === undefined ||
    RuleAction === undefined ||
    cidr === undefined
  )
    return incomplete(`entry ${RuleNumber} of ${aclId} lacks a part`);
  const { From, To } = PortRange ?? {};
  const ports = From === undefined || To === undefined ? {} : { ports: { from: From, to: To } };
  return { number: RuleNumber, egress: Egress, protocol: Protocol, action: RuleAction, cidr, ...ports };
}

function allows(permissions: readonly IpPermission[] = []): readonly string[] {
  return permissions.flatMap((permission) => {
    const { IpProtocol = "?", FromPort = "any", ToPort = "any" } = permission;
    const sources = [
      ...(permission.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
      ...(permission.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
    ];
    return sources.map((source = "?") =>
      IpProtocol === "-1" ? everyProtocol(source) : `protocol ${IpProtocol} ports ${FromPort}-${ToPort}, ${source}`,
    );
  });
}

function incomplete(what: string): never {
  throw new Error(`AWS described the network incompletely: ${what}. Nothing is decided on part of an answer`);
}
