import { GetParametersCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { parseDocument } from "./schemas";
import type { Schema } from "./schemas";

/** A document in Parameter Store. `ifMissing` stands in while nobody has written it; without it a missing parameter throws. */
export interface ParameterSpec<T> {
  readonly name: string;
  readonly schema: Schema<T>;
  readonly ifMissing?: T;
  /** The version that the reader knows to be there: an older one is the past, and throws. */
  readonly atLeast?: number;
}

type Documents<S> = { readonly [K in keyof S]: S[K] extends ParameterSpec<infer T> ? T : never };

/** Terraform must create a parameter with some value; this is the value of one that its function has not written yet. */
const UNWRITTEN = "{}";

/**
 * Reads up to ten parameters in one call, decrypted and validated.
 * @throws Error when one is missing (without `ifMissing`), older than it must be, or not as agreed.
 */
export async function readParameters<S extends Readonly<Record<string, ParameterSpec<unknown>>>>(
  client: SSMClient,
  specs: S,
): Promise<Documents<S>> {
  const names = Object.values(specs).map(({ name }) => name);
  const answer = await client.send(new GetParametersCommand({ Names: names, WithDecryption: true }));
  const found = new Map((answer.Parameters ?? []).map((parameter) => [parameter.Name, parameter]));
  const documents: Record<string, unknown> = {};
  for (const [key, { name, schema, ifMissing, atLeast = 0 }] of Object.entries(specs)) {
    const { Value: value, Version: version = 0 } = found.get(name) ?? {};
    if (version < atLeast)
      throw new Error(`parameter ${name} was read in version ${version}, but version ${atLeast} was written; read it again`);
    if (value !== undefined && !(ifMissing !== undefined && value.trim() === UNWRITTEN))
      documents[key] = parseDocument(`parameter ${name}`, value, schema);
    else if (ifMissing !== undefined) documents[key] = ifMissing;
    else throw new Error(`parameter ${name} does not exist; apply the stack, or let the function that owns it write it first`);
  }
  return documents as Documents<S>;
}

/** Writes a document whole; answers its version. `SecureString` uses the account's own key for Parameter Store. */
export async function writeParameter(
  client: SSMClient,
  parameter: { readonly name: string; readonly document: unknown; readonly type: "String" | "SecureString" },
): Promise<number> {
  const { name, document, type } = parameter;
  const Value = JSON.stringify(document);
  // Over 4 KB when most NATs of a large fleet leave at once; Advanced is paid for only then.
  const Tier = "Intelligent-Tiering";
  const { Version: version = 0 } = await client.send(
    new PutParameterCommand({ Name: name, Value, Type: type, Tier, Overwrite: true }),
  );
  return version;
}
