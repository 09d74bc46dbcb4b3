import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";
import type { RestRoute } from "./rest-route";
import { restRoutes } from "./rest-route";

/** A service as its SDK client describes it at run time. */
export interface Service {
  /** As in the credential scope of a signature: `ec2`, `monitoring`, `elasticloadbalancing`. */
  readonly signingName: string;
  readonly namespace: string;
  /** Protocol that the newest client speaks, e.g. `aws.protocols#ec2Query`. */
  readonly protocolId: string;
  readonly xmlNamespace: string;
  /** API version; what tells unsigned query calls apart. */
  readonly version: string | undefined;
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly routes: readonly RestRoute[];
}

export interface Operation {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Only for REST protocols: success status. */
  readonly successStatus: number;
}

/** Any client class of the SDK: only its resolved configuration is looked at. */
export type ClientClass = new (configuration: any) => { readonly config: any };

/** What differs between a service's namespace in the SDK's settings and on the wire. */
const QUERY_NAMESPACE: Readonly<Record<string, string>> = { sqs: "http://queue.amazonaws.com/doc/2012-11-05/" };

/** SDK operation schemas are tuples that begin with this number. */
const OPERATION = 9;

/** Everything the server must know of a service is exported by the client's package, or is in the configuration of a client of it. */
export function describeService(module: object, Client: ClientClass): Service {
  const { config } = new Client({ region: "us-east-1", credentials: { accessKeyId: "none", secretAccessKey: "none" } });
  const settings = config.protocolSettings;
  const schemas = Object.values(module).filter(isOperation);
  return {
    signingName: config.defaultSigningName,
    namespace: settings.defaultNamespace,
    protocolId: config.protocol.getShapeId(),
    xmlNamespace: settings.xmlNamespace ?? QUERY_NAMESPACE[config.defaultSigningName] ?? "",
    version: settings.version,
    queryCompatible: settings.awsQueryCompatible === true,
    operations: new Map(schemas.map((schema) => [schema[2], lazyOperation(schema)])),
    routes: restRoutes(schemas),
  };
}

function isOperation(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === OPERATION;
}

/** `ec2` has 823 operations: a schema is opened when it is first used. */
function lazyOperation(schema: StaticOperationSchema): Operation {
  const traits = schema[3];
  return {
    name: schema[2],
    get input() {
      return NormalizedSchema.of(schema[4]);
    },
    get output() {
      return NormalizedSchema.of(schema[5]);
    },
    successStatus: typeof traits === "object" ? Number(traits.http?.[2] ?? 200) : 200,
  };
}
