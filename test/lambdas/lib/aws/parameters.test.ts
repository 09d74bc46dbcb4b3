import { GetParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { readParameters, writeParameter } from "../../../../lambdas/lib/aws/parameters";
import { fleetRecordSchema, peersSchema, topologySchema } from "../../../../lambdas/lib/aws/schemas";
import { EMPTY_RECORD } from "../../../../lambdas/lib/domain/record";

const ssm = mockClient(SSMClient);
const client = new SSMClient({});
const peers = { name: "/p/peers", schema: peersSchema };
const EMPTY = { schema: 1, peers: [] } as const;

const answer = (values: Readonly<Record<string, string>>) =>
  ssm.on(GetParametersCommand).resolves({ Parameters: Object.entries(values).map(([Name, Value]) => ({ Name, Value })) });

beforeEach(() => ssm.reset());

describe("parameters", () => {
  test("are read together, decrypted and checked", async () => {
    const state = { name: "/p/state", schema: fleetRecordSchema };
    answer({ "/p/state": JSON.stringify(EMPTY_RECORD), "/p/peers": JSON.stringify(EMPTY) });

    expect(await readParameters(client, { peers, state })).toEqual({ peers: EMPTY, state: EMPTY_RECORD });
    expect(ssm.commandCalls(GetParametersCommand).map(({ args }) => args[0].input)).toEqual([
      { Names: ["/p/peers", "/p/state"], WithDecryption: true },
    ]);
  });

  test("have a stand-in while nobody has written them, else are an error", async () => {
    answer({});
    expect(await readParameters(client, { peers: { ...peers, ifMissing: EMPTY } })).toEqual({ peers: EMPTY });
    await expect(readParameters(client, { peers })).rejects.toThrow("parameter /p/peers does not exist");

    answer({ "/p/peers": "{}" });
    expect(await readParameters(client, { peers: { ...peers, ifMissing: EMPTY } })).toEqual({ peers: EMPTY });
  });

  test.each([
    ["not JSON", "peers", /parameter \/p\/peers must be JSON, got "peers"/],
    ["of another schema", '{"schema":2,"peers":[]}', /parameter \/p\/peers is not as agreed: schema/],
    ["half of a document", '{"schema":1,"peers":[{"instanceId":"i-1"}]}', /peers\.0\.name/],
  ])("that are %s are never believed", async (_what, value, message) => {
    answer({ "/p/peers": value });

    await expect(readParameters(client, { peers: { ...peers, ifMissing: EMPTY } })).rejects.toThrow(message);
  });

  test("are written whole", async () => {
    ssm.on(PutParameterCommand).resolves({ Version: 4 });

    expect(await writeParameter(client, { name: "/p/peers", document: EMPTY, type: "String" })).toBe(4);

    expect(ssm.commandCalls(PutParameterCommand)[0]?.args[0].input).toEqual({
      Name: "/p/peers",
      Value: '{"schema":1,"peers":[]}',
      Type: "String",
      Tier: "Intelligent-Tiering",
      Overwrite: true,
    });
  });
});

describe("schemas", () => {
  test("refuse times that are none and lanes without an address", () => {
    const record = { schema: 1, updatedAt: "yesterday", lanes: {}, marks: {} };
    const lane = { lane: "l1", zone: "z1", routeTableId: "rtb-1", addresses: [], guests: {}, proberFunction: "p" };
    const topology = { schema: 1, env: "test", region: "r", vpcId: "vpc-1", zones: {}, lanes: [lane] };

    expect(fleetRecordSchema.safeParse(record).success).toBe(false);
    expect(topologySchema.safeParse(topology).success).toBe(false);
    expect(topologySchema.safeParse({ ...topology, lanes: [] }).success).toBe(true);
  });
});
