import { GetParametersCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { NatConfig } from "../../contract/nat-config";
import type { HeartbeatKeys, Peers } from "../../contract/parameters";
import { parseHeartbeatKeys, parsePeers } from "./documents";

export interface FleetDocuments {
  /** Undefined while asg-lifecycle-handler has not written it yet. */
  readonly peers: Peers | undefined;
  readonly keys: HeartbeatKeys | undefined;
  /** As it is stored, for what is wrong with it must not keep peers and keys away; undefined before the first election. */
  readonly state: string | undefined;
}

/** Reads the three parameters in one call. One that does not exist is undefined; anything else that is not an answer throws. */
export async function readFleetDocuments(
  ssm: SSMClient,
  names: Pick<NatConfig, "peersParameter" | "heartbeatKeyParameter" | "stateParameter">,
): Promise<FleetDocuments> {
  const { peersParameter, heartbeatKeyParameter, stateParameter } = names;
  const Names = [peersParameter, heartbeatKeyParameter, stateParameter];
  const command = new GetParametersCommand({ Names, WithDecryption: true });
  const { Parameters: parameters = [] } = await ssm.send(command);
  const valueOf = (name: string) => parameters.find(({ Name }) => Name === name)?.Value;
  const peers = valueOf(peersParameter);
  const keys = valueOf(heartbeatKeyParameter);
  return {
    peers: peers === undefined ? undefined : parsePeers(peers),
    keys: keys === undefined ? undefined : parseHeartbeatKeys(keys),
    state: valueOf(stateParameter),
  };
}
