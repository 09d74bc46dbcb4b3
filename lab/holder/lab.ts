import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { LabAws } from "../aws/create-aws";
import { createAws } from "../aws/create-aws";
import { Endpoint } from "../aws/endpoint";
import { createAuthorizer } from "../aws/iam/authorizer";
import { createKeyRing } from "../aws/iam/key-ring";
import { createLatency } from "../aws/latency";
import type { LatencySetting, Weather } from "../aws/latency";
import { Sabotage } from "../aws/sabotage";
import { BundleRunner } from "../runtime/runner";
import type { StackModel } from "../stack/model";
import { readStack } from "../stack/read-stack";
import { makeCertificates } from "../world/certificates";
import { INTERNET } from "../world/fabric";
import { findProgram, prepareMounts, PRIVATE_RUN, toolPath } from "../world/host";
import type { Paths } from "../world/nat-node";
import { World } from "../world/world";
import { NodeDirectory } from "./node-directory";

export interface LabOptions {
  readonly root: string;
  readonly env: string;
  readonly stackDirectory: string;
  readonly latency: LatencySetting;
  readonly bootMs: number;
  /** Schedules of more than a minute run this many times faster. */
  readonly scheduleFactor: number;
  /** PATH of whoever started the lab: where its AWS CLI may be. */
  readonly callerPath: string;
}

export interface Lab {
  readonly model: StackModel;
  readonly world: World;
  readonly aws: LabAws;
  readonly endpoint: Endpoint;
  readonly latency: Weather;
  readonly sabotage: Sabotage;
  readonly directory: NodeDirectory;
  readonly paths: Paths;
  readonly awsSocket: string;
  /** Builds the world and starts the loops; the endpoint must listen on `awsSocket` by then. */
  start(): Promise<void>;
}

/** Puts the parts together: the stack, the world that runs it, the AWS that changes the world, the functions that ask for it. */
export async function createLab(options: LabOptions): Promise<Lab> {
  const { root, env } = options;
  const model = readStack(options.stackDirectory);
  const paths = pathsOf(root, env);
  const awsCli = findProgram("aws", options.callerPath);
  if (awsCli === undefined) throw new Error("this machine has no aws; install: apt-get install -y awscli");
  await prepareMounts(paths.run, [root, process.execPath, awsCli]);
  const certificates = await makeCertificates(join(root, ".lab/cache/ca"));
  const awsSocket = join(PRIVATE_RUN, "aws.sock");
  const awsEndpoint = `http://${INTERNET.awsEndpoint.address}:${INTERNET.awsEndpoint.port}`;
  const path = toolPath(process.execPath);
  const keyRing = createKeyRing(model.roles);
  const nodes = { paths, toolPath: path, awsCli, awsEndpoint };
  const world = new World({ model, keys: keyRing, nodes, certificates, awsSocket });
  const runner = new BundleRunner({
    functions: model.functions,
    region: model.region,
    credentials: (roleName, sessionName) => keyRing.issue(roleName, sessionName),
    enter: (name, argv) => world.enterFunction(name, argv),
    bootstrap: join(paths.programs, "bootstrap.cjs"),
    folder: join(paths.run, "functions"),
    logs: paths.logs,
    awsEndpoint,
    authority: certificates.authority,
    path,
  });
  const latency = createLatency(options.latency);
  const names = new Set(model.functions.map(({ name }) => name));
  const sabotage = new Sabotage({
    functionOf: (session) => (names.has(session) ? session : undefined),
    kill: (name) => void runner.kill(name),
  });
  const authority: { authorize?: ReturnType<typeof createAuthorizer>["authorize"] } = {};
  const endpoint = new Endpoint({
    latency,
    authorize: (call) => authority.authorize?.(call),
    principalOf: (accessKeyId) => keyRing.describe(accessKeyId),
    onCall: (record) => console.log(JSON.stringify(record)),
    sabotage,
  });
  const aws = createAws({
    ...{ model, fabric: world, clients: world.clients.map(({ instance }) => instance), runner, keyRing, endpoint },
    settings: { bootMs: options.bootMs, scheduleFactor: options.scheduleFactor, latency },
    sabotage,
    log: (line) => console.error(line),
    onLogEvent: (_group, _stream, message) => appendFileSync(join(paths.logs, "log-groups.log"), `${message}\n`),
  });
  // The endpoint is made before the state that knows what a resource is; no call comes before `start`.
  authority.authorize = createAuthorizer({ roles: model.roles, keyRing, resolve: aws.directory }).authorize;
  const clientEnvironment = { PATH: path, LANG: "C.UTF-8", HOME: "/tmp", CURL_CA_BUNDLE: certificates.authority };
  const directory = new NodeDirectory({ model, world, root, clientEnvironment });
  const start = async (): Promise<void> => {
    await world.setUp();
    runner.warm();
    aws.start();
  };
  return { model, world, aws, endpoint, latency, sabotage, directory, paths, awsSocket, start };
}

function pathsOf(root: string, env: string): Paths {
  const run = join(root, ".lab", env);
  return {
    root,
    run,
    logs: join(run, "logs"),
    programs: join(root, "dist/lab"),
    nodeFiles: join(root, "lab/world/node"),
    keep: join(PRIVATE_RUN, "keep"),
  };
}
