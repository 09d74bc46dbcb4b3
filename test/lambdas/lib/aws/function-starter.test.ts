import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { functionStarter } from "../../../../lambdas/lib/aws/function-starter";

test("a function is started without waiting for its end; a refusal goes out", async () => {
  const client = mockClient(LambdaClient);
  client.on(InvokeCommand).resolvesOnce({ StatusCode: 202 }).rejects(new Error("TooManyRequestsException"));
  const start = functionStarter(new LambdaClient({}), "ha-nat-test-asg-lifecycle-handler");

  await start({ schema: 1, kind: "sweep-stale" });

  const { FunctionName, InvocationType, Payload } = client.commandCalls(InvokeCommand)[0]?.args[0].input ?? {};
  expect({ FunctionName, InvocationType }).toEqual({
    FunctionName: "ha-nat-test-asg-lifecycle-handler",
    InvocationType: "Event",
  });
  expect(JSON.parse(Buffer.from(Payload as Uint8Array).toString())).toEqual({ schema: 1, kind: "sweep-stale" });
  await expect(start({})).rejects.toThrow("TooManyRequestsException");
});
