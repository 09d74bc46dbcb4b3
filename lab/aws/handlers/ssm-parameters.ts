import type * as ssm from "@aws-sdk/client-ssm";
import type { StackModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import type { ParameterRecord, Parameters } from "../state/parameters";
import { AwsError } from "../wire/call";
import { paginate } from "./paginate";

/** Characters that a parameter of each tier may hold. */
const MAX_VALUE: Readonly<Record<string, number>> = { Standard: 4096, Advanced: 8192, "Intelligent-Tiering": 8192 };

export function ssmParameterHandlers(
  model: Pick<StackModel, "region" | "accountId">,
  parameters: Parameters,
): Handlers<typeof ssm> {
  const describe = (record: ParameterRecord, decrypt: boolean | undefined): ssm.Parameter => ({
    Name: record.name,
    Type: record.type,
    Value: record.type === "SecureString" && decrypt !== true ? ciphertext(record) : record.value,
    Version: record.version,
    LastModifiedDate: record.modifiedAt,
    ARN: `arn:aws:ssm:${model.region}:${model.accountId}:parameter${record.name.startsWith("/") ? "" : "/"}${record.name}`,
    DataType: "text",
  });
  return {
    GetParameter: (input) => ({ Parameter: describe(find(parameters, input.Name ?? ""), input.WithDecryption) }),

    GetParameters: (input) => {
      const names = input.Names ?? [];
      if (names.length === 0 || names.length > 10) {
        throw new AwsError(
          "ValidationException",
          `Value at 'names' failed to satisfy constraint: 1 to 10 names, got ${names.length}`,
        );
      }
      const found = names.map((name) => ({ name, record: lookUp(parameters, name) }));
      return {
        Parameters: found.flatMap(({ record }) => (record === undefined ? [] : [describe(record, input.WithDecryption)])),
        InvalidParameters: found.filter(({ record }) => record === undefined).map(({ name }) => name),
      };
    },

    PutParameter: (input) => {
      const { Name: name = "", Value: value = "", Overwrite: overwrite = false } = input;
      const current = parameters.find(name);
      if (current !== undefined && !overwrite) {
        throw new AwsError(
          "ParameterAlreadyExists",
          "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        );
      }
      const tier = input.Tier ?? "Standard";
      if (value.length === 0 || value.length > (MAX_VALUE[tier] ?? 0)) {
        throw new AwsError(
          "ValidationException",
          `${tier} tier parameters support a value of 1 to ${MAX_VALUE[tier] ?? 0} characters, got ${value.length}`,
        );
      }
      const type = input.Type ?? current?.type;
      if (type === undefined)
        throw new AwsError("ValidationException", "A parameter type is required when you create a parameter.");
      return { Version: parameters.put(name, type, value).version, Tier: tier === "Advanced" ? "Advanced" : "Standard" };
    },

    DescribeParameters: (input) => {
      if (input.Filters?.length || input.ParameterFilters?.length) {
        throw new AwsError("InvalidFilterKey", "The lab describes all parameters; it knows no filter.");
      }
      const page = paginate(parameters.all(), (record) => record.name, {
        size: input.MaxResults,
        token: input.NextToken,
        bounds: { min: 1, max: 50 },
        badToken: "InvalidNextToken",
      });
      return {
        Parameters: page.items.map(({ name, type, version, modifiedAt }) => ({
          Name: name,
          Type: type,
          Version: version,
          LastModifiedDate: modifiedAt,
        })),
        NextToken: page.next,
      };
    },
  };
}

/** Not the value, and the same for the same version: whoever forgot to decrypt notices. */
function ciphertext(record: ParameterRecord): string {
  return Buffer.from(`AQICAH lab ciphertext of ${record.name} version ${record.version}`).toString("base64");
}

/** A name, or `name:version`, or an ARN of either. */
function lookUp(parameters: Parameters, asked: string): ParameterRecord | undefined {
  const name = asked.replace(/^arn:aws:ssm:[^:]*:[^:]*:parameter/, "");
  const [base = "", version] = name.split(":");
  return parameters.find(base, version === undefined ? undefined : Number(version));
}

function find(parameters: Parameters, asked: string): ParameterRecord {
  const record = lookUp(parameters, asked);
  if (record !== undefined) return record;
  const withoutVersion = asked.replace(/:\d+$/, "");
  if (withoutVersion !== asked && lookUp(parameters, withoutVersion) !== undefined) {
    throw new AwsError(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${asked.slice(withoutVersion.length + 1)} of ${withoutVersion}.`,
    );
  }
  throw new AwsError("ParameterNotFound", `Parameter ${asked} not found.`);
}
