import type { Healthz } from "../../contract/healthz";
import type { NodeDirectory } from "./node-directory";
import type { LabStatus } from "./status";

export interface FleetNat {
  readonly node: string;
  readonly healthy: boolean;
  /** `off`, or what contract/healthz.ts says; null when the NAT does not answer. */
  readonly replication: Healthz["replication"]["state"] | null;
  readonly flows: number | null;
  /** Packets that came to its agent and can be of no NAT, since boot; null when it does not answer. */
  readonly malformed: number | null;
  readonly reasons: readonly string[];
}

/** The fleet as its own health answers tell it. */
export interface Fleet {
  /** Everything is in service, healthy, holds the flows of its peers, and every lane is served in its own zone. */
  readonly ready: boolean;
  /** Why not; empty when ready. */
  readonly waitingFor: readonly string[];
  readonly nats: readonly FleetNat[];
  /** What the internet can send packets to: Elastic IPs and the NATs' own public addresses. */
  readonly publicAddresses: readonly string[];
  /** Primary and secondary private addresses of the NATs. */
  readonly privateAddresses: readonly string[];
}

const COMFORTABLE: readonly FleetNat["replication"][] = ["off", "alone", "synced"];

export async function readFleet(directory: NodeDirectory, status: LabStatus): Promise<Fleet> {
  const live = status.instances.filter(({ alive }) => alive);
  const nats = await Promise.all(live.map(({ node }) => readNat(directory, node)));
  const away = status.lanes.filter(({ zone, servedBy }) => servedBy !== null && !servedBy.includes(zone));
  const waitingFor = [
    ...status.waitingFor,
    ...nats.filter(({ healthy }) => !healthy).map(({ node, reasons }) => `${node} is not healthy: ${reasons.join("; ")}`),
    ...nats
      .filter(({ replication }) => !COMFORTABLE.includes(replication))
      .map(({ node, replication, reasons }) => `replication of ${node} is ${replication}: ${reasons.join("; ")}`),
    ...away.map(({ lane, servedBy }) => `lane ${lane} is away, served by ${servedBy}`),
  ];
  const elastic = status.lanes.flatMap(({ addresses }) => addresses.map(({ publicIp }) => publicIp));
  return {
    ready: waitingFor.length === 0,
    waitingFor,
    nats,
    publicAddresses: [...elastic, ...live.flatMap(({ publicAddress }) => publicAddress ?? [])],
    privateAddresses: live.flatMap(({ privateAddress, secondaryAddresses }) => [privateAddress, ...secondaryAddresses]),
  };
}

async function readNat(directory: NodeDirectory, node: string): Promise<FleetNat> {
  try {
    const text = await directory.exec(node, ["curl", "--silent", "--max-time", "2", "http://127.0.0.1:880/healthz"]);
    const { healthy, reasons, replication, heartbeats, conntrack } = JSON.parse(text) as Healthz;
    const copies = replication.state === "off" ? undefined : replication;
    return {
      ...{ node, healthy, replication: replication.state, flows: conntrack.count },
      malformed: heartbeats.dropped.malformed + (copies?.dropped.malformed ?? 0),
      reasons: [...reasons, ...(copies?.reasons ?? [])],
    };
  } catch (error) {
    return { node, healthy: false, replication: null, flows: null, malformed: null, reasons: [String(error)] };
  }
}
