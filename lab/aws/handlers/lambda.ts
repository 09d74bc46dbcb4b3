import type * as lambda from "@aws-sdk/client-lambda";
import type { FunctionModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import type { Functions } from "../state/functions";
import { AwsError } from "../wire/call";

/** Bytes of a payload, by invocation type. */
const MAX_PAYLOAD = { RequestResponse: 6_291_556, Event: 1_048_576 } as const;

export function lambdaHandlers(functions: Functions): Handlers<typeof lambda> {
  return {
    Invoke: async (input) => {
      const model = requireFunction(functions, input.FunctionName);
      const type = input.InvocationType ?? "RequestResponse";
      const payload = Buffer.from(input.Payload ?? []).toString() || "{}";
      if (type === "DryRun") return { StatusCode: 204 };
      if (type !== "RequestResponse" && type !== "Event")
        throw new AwsError("InvalidParameterValueException", `InvocationType ${String(type)} is not known.`);
      checkPayload(payload, MAX_PAYLOAD[type]);
      if (type === "Event") {
        functions.invokeAsync(model, payload);
        return { StatusCode: 202 };
      }
      const result = await functions.invoke(model, payload);
      return {
        StatusCode: 200,
        ExecutedVersion: "$LATEST",
        Payload: Buffer.from(result.payload),
        ...(result.error === undefined ? {} : { FunctionError: result.error }),
      };
    },

    GetFunction: (input) => {
      const model = requireFunction(functions, input.FunctionName);
      return {
        Configuration: {
          FunctionName: model.name,
          FunctionArn: model.arn,
          Handler: model.handler,
          Timeout: model.timeoutSeconds,
          Environment: { Variables: { ...model.environment } },
          State: "Active",
          VpcConfig: { SubnetIds: [...model.subnetIds] },
        },
      };
    },
  };
}

function requireFunction(functions: Functions, name: string | undefined): FunctionModel {
  const model = functions.find(name ?? "");
  if (model === undefined) throw new AwsError("ResourceNotFoundException", `Function not found: ${name}`);
  return model;
}

function checkPayload(payload: string, limit: number): void {
  const bytes = Buffer.byteLength(payload);
  if (bytes > limit)
    throw new AwsError("RequestTooLargeException", `${bytes} byte payload is too large for the limit of ${limit} bytes`, 413);
  try {
    JSON.parse(payload);
  } catch {
    throw new AwsError("InvalidRequestContentException", "Could not parse request body into json");
  }
}
