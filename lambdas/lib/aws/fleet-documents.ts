import type { SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod/mini";
import type { FleetRecord, Topology } from "../../../contract/parameters";
import type { Documents } from "../domain/fleet-ports";
import { readParameters, writeParameter } from "./parameters";
import type { ParameterSpec } from "./parameters";
import { fleetRecordSchema, topologySchema } from "./schemas";

export interface DocumentNames {
  readonly topology: string;
  readonly state: string;
}

/** The topology of this fleet: one of another, under our name, would have its lanes moved to our NATs. */
export function topologyParameter(name: string, env: string): ParameterSpec<Topology> {
  const isOurs = z.refine<Topology>((topology) => topology.env === env, {
    path: ["env"],
    error: ({ input }) =>
      `is ${JSON.stringify((input as Topology).env)}, must be ${JSON.stringify(env)}: it is the topology of another fleet; apply the stack of ${env}`,
  });
  return { name, schema: topologySchema.check(isOurs) };
}

/** @param empty stands in before the first election has written a record. */
export function recordParameter(name: string, empty: FleetRecord): ParameterSpec<FleetRecord> {
  return { name, schema: fleetRecordSchema, ifMissing: empty };
}

/** @param empty as `recordParameter` has it. */
export function fleetDocuments(client: SSMClient, env: string, names: DocumentNames, empty: FleetRecord): Documents {
  const topology = topologyParameter(names.topology, env);
  const record = recordParameter(names.state, empty);
  return {
    read: () => readParameters(client, { topology, record }),
    save: (document) => writeParameter(client, { name: names.state, document, type: "String" }),
  };
}
