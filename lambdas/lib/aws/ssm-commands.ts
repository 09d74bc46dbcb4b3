import { GetCommandInvocationCommand, SendCommandCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import * as z from "zod/mini";
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
  /** `failing`: what nat-check finds wrong; null when the command ended without its answer (it timed out, or never arrived). */
  | { readonly state: "failed"; readonly because: string; readonly failing: readonly FailedCheck[] | null };

export interface FailedCheck {
  /** e.g. `ruleset`, `self-probe`. */
  readonly name: string;
  readonly detail: string;
}

/** Runs one document, ours (nat-check, or nat-repair), on one instance. Never a document that takes a command as an argument. */
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
        const because = `${answer.StatusDetails ?? status}${words === "" ? "" : `: ${words}`}`;
        return { state: "failed", because, failing: failingIn(output) };
      } catch (error) {
        // The command is known before its invocation is: a moment later it will be there.
        if (!isNotFound(error)) throw error;
        return { state: "running" };
      }
    },
  };
}

const checkAnswer = z.object({
  schema: z.literal(1),
  replication: z.optional(z.nullable(z.string())),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

function replicationIn(output: string): string | null {
  return answerIn(output)?.replication ?? null;
}

function failingIn(output: string): readonly FailedCheck[] | null {
  const failing = answerIn(output)?.checks.flatMap(({ name, ok, detail }) => (ok ? [] : [{ name, detail }])) ?? [];
  // It failed and says that nothing is wrong: that is no answer.
  return failing.length === 0 ? null : failing;
}

/** The document that nat-check prints; undefined when the output is something else, or was cut. */
function answerIn(output: string): z.infer<typeof checkAnswer> | undefined {
  try {
    return checkAnswer.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
}
