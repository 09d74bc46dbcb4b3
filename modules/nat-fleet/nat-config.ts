import type { NatConfig, NatLane, ReplicationConfig } from "../../contract/nat-config";
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
  readonly replication: ReplicationConfig;
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
    stateParameter: parameterPath(deployment.env, "state"),
    selfProbeTargets: settings.selfProbeTargets.map((target) => {
      const [address = "", port = ""] = target.split(":");
      return { address, port: Number(port) };
    }),
    timing: {
      // Three misses and a half are 245 ms. TCP sends again 0.2, 0.6, 1.4 and 3.0 s after a loss: every 0.1 s of detection decides for
      // many connections whether they stall for 1.5 s or for 3.1 s.
      heartbeatIntervalMs: 70,
      selfProbeIntervalMs: 100,
      selfProbeTimeoutMs: 250,
      missThreshold: 3,
      observerBackoffMs: 300,
      peersRefreshMs: 10_000,
    },
    replication: settings.replication,
  };
}

function lanesOf(plan: AddressPlan, zone: string): readonly NatLane[] {
  return plan.zones
    .flatMap((z) => z.lanes)
    .flatMap((lane) => {
      const home = lane.zone === zone;
      const guests = Object.entries(lane.guests).map(([other, guest]) => [other, [guest]] as const);
      const addressesByZone: NatLane["addressesByZone"] = { ...Object.fromEntries(guests), [lane.zone]: lane.addresses };
      const addresses = addressesByZone[zone] ?? [];
      // Without a guest address a foreign zone cannot serve the lane under an address of its own.
      return addresses.length === 0
        ? []
        : [
            {
              lane: lane.lane,
              home,
              homeZone: lane.zone,
              clientCidrs: [lane.privateCidr, lane.probeCidr],
              addresses,
              addressesByZone,
            },
          ];
    });
}
