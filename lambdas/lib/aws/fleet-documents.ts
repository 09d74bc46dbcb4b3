import type { SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod/mini";
import type { FleetRecord, Topology } from "../../../contract/parameters";
import type { Documents } from "../domain/fleet-ports";
import type { Clock } from "../domain/ports";
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

/**
 * How long what we wrote may stay unseen, in milliseconds: as EC2's answers (design §8). Later, an older version is a parameter that somebody
 * made anew, and counts.
 */
const UNSEEN_MS = 5_000;

/**
 * The record is written from what was read: a look that read the past would write it again, without the hold or the drain that came between.
 * @param empty as `recordParameter` has it.
 */
export function fleetDocuments(
  client: SSMClient,
  env: string,
  names: DocumentNames,
  empty: FleetRecord,
  clock: Clock,
): Documents {
  const topology = topologyParameter(names.topology, env);
  const record = recordParameter(names.state, empty);
  let written = { version: 0, at: 0 };
  return {
    read: () => {
      const isNew = clock.now().getTime() - written.at <= UNSEEN_MS;
      return readParameters(client, { topology, record: isNew ? { ...record, atLeast: written.version } : record });
    },
    save: async (document) => {
      const version = await writeParameter(client, { name: names.state, document, type: "String" });
      written = { version, at: clock.now().getTime() };
    },
  };
}
