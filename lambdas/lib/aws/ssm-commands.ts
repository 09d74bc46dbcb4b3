import { GetCommandInvocationCommand, SendCommandCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { isNotFound } from "./errors";

/** How long Systems Manager tries to deliver before it gives up; the least it accepts. Seconds. */
const DELIVERY_TIMEOUT_SECONDS = 30;
/** Enough of a check's answer to see what is wrong; the rest is on the instance. Characters. */
const REASON_LENGTH = 600;

const RUNNING = new Set(["Pending", "InProgress", "Delayed", "Cancelling"]);

export type CheckStart =
  { readonly started: true; readonly commandId: string } | { readonly started: false; readonly because: string };
export type CheckResult =
  | { readonly state: "running" }
  /** `replication`: the agent's word on its copies of its peers' flows; null when the payload is older than that. */
  | { readonly state: "passed"; readonly replication: string | null }
  | { readonly state: "failed"; readonly because: string };

/** Runs one document, ours, on one instance. Never a document that takes a command as an argument. */
export interface NatCheck {
  /** `started: false`: the instance's agent has not registered with Systems Manager (yet). */
  start(instanceId: string): Promise<CheckStart>;
  result(commandId: string, instanceId: string): Promise<CheckResult>;
}

export function natCheck(client: SSMClient, documentName: string): NatCheck {
  return {
    start: async (instanceId) => {
      try {
        const command = new SendCommandCommand({
          DocumentName: documentName,
          InstanceIds: [instanceId],
          TimeoutSeconds: DELIVERY_TIMEOUT_SECONDS,
        });
        const commandId = (await client.send(command)).Command?.CommandId;
        if (commandId === undefined) throw new Error(`SendCommand of ${documentName} to ${instanceId} answered no command ID`);
        return { started: true, commandId };
      } catch (error) {
        if (!isNotFound(error)) throw error;
        return { started: false, because: `${instanceId} is not online in Systems Manager` };
      }
    },
    result: async (commandId, instanceId) => {
      try {
        const answer = await client.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
        const { Status: status = "", StandardOutputContent: output = "", StandardErrorContent: errors = "" } = answer;
        if (status === "Success") return { state: "passed", replication: replicationIn(output) };
        if (RUNNING.has(status)) return { state: "running" };
        const words = (output.trim() || errors.trim()).slice(0, REASON_LENGTH);
        return { state: "failed", because: `${answer.StatusDetails ?? status}${words === "" ? "" : `: ${words}`}` };
      } catch (error) {
        // The command is known before its invocation is: a moment later it will be there.
        if (!isNotFound(error)) throw error;
        return { state: "running" };
      }
    },
  };
}

function replicationIn(output: string): string | null {
  try {
    const answer: unknown = JSON.parse(output);
    const state = typeof answer === "object" && answer !== null && "replication" in answer ? answer.replication : null;
    return typeof state === "string" ? state : null;
  } catch {
    return null;
  }
}
