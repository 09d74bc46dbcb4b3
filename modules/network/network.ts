import { Construct } from "constructs";
import { Ec2SubnetCidrReservation } from "@cdktf/provider-aws/lib/ec2-subnet-cidr-reservation";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import type { ITerraformDependable } from "cdktf";
import type { Guarded } from "../../contract/parameters";
import { physicalName } from "../../contract/project";
import { ROLES, TAGS } from "../../contract/tags";
import type { Deployment } from "../shared/deployment";
import { planAddresses } from "./address-plan";
import type { AddressPlan, AddressPlanProps, LanePlan, ZonePlan } from "./address-plan";
import { FlowLogs } from "./flow-logs";
import type { FlowLogRetention } from "./flow-logs";
import { PublicAcl } from "./public-acl";

/** Network of one environment. */
export interface NetworkProps extends AddressPlanProps {
  readonly deployment: Deployment;
  /** When flow log files move to Glacier, and when they go. */
  readonly flowLogRetention: FlowLogRetention;
}

/** Until when Lambda has deleted the network interfaces of a function that is no more: AWS says 20 minutes, the provider's documentation 45. */
export const LAMBDA_INTERFACES_GONE = "45m";

/** A lane's part of the network. */
export interface LaneNetwork {
  readonly plan: LanePlan;
  readonly routeTable: RouteTable;
  readonly privateSubnet: Subnet;
  readonly probeSubnet: Subnet;
}

/** A zone's part of the network. */
export interface ZoneNetwork {
  readonly plan: ZonePlan;
  readonly publicSubnet: Subnet;
  readonly lanes: readonly LaneNetwork[];
}

/**
 * VPC, subnets by AZ ID, a route table per lane, internet gateway, gateway endpoints, NACL of the public subnets, flow logs.
 *
 * Creates no default route for a lane and no NAT: the control plane owns the lanes' `0.0.0.0/0` from the first election on,
 * so Terraform must never know it. Costs nothing but the flow logs' storage and delivery.
 *
 * @example new Network(stack, "Network", { deployment, vpcCidr: "10.0.0.0/16", zones: ["use1-az1", "use1-az2"], ... })
 */
export class Network extends Construct {
  public readonly plan: AddressPlan;
  public readonly vpc: Vpc;
  public readonly zones: readonly ZoneNetwork[];
  /** What must exist before an instance can use the network, and outlive the last one. */
  public readonly ready: readonly ITerraformDependable[];
  /** The network ACL of the public subnets, as config-guard holds it. */
  public readonly guardedAcl: Guarded["networkAcl"];

  private readonly env: string;

  public constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    this.env = props.deployment.env;
    this.plan = planAddresses(props);
    this.vpc = new Vpc(this, "Vpc", {
      cidrBlock: props.vpcCidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: this.named("vpc"),
    });
    const gateway = new InternetGateway(this, "InternetGateway", { vpcId: this.vpc.id, tags: this.named("igw") });
    const publicTable = new RouteTable(this, "PublicRouteTable", { vpcId: this.vpc.id, tags: this.named("public") });
    const toInternet = new Route(this, "PublicDefaultRoute", {
      routeTableId: publicTable.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });
    const reservations: Ec2SubnetCidrReservation[] = [];
    this.zones = this.plan.zones.map((plan) => {
      const publicSubnet = this.subnet(`Public-${plan.zone}`, plan.publicCidr, plan.zone, { [TAGS.role]: ROLES.publicSubnet });
      reservations.push(this.reservation(plan, publicSubnet));
      this.associate(`Public-${plan.zone}`, publicSubnet, publicTable);
      return { plan, publicSubnet, lanes: plan.lanes.map((lane) => this.lane(lane)) };
    });
    const acl = new PublicAcl(this, "PublicAcl", {
      vpc: this.vpc,
      subnetIds: this.zones.map((zone) => zone.publicSubnet.id),
      tags: this.named("public"),
    });
    this.guardedAcl = acl.guarded;
    this.endpoints(props.deployment.region, publicTable);
    new FlowLogs(this, "FlowLogs", { deployment: props.deployment, vpc: this.vpc, retention: props.flowLogRetention });
    this.ready = [gateway, toInternet, acl.ready, ...reservations];
  }

  private lane(plan: LanePlan): LaneNetwork {
    const lane = { [TAGS.lane]: plan.lane };
    // Terraform: no `route` argument and no aws_route on this table, so that moves by the control plane are no drift.
    const routeTable = new RouteTable(this, `Lane-${plan.lane}`, {
      vpcId: this.vpc.id,
      tags: { ...this.named(plan.lane), ...lane, [TAGS.zone]: plan.zone, [TAGS.role]: ROLES.lane },
    });
    const privateSubnet = this.subnet(`Private-${plan.lane}`, plan.privateCidr, plan.zone, {
      ...lane,
      [TAGS.role]: ROLES.privateSubnet,
    });
    const probeSubnet = this.subnet(`Probe-${plan.lane}`, plan.probeCidr, plan.zone, { ...lane, [TAGS.role]: ROLES.probeSubnet });
    probeSubnet.putTimeouts({ delete: LAMBDA_INTERFACES_GONE });
    this.associate(`Private-${plan.lane}`, privateSubnet, routeTable);
    this.associate(`Probe-${plan.lane}`, probeSubnet, routeTable);
    return { plan, routeTable, privateSubnet, probeSubnet };
  }

  private subnet(id: string, cidrBlock: string, zone: string, tags: Readonly<Record<string, string>>): Subnet {
    return new Subnet(this, id, {
      vpcId: this.vpc.id,
      cidrBlock,
      availabilityZoneId: zone,
      tags: { ...this.named(id.toLowerCase()), [TAGS.zone]: zone, ...tags },
    });
  }

  private reservation(plan: ZonePlan, subnet: Subnet): Ec2SubnetCidrReservation {
    return new Ec2SubnetCidrReservation(this, `Reservation-${plan.zone}`, {
      subnetId: subnet.id,
      cidrBlock: plan.reservationCidr,
      reservationType: "explicit",
      description: "floating and guest addresses of the NATs",
    });
  }

  private associate(id: string, subnet: Subnet, table: RouteTable): void {
    new RouteTableAssociation(this, `Association-${id}`, { subnetId: subnet.id, routeTableId: table.id });
  }

  /** S3 and DynamoDB traffic never crosses a NAT: it is free here and would be metered by the NAT's bandwidth there. */
  private endpoints(region: string, publicTable: RouteTable): void {
    const tables = [publicTable, ...this.zones.flatMap((zone) => zone.lanes.map((lane) => lane.routeTable))];
    for (const [id, service] of Object.entries({ S3Endpoint: "s3", DynamodbEndpoint: "dynamodb" })) {
      new VpcEndpoint(this, id, {
        vpcId: this.vpc.id,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: "Gateway",
        routeTableIds: tables.map((table) => table.id),
        tags: this.named(service),
      });
    }
  }

  private named(thing: string): Record<string, string> {
    return { Name: physicalName(this.env, thing), [TAGS.env]: this.env };
  }
}
