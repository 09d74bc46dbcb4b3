import type * as ec2 from "@aws-sdk/client-ec2";
import type { NetworkAclModel, NetworkAclRule, SecurityGroupModel } from "../../stack/model";
import { together, type Handlers } from "../endpoint";
import { cidrRange } from "../state/cidr";
import { ec2Id } from "../state/ids";
import { AwsError } from "../wire/call";
import { ec2Tags, PAGE, refuseDryRun, requireIds, selectIds, type Ec2State } from "./ec2-common";
import { applyFilters, type FilterFields } from "./filters";
import { paginate } from "./paginate";

/** EC2's own last rule of each direction. */
const LAST_RULE = 32_767;
const ALL_PORTS = { from: 0, to: 65_535 };
/** As Terraform writes them, and as EC2 shows them. */
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = { all: "-1", icmp: "1", tcp: "6", udp: "17" };

/** Network ACLs, kept by the kernel; and security groups, which are as the stack made them: the lab has no call that changes one. */
export function ec2GuardHandlers(state: Ec2State): Handlers<typeof ec2> {
  return together(describeHandlers(state), entryHandlers(state));
}

function describeHandlers(state: Ec2State): Handlers<typeof ec2> {
  const { model } = state;
  return {
    DescribeNetworkAcls: async (input) => {
      requireIds(
        input.NetworkAclIds,
        model.networkAcls.map(({ networkAclId }) => networkAclId),
        { code: "InvalidNetworkAclID.NotFound", name: "networkAcl" },
      );
      const selected = selectIds(model.networkAcls, (acl) => acl.networkAclId, input.NetworkAclIds);
      const found = applyFilters(selected, input.Filters, aclFilters(state), ({ tags = {} }) => tags);
      const page = paginate(found, (acl) => acl.networkAclId, { size: input.MaxResults, token: input.NextToken, ...PAGE });
      return { NetworkAcls: await Promise.all(page.items.map((acl) => networkAcl(state, acl))), NextToken: page.next };
    },

    DescribeSecurityGroups: (input) => {
      requireIds(
        input.GroupIds,
        model.securityGroups.map(({ groupId }) => groupId),
        { code: "InvalidGroup.NotFound", name: "group" },
      );
      const selected = selectIds(model.securityGroups, (group) => group.groupId, input.GroupIds);
      const fields: FilterFields<SecurityGroupModel> = {
        "group-id": ({ groupId }) => [groupId],
        "group-name": ({ name }) => [name],
        "vpc-id": () => [model.vpc.vpcId],
      };
      const found = applyFilters(selected, input.Filters, fields, ({ tags = {} }) => tags);
      const page = paginate(found, (group) => group.groupId, { size: input.MaxResults, token: input.NextToken, ...PAGE });
      return { SecurityGroups: page.items.map((group) => securityGroup(state, group)), NextToken: page.next };
    },
  };
}

function entryHandlers(state: Ec2State): Handlers<typeof ec2> {
  const { network } = state;
  return {
    CreateNetworkAclEntry: (input) =>
      network.exclusive(async () => {
        const { networkAclId, rule } = parseEntry(state, input);
        if (await network.hasAclRule(networkAclId, rule))
          throw new AwsError(
            "NetworkAclEntryAlreadyExists",
            `The network acl entry identified by ${rule.number} already exists.`,
          );
        refuseDryRun(input);
        network.writeAclRule(networkAclId, rule);
        return {};
      }),

    ReplaceNetworkAclEntry: (input) =>
      network.exclusive(async () => {
        const { networkAclId, rule } = parseEntry(state, input);
        await requireRule(state, networkAclId, rule);
        refuseDryRun(input);
        network.writeAclRule(networkAclId, rule);
        return {};
      }),

    DeleteNetworkAclEntry: (input) =>
      network.exclusive(async () => {
        const { networkAclId, slot } = parseSlot(state, input);
        await requireRule(state, networkAclId, slot);
        refuseDryRun(input);
        network.deleteAclRule(networkAclId, slot);
        return {};
      }),
  };
}

type Slot = Pick<NetworkAclRule, "number" | "egress">;

async function requireRule({ network }: Ec2State, networkAclId: string, slot: Slot): Promise<void> {
  if (await network.hasAclRule(networkAclId, slot)) return;
  throw new AwsError("InvalidNetworkAclEntry.NotFound", `The network acl entry identified by ${slot.number} does not exist.`);
}

function parseSlot({ model }: Ec2State, input: ec2.DeleteNetworkAclEntryCommandInput) {
  const { NetworkAclId: networkAclId = "", RuleNumber: number, Egress: egress } = input;
  requireIds(
    [networkAclId],
    model.networkAcls.map((acl) => acl.networkAclId),
    { code: "InvalidNetworkAclID.NotFound", name: "networkAcl" },
  );
  if (number === undefined || number < 1 || number >= LAST_RULE - 1)
    throw new AwsError("InvalidParameterValue", `Invalid value '${number}' for rule number. Must be 1-32766.`);
  if (egress === undefined) throw new AwsError("MissingParameter", "The request must contain the parameter egress");
  return { networkAclId, slot: { number, egress } };
}

