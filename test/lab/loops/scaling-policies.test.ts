import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { createAws, type LabAws } from "../../../lab/aws/create-aws";
import { Endpoint } from "../../../lab/aws/endpoint";
import { createKeyRing } from "../../../lab/aws/iam/key-ring";
import { createLatency } from "../../../lab/aws/latency";
import type { ScalingPolicyModel, StackModel } from "../../../lab/stack/model";
import { FakeFabric } from "../../support/fake-fabric";
import { FakeRunner } from "../../support/lab-aws";
import { ManualClock, turn } from "../../support/manual-clock";
import { stackModel } from "../../support/stack-model";
import { serve } from "../aws/wire/serve";

const [group] = stackModel.autoScalingGroups.map((one) => ({ ...one, hooks: [], maxSize: 4 }));
if (group === undefined) throw new Error("the model has no group");
const BANDWIDTH: ScalingPolicyModel = {
  name: "bandwidth",
  groupName: group.name,
  metric: { kind: "network-out" },
  targetValue: 1_000_000,
  warmupSeconds: 120,
};
const CONNTRACK: ScalingPolicyModel = {
  ...BANDWIDTH,
  name: "conntrack",
  metric: { kind: "emitted", namespace: "HaNat", name: "Carried", dimensions: { Env: "test", Zone: "use1-az1" } },
  targetValue: 50,
};

interface Lab {
  readonly aws: LabAws;
  readonly fabric: FakeFabric;
  readonly clock: ManualClock;
  /** Passes minutes in which each living instance sends as much and says as much. */
  readonly load: (minutes: number, each: { readonly bytes?: number; readonly carried?: number }, zone?: string) => Promise<void>;
  readonly inService: () => number;
  readonly close: () => Promise<void>;
}

const LOG_GROUP = "/ha-nat/test/nat";

let lab: Lab;

async function start(policies: readonly ScalingPolicyModel[], clockFactor = 1, change: Partial<StackModel> = {}): Promise<Lab> {
  const clock = new ManualClock();
  const fabric = new FakeFabric();
  const endpoint = new Endpoint();
  const aws = createAws({
    model: { ...stackModel, autoScalingGroups: [group ?? fail()], scalingPolicies: policies, ...change },
    fabric,
    runner: new FakeRunner(),
    keyRing: createKeyRing(stackModel.roles, { seed: "test" }),
    endpoint,
    settings: { latency: createLatency("zero"), scheduleFactor: clockFactor },
    clock,
  });
  const served = await serve(endpoint);
  const client = new CloudWatchLogsClient(served.client);
  const load: Lab["load"] = async (minutes, { bytes = 0, carried }, zone = "use1-az1") => {
    for (let minute = 0; minute < minutes; minute += 1) {
      for (const { instanceId, eniId } of fabric.launched) {
        fabric.sent.set(eniId, (fabric.sent.get(eniId) ?? 0) + bytes);
        const directive = {
          Namespace: "HaNat",
          Dimensions: [
            ["Env", "InstanceId"],
            ["Env", "Zone"],
          ],
          Metrics: [{ Name: "Carried" }],
        };
        const document = {
          _aws: { Timestamp: clock.date().getTime(), CloudWatchMetrics: [directive] },
          ...{ Env: "test", InstanceId: instanceId, Zone: zone, Carried: carried },
        };
        if (carried !== undefined) await put(client, instanceId, document);
      }
      await clock.advance(60_000 / clockFactor);
    }
  };
  const close = async () => {
    await aws.stop();
    client.destroy();
    await served.close();
  };
  const inService = () => aws.members().filter(({ lifecycle }) => lifecycle === "InService").length;
  lab = { aws, fabric, clock, load, inService, close };
  aws.start();
  await turn();
  return lab;
}

/** As an agent does; the stream is there from the second time on. */
async function put(
  client: CloudWatchLogsClient,
  logStreamName: string,
  document: { readonly _aws: { readonly Timestamp: number } },
) {
  const stream = { logGroupName: LOG_GROUP, logStreamName };
  const logEvents = [{ timestamp: document._aws.Timestamp, message: JSON.stringify(document) }];
  await client.send(new CreateLogStreamCommand(stream)).catch(() => undefined);
  await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
}

const fail = (): never => {
  throw new Error("the model has no group");
};

afterEach(async () => {
  await lab.close();
  expect(lab.clock.pending).toBe(0);
});

test("the group grows with what its machines' links count, and shrinks when that is well below for long", async () => {
  const { load, inService } = await start([BANDWIDTH]);

  await load(4, { bytes: 2_500_000 });
  expect(inService()).toBe(1);
  await load(3, { bytes: 2_500_000 });
  expect(inService()).toBe(3);
  await load(4, { bytes: 900_000 });
  expect(inService()).toBe(3);
  await load(20, { bytes: 600_000 });
  expect(inService()).toBe(2);
  expect(lab.aws.events.since(0).filter(({ kind }) => kind === "scaling")).toMatchObject([
    { group: group?.name, from: 1, to: 3, because: "bandwidth is at 2500000, above its target of 1000000" },
    { group: group?.name, from: 3, to: 2, because: "bandwidth is at 600000, well below its target of 1000000" },
  ]);
});

test("with a clock factor minutes and warm-up are as much shorter, and a minute's bytes are told as a minute's", async () => {
  const { load, inService } = await start([BANDWIDTH], 20);

  await load(7, { bytes: 2_500_000 / 20 });

  expect(inService()).toBe(3);
});

test("what agents put counts under exactly its namespace, name and dimensions", async () => {
  const { load, inService } = await start([CONNTRACK]);

  await load(8, { carried: 120 }, "use1-az2");
  expect(inService()).toBe(1);
  await load(4, { carried: 120 });
  expect(inService()).toBe(3);
});

test("what was put long ago is no data: nobody is taken out on the strength of it", async () => {
  const { load, inService, clock } = await start([BANDWIDTH, CONNTRACK]);
  await load(7, { bytes: 2_500_000, carried: 10 });
  expect(inService()).toBe(3);

  await clock.advance(40 * 60_000);
  expect(inService()).toBe(3);

  await load(20, { bytes: 1, carried: 10 });
  expect(inService()).toBe(1);
});

test("a policy of a group that is not there is an error at load", async () => {
  await start([]);

  await expect(start([{ ...BANDWIDTH, groupName: "nobody" }])).rejects.toThrow(
    "scaling policy bandwidth is of group nobody, which the stack does not have",
  );
});
