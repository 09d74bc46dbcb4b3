import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import type { Environment } from "../../../lambdas/lib/runtime/env";
import type { Runtime } from "../../../lambdas/lib/runtime/entry";
import { topology } from "./topology";

/** Names of `test`'s parameters, as the environment of a function has them. */
export const DOCUMENT_ENVIRONMENT = {
  HA_NAT_ENV: "test",
  HA_NAT_TOPOLOGY_PARAMETER: "/ha-nat/test/topology",
  HA_NAT_PEERS_PARAMETER: "/ha-nat/test/peers",
  HA_NAT_STATE_PARAMETER: "/ha-nat/test/state",
  HA_NAT_HEARTBEAT_KEY_PARAMETER: "/ha-nat/test/heartbeat-key",
  HA_NAT_QUEUE_URL: "https://queue/1",
  HA_NAT_REJECTED_URL: "https://queue/2",
} as const;

export type DocumentName = "topology" | "peers" | "state";

/** What a parameter of `test` must never be acted on with: its document, what is wrong with it, its text (none: it is missing), the error. */
export type BadDocument = readonly [document: DocumentName, fault: string, text: string | undefined, error: RegExp];

export const BAD_TOPOLOGIES: readonly BadDocument[] = [
  ["topology", "missing", undefined, /^parameter \/ha-nat\/test\/topology does not exist; apply the stack/],
  ["topology", "no JSON", "{", /^parameter \/ha-nat\/test\/topology must be JSON, got "\{"/],
  ["topology", "half a document", '{"schema":1,"env":"test"}', /^parameter \/ha-nat\/test\/topology is not as agreed: .*lanes: /],
  [
    "topology",
    "of another fleet",
    JSON.stringify({ ...topology, env: "prod" }),
    /^parameter \/ha-nat\/test\/topology is not as agreed: env: is "prod", must be "test".*apply the stack of test$/,
  ],
  ["topology", "of a newer release", JSON.stringify({ ...topology, schema: 2 }), /\/topology .*schema: is 2, must be 1; deploy/],
];

export const BAD_PEERS: readonly BadDocument[] = [
  ["peers", "no JSON", "peers", /^parameter \/ha-nat\/test\/peers must be JSON, got "peers"/],
  [
    "peers",
    "half a document",
    '{"schema":1,"peers":[{}]}',
    /^parameter \/ha-nat\/test\/peers is not as agreed: .*peers\.0\.name: /,
  ],
  ["peers", "of a newer release", '{"schema":2,"peers":[]}', /\/peers is not as agreed: schema: is 2, must be 1; deploy/],
];

export const BAD_RECORDS: readonly BadDocument[] = [
  ["state", "no JSON", "state", /^parameter \/ha-nat\/test\/state must be JSON, got "state"/],
  ["state", "half a document", '{"schema":1}', /^parameter \/ha-nat\/test\/state is not as agreed: .*lanes: /],
  ["state", "of a newer release", '{"schema":2}', /\/state is not as agreed: schema: is 2, must be 1; deploy/],
];

/** Parameter Store holds a good topology, no other document yet, and this one. */
export function stored([document, , text]: BadDocument): void {
  const values = new Map<string, string | undefined>([["/ha-nat/test/topology", JSON.stringify(topology)]]);
  values.set(`/ha-nat/test/${document}`, text);
  mockClient(SSMClient)
    .on(GetParametersCommand)
    .callsFake(({ Names = [] }: { readonly Names?: readonly string[] }) => ({
      Parameters: Names.flatMap((Name) => {
        const Value = values.get(Name);
        return Value === undefined ? [] : [{ Name, Value }];
      }),
    }));
}

/** For a function's real readers of parameters; nothing else of AWS is there. */
export function runtimeOf(environment: Environment, { log, clock }: Pick<Runtime, "log" | "clock">): Runtime {
  return {
    environment: { ...DOCUMENT_ENVIRONMENT, ...environment },
    log,
    clock,
    metrics: { put: () => undefined },
    waiter: { until: async () => true },
    capture: (client) => client,
  };
}
