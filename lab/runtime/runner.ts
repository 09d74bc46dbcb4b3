import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import type { FunctionModel } from "../stack/model";
import type { FunctionResult, FunctionRunner, SessionCredentials } from "../world/fabric";
import { Sandbox } from "./sandbox";

export interface RunnerOptions {
  readonly functions: readonly FunctionModel[];
  readonly region: string;
  readonly credentials: (roleName: string, sessionName: string) => SessionCredentials;
  /** Command line that runs `argv` where the function lives. */
  readonly enter: (functionName: string, argv: readonly string[]) => readonly string[];
  /** Bundled bootstrap. */
  readonly bootstrap: string;
  /** Where the zips are unpacked. */
  readonly folder: string;
  readonly logs: string;
  readonly awsEndpoint: string;
  /** PEM of the authority that the lab's internet is signed by. */
  readonly authority: string;
  readonly path: string;
}

/** Processes of one function at most: what a new account's concurrency of 10 leaves it. */
const MAX_CONCURRENCY = 10;

/** Runs the bundles that the stack names, each in processes of its own: warm, one invocation at a time, killed at their timeout. */
export class BundleRunner implements FunctionRunner {
  private readonly pools = new Map<string, Pool>();

  constructor(options: RunnerOptions) {
    for (const model of options.functions) this.pools.set(model.name, new Pool(model, options));
  }

  async invoke(functionName: string, payload: string): Promise<FunctionResult> {
    const pool = this.pools.get(functionName);
    if (pool === undefined)
      throw new Error(`function ${functionName} is not in the stack; it has ${[...this.pools.keys()].join(", ")}`);
    const requestId = randomUUID();
    const outcome = await pool.run(requestId, payload);
    if ("payload" in outcome) return { payload: outcome.payload, error: undefined, requestId };
    return { payload: JSON.stringify(outcome.error), error: "Unhandled", requestId };
  }

  /** Loads a first process of every function, so that the first invocation is a warm one. */
  warm(): void {
    for (const pool of this.pools.values()) pool.warm();
  }

  /** Ends the processes of the function that work on something now, as a machine that fails does; returns how many there were. */
  kill(functionName: string): number {
    return this.pools.get(functionName)?.killBusy() ?? 0;
  }

  stop(): void {
    for (const pool of this.pools.values()) pool.stop();
  }
}

class Pool {
  /** Taken out when an invocation begins, put back when it has ended: nobody else can have it meanwhile. */
  private idle: Sandbox[] = [];
  private readonly all = new Set<Sandbox>();
  private readonly waiting: ((sandbox: Sandbox) => void)[] = [];
  private readonly folder: string;

  constructor(
    private readonly model: FunctionModel,
    private readonly options: RunnerOptions,
  ) {
    this.folder = join(options.folder, model.name);
    unpack(model.zipPath, this.folder);
  }

  async run(requestId: string, payload: string): ReturnType<Sandbox["invoke"]> {
    const sandbox = await this.acquire();
    await sandbox.init();
    const { timeoutSeconds, arn } = this.model;
    const deadlineMs = Date.now() + timeoutSeconds * 1000;
    const outcome = await sandbox.invoke({ requestId, payload, deadlineMs, functionArn: arn }, timeoutSeconds);
    this.release(sandbox);
    return outcome;
  }

  warm(): void {
    if (this.all.size === 0) this.idle.push(this.create());
  }

  killBusy(): number {
    const busy = [...this.all].filter((sandbox) => sandbox.isUsable && !this.idle.includes(sandbox));
    for (const sandbox of busy) sandbox.kill();
    return busy.length;
  }

  stop(): void {
    for (const sandbox of this.all) sandbox.kill();
    this.all.clear();
    this.idle = [];
  }

  private acquire(): Sandbox | Promise<Sandbox> {
    for (let free = this.idle.pop(); free !== undefined; free = this.idle.pop()) {
      if (free.isUsable) return free;
      this.all.delete(free);
    }
    if (this.all.size < MAX_CONCURRENCY) return this.create();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private release(sandbox: Sandbox): void {
    if (!sandbox.isUsable) this.all.delete(sandbox);
    const next = this.waiting.shift();
    if (next !== undefined) next(sandbox.isUsable ? sandbox : this.create());
    else if (sandbox.isUsable) this.idle.push(sandbox);
  }

  private create(): Sandbox {
    const { enter, bootstrap, logs } = this.options;
    const argv = enter(this.model.name, ["node", bootstrap, this.folder, this.model.handler]);
    const sandbox = new Sandbox({ argv, environment: this.environment(), logPath: join(logs, `${this.model.name}.log`) });
    this.all.add(sandbox);
    return sandbox;
  }

  /** What Lambda sets, and the lab's two addresses; nothing of the host's. */
  private environment(): Readonly<Record<string, string>> {
    const { region, credentials, awsEndpoint, authority, path } = this.options;
    const { name, roleName, environment } = this.model;
    const keys = credentials(roleName, name);
    return {
      ...environment,
      PATH: path,
      LANG: "C.UTF-8",
      TZ: ":UTC",
      LAMBDA_TASK_ROOT: this.folder,
      _HANDLER: this.model.handler,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: "lab",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
      AWS_ENDPOINT_URL: awsEndpoint,
      NODE_EXTRA_CA_CERTS: authority,
      // The lab has no X-Ray daemon.
      POWERTOOLS_TRACE_ENABLED: "false",
    };
  }
}

function unpack(zipPath: string, folder: string): void {
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zipPath)))) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
