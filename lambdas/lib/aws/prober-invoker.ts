import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { ProberRequest, ProberResponse } from "../../../contract/prober";
import { parseDocument, proberResponseSchema } from "./schemas";

/**
 * Asks a lane's egress-prober.
 * @param functionName deployed name, from the topology.
 * @param deadlineMs for the whole invocation; longer than the deadlines inside the request.
 * @throws Error when the function fails, does not answer in time or answers something else: no observation was made.
 */
export type AskProber = (functionName: string, request: ProberRequest, deadlineMs: number) => Promise<ProberResponse>;

export function proberInvoker(client: LambdaClient): AskProber {
  return async (functionName, request, deadlineMs) => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: new TextEncoder().encode(JSON.stringify(request)) });
    const answer = await client.send(command, { abortSignal: AbortSignal.timeout(deadlineMs) });
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError !== undefined)
      throw new Error(`${functionName} failed (${answer.FunctionError}): ${text.slice(0, 300)}`);
    return parseDocument(`the answer of ${functionName}`, text, proberResponseSchema);
  };
}
