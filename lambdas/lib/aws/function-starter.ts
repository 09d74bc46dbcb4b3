import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { LambdaClient } from "@aws-sdk/client-lambda";

/** Starts a function without waiting for its end; Lambda's own retries and dead letters are its care from then on. */
export function functionStarter(client: LambdaClient, functionName: string): (event: object) => Promise<void> {
  return async (event) => {
    const Payload = new TextEncoder().encode(JSON.stringify(event));
    await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: "Event", Payload }));
  };
}
