import { randomUUID } from "node:crypto";
import { TerminateInstanceInAutoScalingGroupCommand } from "@aws-sdk/client-auto-scaling";
import { AssociateAddressCommand, DeleteRouteCommand, DescribeAddressesCommand } from "@aws-sdk/client-ec2";
import { FUNCTION_NAMES } from "../../contract/functions";
import type { FunctionName } from "../../contract/functions";
import { TAGS } from "../../contract/tags";
import type { LabStatus } from "../holder/status";
import type { Touched } from "./converge";
import type { Place } from "./site";

/** What was made to happen, and when it is over. */
export interface Happening {
  readonly touched: Touched;
  /** Why it is not over; undefined when it is. */
  unfinished(status: LabStatus): Promise<string | undefined>;
  /** What whoever asked does again while it is not over; undefined where nobody does. */
  askAgain?(): Promise<void>;
}

/** Something that makes functions act. */
export interface Occasion {
  readonly name: string;
  readonly does: string;
  /** Whose calls and events are sabotaged. */
  readonly functions: readonly FunctionName[];
  happen(site: Place, status: LabStatus): Promise<Happening>;
}

const { routeFailover, lifecycleHandler, eipRecover, configGuard, healthProbe } = FUNCTION_NAMES;
const NOTHING: Touched = { instances: [], lanes: [] };

type Instance = LabStatus["instances"][number];
type Lane = LabStatus["lanes"][number];

export const OCCASIONS: readonly Occasion[] = [
  {
    name: "move",
    does: "an operator moves a lane to another NAT of its zone",
    functions: [routeFailover],
    happen: async (site, status) => {
      const [lane, to] = movable(status);
      const ask = () =>
        site.send({
          ...{ schema: 1, kind: "move", env: site.run.env, at: new Date().toISOString(), correlationId: randomUUID() },
          ...{ by: "chaos", lane: lane.lane, to: to.instanceId },
        });
      await ask();
      return {
        touched: { instances: [], lanes: [lane.lane] },
        unfinished: async (now) => servedBy(now, lane.lane, (id) => id === to.instanceId),
        askAgain: ask,
      };
    },
  },
  {
    name: "failover",
    does: "the NAT that serves a lane is killed",
    functions: [routeFailover],
    happen: async (site, status) => {
      const [lane] = movable(status);
      const dead = serverOf(status, lane);
      await site.kill(dead.node);
      return {
        touched: { instances: [dead.instanceId], lanes: [lane.lane] },
        unfinished: async (now) => presence(now, dead) ?? servedBy(now, lane.lane, (id) => id !== dead.instanceId),
      };
    },
  },
  {
    name: "replacement",
    does: "a standby is terminated through its group, and another one is launched",
    functions: [lifecycleHandler],
    happen: async (site, status) => {
      const [, standby] = movable(status);
      const input = { InstanceId: standby.instanceId, ShouldDecrementDesiredCapacity: false };
      await site.autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(input));
      return {
        touched: { instances: [standby.instanceId], lanes: [] },
        unfinished: async (now) => presence(now, standby),
      };
    },
  },
  {
    name: "ruleset",
    does: "somebody edits the ruleset of a standby",
    functions: [configGuard],
    happen: async (site, status) => {
      const [, { node, instanceId }] = movable(status);
      await site.exec(node, "nft", "insert", "rule", "ip", "ha_nat", "forward", "accept");
      return {
        touched: NOTHING,
        unfinished: async (now) => {
          if (now.instances.find((instance) => instance.node === node)?.instanceId !== instanceId) return `${node} is replaced`;
          const { exitCode, said } = await site.exec(node, "/opt/ha-nat/bin/nat-check");
          return exitCode === 0 ? undefined : `nat-check on ${node}: ${said.trim()}`;
        },
      };
    },
  },
  {
    name: "address",
    does: "a lane's Elastic IP is put where another lane's was",
    functions: [eipRecover, routeFailover],
    happen: async (site, status) => {
      const [mine, others] = twoLanes(status);
      const places = () => Promise.all([mine, others].map((lane) => addressOf(site, lane)));
      const [stolen, thief] = await places();
      const before = [stolen, thief].map((place) => place?.PrivateIpAddress);
      await site.ec2.send(
        new AssociateAddressCommand({
          AllocationId: stolen?.AllocationId,
          NetworkInterfaceId: thief?.NetworkInterfaceId,
          PrivateIpAddress: thief?.PrivateIpAddress,
          AllowReassociation: true,
        }),
      );
      return {
        touched: NOTHING,
        unfinished: async () => {
          const now = (await places()).map((place) => place?.PrivateIpAddress);
          return now.join() === before.join()
            ? undefined
            : `the addresses are at ${now.join(" and ")}, not ${before.join(" and ")}`;
        },
      };
    },
  },
  {
    name: "route",
    does: "somebody deletes a lane's default route",
    functions: [configGuard, routeFailover],
    happen: async (site, status) => {
      const [lane] = movable(status);
      await site.ec2.send(new DeleteRouteCommand({ RouteTableId: lane.routeTableId, DestinationCidrBlock: "0.0.0.0/0" }));
      return {
        touched: { instances: [], lanes: [lane.lane] },
        unfinished: async (now) => servedBy(now, lane.lane, () => true),
      };
    },
  },
  {
    name: "minute",
    does: "nothing happens for a minute",
    functions: [healthProbe],
    happen: async (site) => {
      const since = Date.now();
      const name = site.functionName(healthProbe);
      return {
        touched: NOTHING,
        unfinished: async ({ functions }) => {
          const last = functions.find((candidate) => candidate.name === name)?.last;
          // A run that began before the occasion says nothing of it.
          const began = last === undefined ? 0 : Date.parse(last.at) - last.ms;
          return last?.result === "ok" && began > since ? undefined : `${name} has not run to its end since`;
        },
      };
    },
  },
];

