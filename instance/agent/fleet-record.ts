import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { type FleetStanding, parseFleetStanding } from "./documents";

/** Reads the `state` parameter. Undefined before the first election; anything else that is not an answer throws. */
export async function readFleetRecord(ssm: SSMClient, stateParameter: string): Promise<FleetStanding | undefined> {
  const { Parameters: parameters = [], InvalidParameters: missing = [] } = await ssm.send(
    new GetParametersCommand({ Names: [stateParameter] }),
  );
  const value = parameters.find(({ Name }) => Name === stateParameter)?.Value;
  if (value === undefined && !missing.includes(stateParameter)) throw new Error(`no answer about parameter ${stateParameter}`);
  return value === undefined ? undefined : parseFleetStanding(value);
}
