import type { SSMClient } from "@aws-sdk/client-ssm";
import type { FleetRecord } from "../../../contract/parameters";
import type { Documents } from "../domain/fleet-ports";
import { readParameters, writeParameter } from "./parameters";
import { fleetRecordSchema, topologySchema } from "./schemas";

export interface DocumentNames {
  readonly topology: string;
  readonly state: string;
}

/** @param empty stands in before the first election has written a record. */
export function fleetDocuments(client: SSMClient, names: DocumentNames, empty: FleetRecord): Documents {
  const topology = { name: names.topology, schema: topologySchema };
  const record = { name: names.state, schema: fleetRecordSchema, ifMissing: empty };
  return {
    read: () => readParameters(client, { topology, record }),
    save: (document) => writeParameter(client, { name: names.state, document, type: "String" }),
  };
}