export function findOccasion(name: string): Occasion {
  const found = OCCASIONS.find((occasion) => occasion.name === name);
  if (found !== undefined) return found;
  throw new Error(`occasion ${name} is unknown; allowed: ${OCCASIONS.map((known) => known.name).join(", ")}; choose one of them`);
}

function serverOf(status: LabStatus, lane: Lane): Instance {
  const found = status.instances.find(({ instanceId }) => instanceId === lane.target?.instanceId);
  if (found === undefined) throw new Error(`lane ${lane.lane} is served by nobody; wait for it: npm run lab -- status`);
  return found;
}

/** The first lane, and another NAT of its zone. */
function movable(status: LabStatus): readonly [Lane, Instance] {
  const [lane] = status.lanes;
  if (lane === undefined) throw new Error("the stack has no lane");
  const server = serverOf(status, lane);
  const other = status.instances.find((nat) => nat.zone === server.zone && nat.instanceId !== server.instanceId && nat.alive);
  if (other === undefined)
    throw new Error(`zone ${server.zone} has one NAT only; chaos needs a standby, as prod has: npm run lab -- chaos --env prod`);
  return [lane, other];
}

function twoLanes({ lanes: [one, two] }: LabStatus): readonly [Lane, Lane] {
  if (one === undefined || two === undefined) throw new Error("the stack has fewer than two lanes");
  return [one, two];
}

function servedBy(status: LabStatus, name: string, isRight: (instanceId: string) => boolean): string | undefined {
  const lane = status.lanes.find((candidate) => candidate.lane === name);
  const server = lane?.route === "active" ? lane.target?.instanceId : undefined;
  return server !== undefined && isRight(server) ? undefined : `lane ${name} is served by ${server ?? "nobody"}`;
}

function presence(status: LabStatus, { instanceId }: Instance): string | undefined {
  return status.instances.some((instance) => instance.instanceId === instanceId) ? `${instanceId} is still there` : undefined;
}

async function addressOf(site: Place, { lane }: Lane) {
  const Filters = [{ Name: `tag:${TAGS.lane}`, Values: [lane] }];
  const { Addresses: [address] = [] } = await site.ec2.send(new DescribeAddressesCommand({ Filters }));
  return address;
}
