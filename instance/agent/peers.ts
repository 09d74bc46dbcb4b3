import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { HeartbeatKeys, Peers } from "../../contract/parameters";
import { parseHeartbeatKeys, parsePeers } from "./documents";

export interface FleetDocuments {
  /** Undefined while asg-lifecycle-handler has not written it yet. */
  readonly peers: Peers | undefined;
  readonly keys: HeartbeatKeys | undefined;
}

/** Reads both parameters in one call. A parameter that does not exist is undefined; anything else that is not an answer throws. */
export async function readFleetDocuments(
  ssm: SSMClient,
  names: { readonly peersParameter: string; readonly heartbeatKeyParameter: string },
): Promise<FleetDocuments> {
  const { peersParameter, heartbeatKeyParameter } = names;
  const command = new GetParametersCommand({ Names: [peersParameter, heartbeatKeyParameter], WithDecryption: true });
  const { Parameters: parameters = [] } = await ssm.send(command);
  const valueOf = (name: string) => parameters.find(({ Name }) => Name === name)?.Value;
  const peers = valueOf(peersParameter);
  const keys = valueOf(heartbeatKeyParameter);
  return {
    peers: peers === undefined ? undefined : parsePeers(peers),
    keys: keys === undefined ? undefined : parseHeartbeatKeys(keys),
  };
}
