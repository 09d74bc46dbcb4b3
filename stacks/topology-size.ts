/** Whether the `topology` parameter can hold what a configuration asks for: only AWS's apply would say so otherwise. */
import type { LaneResort } from "../contract/parameters";
import { topologyOf } from "../modules/control-plane/topology";
import { guardedEntries } from "../modules/network/acl-rules";
import { planAddresses, planProblems } from "../modules/network/address-plan";
import { targetGroupName } from "../modules/shared/deployment";
import type { Problem } from "../modules/shared/problem";
import type { EnvironmentConfig } from "./fields";

/** What Parameter Store holds at most, in its Advanced tier. */
export const MAX_TOPOLOGY_BYTES = 8192;

/** As long as AWS makes IDs and addresses. */
const HEX = "0123456789abcdef0";
const IPV4 = "255.255.255.255";

/** Too large a topology, in words. Nothing when the addresses cannot be planned: that is told elsewhere. */
export function topologyProblems(config: EnvironmentConfig): readonly Problem[] {
  if (planProblems(config).length > 0) return [];
  const bytes = topologyBytes(config);
  if (bytes <= MAX_TOPOLOGY_BYTES) return [];
  const { zones, lanesPerZone, addressesPerLane, lastResort } = config;
  return [
    {
      field: lanesPerZone > 1 ? "lanesPerZone" : "addressesPerLane",
      value: lanesPerZone > 1 ? lanesPerZone : addressesPerLane,
      limit: `a topology of at most ${MAX_TOPOLOGY_BYTES} bytes (Parameter Store), but ${zones.length} zones × ${lanesPerZone} lane(s) × ${addressesPerLane} address(es) make up to ${bytes}`,
      fix: `use fewer lanesPerZone or addressesPerLane${lastResort === "nat-gateway" ? ", or lastResort: none" : ""}`,
    },
  ];
}

/** How long the topology can become, once Terraform has filled in what AWS made. Throws when the addresses cannot be planned. */
export function topologyBytes(config: EnvironmentConfig): number {
  const { region, accountId, vpcCidr } = config;
  const plan = planAddresses(config);
  const lanes = plan.zones.flatMap((zone) => zone.lanes);
  const resort: LaneResort = { natGatewayId: `nat-${HEX}`, publicIp: IPV4 };
  const topology = topologyOf({
    deployment: config,
    network: {
      vpc: { id: `vpc-${HEX}` },
      zones: plan.zones.map((zone) => ({
        plan: zone,
        publicSubnet: { id: `subnet-${HEX}` },
        lanes: zone.lanes.map((lane) => ({ plan: lane, routeTable: { id: `rtb-${HEX}` } })),
      })),
      guardedAcl: { networkAclId: `acl-${HEX}`, entries: guardedEntries(vpcCidr) },
    },
    addresses: new Map(
      lanes.map(({ lane, addresses }) => [
        lane,
        addresses.map((floating) => ({ allocationId: `eipalloc-${HEX}`, publicIp: IPV4, floating })),
      ]),
    ),
    targetGroupArn:
      config.steering === "nlb"
        ? `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/${targetGroupName(config)}/${HEX.slice(1)}`
        : undefined,
    lastResort: config.lastResort === "nat-gateway" ? new Map(plan.zones.map(({ zone }) => [zone, resort])) : undefined,
    // The larger of what the modes of the security group make.
    natGroup: { ingress: vpcCidr, egress: "0.0.0.0/0" },
  });
  return Buffer.byteLength(JSON.stringify(topology));
}
