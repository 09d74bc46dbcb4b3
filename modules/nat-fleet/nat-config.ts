import type { NatConfig, NatLane } from "../../contract/nat-config";
import { parameterPath } from "../../contract/parameters";
import { physicalName } from "../../contract/project";
import type { AddressPlan } from "../network";
import { queueUrl } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";

/** What differs between fleets in a NAT's configuration. */
export interface NatSettings {
  readonly addressSelection: "client" | "flow";
  /** `IPv4:port`, at least two. */
  readonly selfProbeTargets: readonly string[];
}

/** The `nat.json` of every NAT of a zone: own lanes by their floating addresses, foreign ones by the guest address. Pure. */
export function natConfig(deployment: Deployment, plan: AddressPlan, zone: string, settings: NatSettings): NatConfig {
  return {
    schema: 1,
    env: deployment.env,
    region: deployment.region,
    zone,
    vpcCidrs: [plan.vpcCidr],
    healthSourceCidrs: plan.zones.flatMap((z) => [z.publicCidr, ...z.lanes.map((lane) => lane.probeCidr)]),
    lanes: lanesOf(plan, zone),
    addressSelection: settings.addressSelection,
    queueUrl: queueUrl(deployment, physicalName(deployment.env, "failover.fifo")),
    peersParameter: parameterPath(deployment.env, "peers"),
    heartbeatKeyParameter: parameterPath(deployment.env, "heartbeat-key"),
    selfProbeTargets: settings.selfProbeTargets.map((target) => {
      const [address = "", port = ""] = target.split(":");
      return { address, port: Number(port) };
    }),
    timing: {
      heartbeatIntervalMs: 100,
      selfProbeIntervalMs: 100,
      selfProbeTimeoutMs: 250,
      missThreshold: 3,
      observerBackoffMs: 300,
      peersRefreshMs: 10_000,
    },
  };
}

function lanesOf(plan: AddressPlan, zone: string): readonly NatLane[] {
  return plan.zones
    .flatMap((z) => z.lanes)
    .flatMap((lane) => {
      const home = lane.zone === zone;
      const guest = lane.guests[zone];
      const addresses = home ? lane.addresses : guest === undefined ? [] : [guest];
      // Without a guest address a foreign zone cannot serve the lane under an address of its own.
      return addresses.length === 0
        ? []
        : [{ lane: lane.lane, home, clientCidrs: [lane.privateCidr, lane.probeCidr], addresses }];
    });
}
