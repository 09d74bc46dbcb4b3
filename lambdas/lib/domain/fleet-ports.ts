import type { FleetRecord, Topology } from "../../../contract/parameters";
import type { Association, DefaultRoute, GroupMember, ObservedInstance } from "./fleet";

/** Every read gives the full answer or throws; an ID that EC2 says does not exist is left out of it. Every write is idempotent and safe to repeat from any point. */

export interface Documents {
  read(): Promise<{ readonly topology: Topology; readonly record: FleetRecord }>;
  save(record: FleetRecord): Promise<void>;
}

export interface Fleet {
  /** Every NAT instance of the environment that is not terminated. */
  instances(): Promise<readonly ObservedInstance[]>;
  /** Members of these Auto Scaling groups; a group that does not exist (yet) has none. */
  members(groupNames: readonly string[]): Promise<readonly GroupMember[]>;
}

export interface RouteTables {
  /** By route table ID; without those that do not exist. Throws when none does. */
  defaultRoutes(routeTableIds: readonly string[]): Promise<ReadonlyMap<string, DefaultRoute>>;
  /** `create` is a hint: a route that is there is replaced, one that is not is created. */
  pointAt(routeTableId: string, eniId: string, create: boolean): Promise<void>;
  /** Likewise, to a NAT Gateway. */
  pointAtGateway(routeTableId: string, natGatewayId: string, create: boolean): Promise<void>;
}

export interface NatGateways {
  /** State by ID, as EC2 says; without those that do not exist. Throws when none does. */
  states(natGatewayIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface Addresses {
  /** By allocation ID; without those that do not exist. Throws when none does. */
  associations(allocationIds: readonly string[]): Promise<ReadonlyMap<string, Association>>;
  /** A private address (with the EIP it carries) moves to this interface of its subnet, from wherever it is. */
  bring(address: string, eniId: string): Promise<void>;
  /** An EIP moves to a private address of this interface, from wherever it is. */
  bringPublic(allocationId: string, address: string, eniId: string): Promise<void>;
}

export interface InstanceHealth {
  /** Auto Scaling replaces the instance, without a grace period. */
  markUnhealthy(instanceId: string): Promise<void>;
}
