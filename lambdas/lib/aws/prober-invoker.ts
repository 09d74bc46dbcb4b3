import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { InvokeCommandOutput, LambdaClient } from "@aws-sdk/client-lambda";
import { ENVIRONMENT } from "../../../contract/environment";
import type { LaneTopology } from "../../../contract/parameters";
import type { ProberRequest, ProberResponse } from "../../../contract/prober";
import { errorCode } from "./errors";
import { parseDocument, proberResponseSchema } from "./schemas";

export type Prober = Pick<LaneTopology, "lane" | "proberFunction">;

/**
 * Asks a lane's egress-prober.
 * @param prober its lane, and its deployed name, from the topology.
 * @param deadlineMs for the whole invocation; longer than the deadlines inside the request.
 * @throws ProberNotAsked when Lambda did not start the function, or the one that it started is another lane's.
 * @throws Error when the function fails, does not answer in time or answers something else.
 */
export type AskProber = (prober: Prober, request: ProberRequest, deadlineMs: number) => Promise<ProberResponse>;

/** Throttled, not allowed, not reached, Lambda's own fault, or another lane's prober: the lane's path had no part in it, and nothing is known of it. */
export class ProberNotAsked extends Error {}

export function proberInvoker(client: LambdaClient): AskProber {
  return async ({ lane, proberFunction: functionName }, request, deadlineMs) => {
    const command = new InvokeCommand({ FunctionName: functionName, Payload: new TextEncoder().encode(JSON.stringify(request)) });
    const answer = await send(client, command, deadlineMs);
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError !== undefined)
      throw new Error(`${functionName} failed (${answer.FunctionError}): ${text.slice(0, 300)}`);
    const response = parseDocument(`the answer of ${functionName}`, text, proberResponseSchema);
    if (response.lane !== lane)
      throw new ProberNotAsked(
        `${functionName} answered for lane ${response.lane}, asked was ${lane}: the topology or the function's ${ENVIRONMENT.lane} is wrong; apply the stack`,
      );
    return response;
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
