import { PutParameterCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { HeartbeatKeys } from "../../../contract/parameters";
import { isAlreadyDone } from "./errors";

/** Creates the heartbeat key unless there is one: a key that is in use is never overwritten, whoever else is creating it now. */
export async function ensureHeartbeatKey(client: SSMClient, name: string, keys: HeartbeatKeys): Promise<"created" | "kept"> {
  try {
    await client.send(
      new PutParameterCommand({ Name: name, Value: JSON.stringify(keys), Type: "SecureString", Overwrite: false }),
    );
    return "created";
  } catch (error) {
    if (!isAlreadyDone(error)) throw error;
    return "kept";
  }
}
