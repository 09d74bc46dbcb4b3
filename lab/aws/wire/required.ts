import type { NormalizedSchema } from "@smithy/core/schema";
import type { Call, Protocol } from "./call";
import { AwsError } from "./call";
import { requiredMembers } from "./rest-route";

/** Refuses an input without its required members, in the words and code of the protocol's family. */
export function checkRequired(schema: NormalizedSchema, call: Call): void {
  const missing = requiredMembers(schema).find(([name]) => call.input[name] === undefined || call.input[name] === null);
  if (missing) throw missingParameter(call.protocol, missing[0]);
}

function missingParameter(protocol: Protocol, name: string): AwsError {
  if (protocol === "ec2Query") {
    return new AwsError("MissingParameter", `The request must contain the parameter ${name}`, 400);
  }
  const field = name.charAt(0).toLowerCase() + name.slice(1);
  const text = `1 validation error detected: Value null at '${field}' failed to satisfy constraint: Member must not be null`;
  return new AwsError(protocol === "awsQuery" ? "ValidationError" : "ValidationException", text, 400);
}