function parseEntry(state: Ec2State, input: ec2.CreateNetworkAclEntryCommandInput | ec2.ReplaceNetworkAclEntryCommandInput) {
  const { networkAclId, slot } = parseSlot(state, input);
  const { Protocol: protocol, RuleAction: action, CidrBlock: cidr, PortRange: ports } = input;
  if (input.Ipv6CidrBlock !== undefined || input.IcmpTypeCode !== undefined)
    throw new AwsError("UnsupportedOperation", "The lab's network ACLs have no IPv6 and no ICMP types.");
  if (cidr === undefined || protocol === undefined || (action !== "allow" && action !== "deny"))
    throw new AwsError("MissingParameter", "The request must contain the parameters cidrBlock, protocol and ruleAction");
  const known = Object.entries(PROTOCOL_NUMBERS).find((pair) => pair.includes(protocol))?.[1];
  if (known === undefined) throw new AwsError("InvalidParameterValue", `The lab has no protocol ${protocol}.`);
  try {
    cidrRange(cidr);
  } catch {
    throw new AwsError("InvalidParameterValue", `Value (${cidr}) for parameter cidrBlock is invalid.`);
  }
  const needsPorts = known === "6" || known === "17";
  if (needsPorts && (ports?.From === undefined || ports.To === undefined))
    throw new AwsError("InvalidParameterCombination", `Protocol ${protocol} needs a port range.`);
  const { From: fromPort = ALL_PORTS.from, To: toPort = ALL_PORTS.to } = ports ?? {};
  const rule: NetworkAclRule = { ...slot, protocol: known, allow: action === "allow", cidr, fromPort, toPort };
  return { networkAclId, rule };
}

async function networkAcl(state: Ec2State, acl: NetworkAclModel): Promise<ec2.NetworkAcl> {
  const { networkAclId, tags = {} } = acl;
  const rules = await state.network.readAclRules(networkAclId);
  const last = [true, false].map((egress) => ({ number: LAST_RULE, egress, protocol: "-1", allow: false, cidr: "0.0.0.0/0" }));
  return {
    NetworkAclId: networkAclId,
    VpcId: state.model.vpc.vpcId,
    OwnerId: state.model.accountId,
    IsDefault: false,
    Tags: ec2Tags(tags),
    Associations: subnetsOf(state, networkAclId).map((subnetId) => ({
      NetworkAclAssociationId: ec2Id("aclassoc", networkAclId, subnetId),
      NetworkAclId: networkAclId,
      SubnetId: subnetId,
    })),
    Entries: [...rules, ...last.map((rule) => ({ ...rule, fromPort: 0, toPort: 0 }))].map(entry),
  };
}

function entry(rule: NetworkAclRule): ec2.NetworkAclEntry {
  const protocol = PROTOCOL_NUMBERS[rule.protocol] ?? rule.protocol;
  const ports = protocol === "6" || protocol === "17" ? { PortRange: { From: rule.fromPort, To: rule.toPort } } : {};
  return {
    RuleNumber: rule.number,
    Egress: rule.egress,
    Protocol: protocol,
    RuleAction: rule.allow ? "allow" : "deny",
    CidrBlock: rule.cidr,
    ...ports,
  };
}

function subnetsOf({ model }: Ec2State, networkAclId: string): readonly string[] {
  return model.subnets.flatMap((subnet) => (subnet.networkAclId === networkAclId ? [subnet.subnetId] : []));
}

function aclFilters(state: Ec2State): FilterFields<NetworkAclModel> {
  return {
    "network-acl-id": ({ networkAclId }) => [networkAclId],
    "vpc-id": () => [state.model.vpc.vpcId],
    "association.subnet-id": ({ networkAclId }) => subnetsOf(state, networkAclId),
  };
}

function securityGroup({ model }: Ec2State, { groupId, name, tags = {}, rules = [] }: SecurityGroupModel): ec2.SecurityGroup {
  const permissions = (egress: boolean): ec2.IpPermission[] =>
    rules
      .filter((rule) => rule.egress === egress)
      .map(({ protocol, cidr }) => ({ IpProtocol: protocol, IpRanges: [{ CidrIp: cidr }] }));
  return {
    GroupId: groupId,
    GroupName: name,
    VpcId: model.vpc.vpcId,
    OwnerId: model.accountId,
    IpPermissions: permissions(false),
    IpPermissionsEgress: permissions(true),
    Tags: ec2Tags(tags),
  };
}
