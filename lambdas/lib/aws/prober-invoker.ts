import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { InvokeCommandOutput, LambdaClient } from "@aws-sdk/client-lambda";
import type { ProberRequest, ProberResponse } from "../../../contract/prober";
import { errorCode } from "./errors";
import { parseDocument, proberResponseSchema } from "./schemas";

/**
 * Asks a lane's egress-prober.
 * @param functionName deployed name, from the topology.
 * @param deadlineMs for the whole invocation; longer than the deadlines inside the request.
 * @throws ProberNotAsked when Lambda did not start the function.
 * @throws Error when the function fails, does not answer in time or answers something else.
 */
export type AskProber = (functionName: string, request: ProberRequest, deadlineMs: number) => Promise<ProberResponse>;

/** Throttled, not allowed, not reached, or Lambda's own fault: the lane's path had no part in it, and nothing is known of it. */
export class ProberNotAsked extends Error {}

export function proberInvoker(client: LambdaClient): AskProber {
  return async (functionName, request, deadlineMs) => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: new TextEncoder().encode(JSON.stringify(request)) });
    const answer = await send(client, command, deadlineMs);
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError !== undefined)
      throw new Error(`${functionName} failed (${answer.FunctionError}): ${text.slice(0, 300)}`);
    return parseDocument(`the answer of ${functionName}`, text, proberResponseSchema);
  };
}

/** The SDK reports an abort in several shapes; that our deadline has passed tells it from every refusal. */
async function send(client: LambdaClient, command: InvokeCommand, deadlineMs: number): Promise<InvokeCommandOutput> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const functionName = command.input.FunctionName;
  try {
    return await client.send(command, { abortSignal: deadline });
  } catch (cause) {
    if (deadline.aborted) throw new Error(`${functionName} did not answer within ${deadlineMs} ms`, { cause });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProberNotAsked(`${functionName} could not be invoked (${errorCode(cause)}): ${why}`, { cause });
  }
}
