import { resourceId } from "./identifiers";
import type {
  AddressModel,
  NatGatewayModel,
  NetworkAclModel,
  NetworkAclRule,
  RouteTableModel,
  SecurityGroupModel,
  StackModel,
  SubnetModel,
} from "./model";
import type { Resource, Resources } from "./resource";

type Network = Pick<
  StackModel,
  "vpc" | "internetGatewayId" | "subnets" | "routeTables" | "networkAcls" | "securityGroups" | "addresses" | "natGateways"
>;

export function readNetwork(resources: Resources): Network {
  const vpc = only(resources, "aws_vpc");
  return {
    vpc: { vpcId: vpc.attribute("id"), cidr: vpc.text("cidr_block") },
    internetGatewayId: only(resources, "aws_internet_gateway").attribute("id"),
    subnets: readSubnets(resources),
    routeTables: readRouteTables(resources),
    networkAcls: readNetworkAcls(resources),
    securityGroups: readSecurityGroups(resources),
    addresses: resources.of("aws_eip").map(readAddress),
    natGateways: readNatGateways(resources),
  };
}

function only(resources: Resources, type: string): Resource {
  const found = resources.of(type);
  const [resource] = found;
  if (found.length === 1 && resource) return resource;
  throw new Error(`the lab needs exactly one ${type}, the stack has ${found.length}`);
}

function readSubnets(resources: Resources): readonly SubnetModel[] {
  const tables = new Map(
    resources.of("aws_route_table_association").map((link) => [link.text("subnet_id"), link.text("route_table_id")]),
  );
  const acls = new Map(
    resources.of("aws_network_acl").flatMap((acl) => acl.texts("subnet_ids").map((subnet) => [subnet, acl.attribute("id")])),
  );
  const reservations = resources.of("aws_ec2_subnet_cidr_reservation");
  return resources.of("aws_subnet").map((subnet) => {
    const subnetId = subnet.attribute("id");
    const routeTableId = tables.get(subnetId);
    if (routeTableId === undefined) {
      throw new Error(`${subnet.address}: has no route table; the lab models no main route table, so associate one`);
    }
    return {
      subnetId,
      cidr: subnet.text("cidr_block"),
      zone: subnet.text("availability_zone_id"),
      routeTableId,
      networkAclId: acls.get(subnetId),
      reservedCidrs: reservations
        .filter((block) => block.text("subnet_id") === subnetId)
        .map((block) => block.text("cidr_block")),
      mapPublicIp: subnet.flag("map_public_ip_on_launch", false),
      tags: subnet.tags(),
    };
  });
}

function readRouteTables(resources: Resources): readonly RouteTableModel[] {
  const routes = resources.of("aws_route").map((route) => ({
    routeTableId: route.text("route_table_id"),
    destination: route.text("destination_cidr_block"),
    gatewayId: route.text("gateway_id"),
  }));
  return resources.of("aws_route_table").map((table) => {
    table.refuse(["route"], "use aws_route, so that a route of the control plane is no drift");
    const routeTableId = table.attribute("id");
    const own = routes.filter((route) => route.routeTableId === routeTableId);
    return {
      routeTableId,
      tags: table.tags(),
      routes: own.map(({ destination, gatewayId }) => ({ destination, gatewayId })),
    };
  });
}

/** Told by Describe only: the lab's packets pass every group, as an untracked one lets them on AWS. */
function readSecurityGroups(resources: Resources): readonly SecurityGroupModel[] {
  const rules = [false, true].flatMap((egress) =>
    resources.of(`aws_vpc_security_group_${egress ? "egress" : "ingress"}_rule`).map((rule) => ({
      groupId: rule.text("security_group_id"),
      rule: { egress, protocol: rule.text("ip_protocol"), cidr: rule.text("cidr_ipv4") },
    })),
  );
  return resources.of("aws_security_group").map((group) => {
    const groupId = group.attribute("id");
    const own = rules.filter((rule) => rule.groupId === groupId);
    return { groupId, name: group.text("name"), tags: group.tags(), rules: own.map(({ rule }) => rule) };
  });
}

function readNetworkAcls(resources: Resources): readonly NetworkAclModel[] {
  const rules = resources.of("aws_network_acl_rule");
  return resources.of("aws_network_acl").map((acl) => {
    acl.refuse(["ingress", "egress"], "use aws_network_acl_rule");
    const networkAclId = acl.attribute("id");
    const own = rules.filter((rule) => rule.text("network_acl_id") === networkAclId).map(readRule);
    // A NACL is asked in the order of its rule numbers.
    return { networkAclId, rules: own.sort((left, right) => left.number - right.number), tags: acl.tags() };
  });
}

function readRule(rule: Resource): NetworkAclRule {
  rule.refuse(["ipv6_cidr_block"], "the lab is IPv4 only");
  const action = rule.text("rule_action").toLowerCase();
  if (action !== "allow" && action !== "deny") {
    throw new Error(`${rule.address}.rule_action: must be allow or deny, got ${action}`);
  }
  return {
    number: rule.number("rule_number"),
    egress: rule.flag("egress", false),
    protocol: rule.text("protocol"),
    allow: action === "allow",
    cidr: rule.text("cidr_block"),
    fromPort: rule.number("from_port", 0),
    toPort: rule.number("to_port", 65_535),
  };
}

function readNatGateways(resources: Resources): readonly NatGatewayModel[] {
  const addresses = resources.of("aws_eip").map(readAddress);
  const subnets = readSubnets(resources);
  return resources.of("aws_nat_gateway").map((gateway) => {
    gateway.refuse(["private_ip", "secondary_allocation_ids"], "the lab's NAT Gateways have one address each, chosen by the lab");
    const allocationId = gateway.text("allocation_id");
    const subnetId = gateway.text("subnet_id");
    const publicIp = addresses.find((address) => address.allocationId === allocationId)?.publicIp;
    const zone = subnets.find((subnet) => subnet.subnetId === subnetId)?.zone;
    if (publicIp === undefined || zone === undefined)
      throw new Error(`${gateway.address}: needs an aws_eip and an aws_subnet of the stack`);
    const eniId = resourceId("eni", gateway.address);
    return { natGatewayId: gateway.attribute("id"), subnetId, zone, eniId, allocationId, publicIp, tags: gateway.tags() };
  });
}

function readAddress(eip: Resource): AddressModel {
  eip.refuse(["instance", "network_interface", "associate_with_private_ip"], "where an address lives is the control plane's");
  return { allocationId: eip.attribute("id"), publicIp: eip.attribute("public_ip"), tags: eip.tags() };
}
