import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAws, type AwsSettings, type LabAws } from "../../lab/aws/create-aws";
import { Endpoint } from "../../lab/aws/endpoint";
import { createKeyRing } from "../../lab/aws/iam/key-ring";
import { createLatency, type Latency } from "../../lab/aws/latency";
import type { Clock } from "../../lab/aws/state/clock";
import type { StackModel } from "../../lab/stack/model";
import type { ClientInstance, FunctionResult, FunctionRunner } from "../../lab/world/fabric";
import { FakeFabric } from "./fake-fabric";
import { ROLE, stackModel } from "./stack-model";

/** Answers as told and records what it was asked. */
export class FakeRunner implements FunctionRunner {
  readonly calls: { readonly name: string; readonly payload: string }[] = [];
  answer: (name: string, payload: string) => Promise<Pick<FunctionResult, "payload" | "error">> = async () => ({
    payload: "null",
    error: undefined,
  });

  async invoke(name: string, payload: string): Promise<FunctionResult> {
    this.calls.push({ name, payload });
    return { ...(await this.answer(name, payload)), requestId: `request-${this.calls.length}` };
  }
}

export interface TestLab {
  readonly aws: LabAws;
  readonly fabric: FakeFabric;
  readonly runner: FakeRunner;
  /** For every SDK client: the endpoint over HTTP, as the lifecycle function's role. */
  readonly client: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
    readonly maxAttempts: number;
  };
  close(): Promise<void>;
}

export interface TestLabOptions {
  readonly model?: StackModel;
  readonly settings?: Partial<AwsSettings>;
  readonly clients?: readonly ClientInstance[];
  readonly clock?: Clock;
}

/** Effects work after this long: what the API says meanwhile is what the kernel has. */
export function effectsAfter(ms: number): Latency {
  return { ...createLatency("zero"), effectDelay: () => ms };
}

export async function startTestLab({
  model = stackModel,
  settings = {},
  clients = [],
  clock,
}: TestLabOptions = {}): Promise<TestLab> {
  const fabric = new FakeFabric();
  const runner = new FakeRunner();
  const keyRing = createKeyRing(model.roles, { seed: "test" });
  const endpoint = new Endpoint();
  const aws = createAws({
    model,
    fabric,
    clients,
    runner,
    keyRing,
    endpoint,
    settings: { latency: createLatency("zero"), ...settings },
    ...(clock ? { clock } : {}),
  });
  const server = createServer(endpoint.listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    aws,
    fabric,
    runner,
    client: {
      region: model.region,
      endpoint: `http://127.0.0.1:${port}`,
      credentials: keyRing.issue(ROLE, ROLE),
      maxAttempts: 1,
    },
    close: async () => {
      await aws.stop();
      await closeServer(server);
    },
  };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
