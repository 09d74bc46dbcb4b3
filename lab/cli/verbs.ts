import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { CallRecord } from "../aws/call-log";
import { OPERATOR } from "../aws/iam/key-ring";
import { FAULTS, findFault } from "../faults/catalogue";
import type { CrowdRun } from "../holder/crowd-run";
import type { LabStatus } from "../holder/status";
import type { FaultReport } from "../holder/watch";
import { tallyCalls, tallyLines } from "../report/calls";
import { crowdLines } from "../report/crowd";
import { statusLines } from "../report/status";
import { timeline } from "../report/timeline";
import { ask, execIn } from "./control-client";
import { takeDown } from "./down";
import { requireEnvironment } from "./environments";
import { CommandError, green, print, red, say } from "./output";
import { requireRun, runFolder } from "./runs";
import { up } from "./up";
import type { UpOptions } from "./up";

/** What every verb but `up` is told. */
export interface Context {
  readonly root: string;
  readonly json: boolean;
  readonly env: string | undefined;
}

function running({ root, env }: Context): ReturnType<typeof requireRun> {
  if (env !== undefined) requireEnvironment(root, env);
  return requireRun(root, env);
}

export async function upVerb(options: UpOptions, json: boolean): Promise<void> {
  const status = await up(options);
  say(green(`${options.env} is up`));
  print(json, status, statusLines(status));
}

export async function statusVerb(context: Context): Promise<void> {
  const status = await ask<LabStatus>(running(context), "GET", "/status");
  print(context.json, status, statusLines(status));
  if (!status.settled) throw new CommandError(`${status.env} is not settled: ${status.waitingFor.join("; ")}`, 1);
}

export async function faultVerb(context: Context, name: string, node: string | undefined, watchSeconds: number): Promise<void> {
  const fault = findFault(name);
  const run = running(context);
  if (watchSeconds > 0) say(`${fault.name}: ${fault.does}; every lane's client asks for ${watchSeconds} s`);
  const request = { fault: name, watchSeconds, ...(node === undefined ? {} : { node }) };
  const report = await ask<FaultReport>(run, "POST", "/fault", request);
  print(context.json, report, reportLines(report));
  if (!report.ok) throw new CommandError(`${name} on ${report.node}: not every lane kept its objective`, 1);
}

function reportLines({ fault, node, lanes }: FaultReport): readonly string[] {
  return [
    `${fault} on ${node}`,
    ...lanes.map((lane) => {
      const outage = lane.outageMs === null ? "did not come back" : `longest outage ${lane.outageMs} ms`;
      const addresses = `${lane.publicAddressBefore ?? "none"} → ${lane.publicAddressAfter ?? "none"}`;
      const line = `lane ${lane.lane}: ${outage} (limit ${lane.limitMs}), ${lane.failed} of ${lane.attempts} failed, ${addresses}`;
      return lane.ok ? green(line) : red([line, ...lane.reasons].join("; "));
    }),
  ];
}

export async function crowdVerb(context: Context, seconds: number, connections: number): Promise<void> {
  const run = running(context);
  say(`${connections} connections over every lane for ${seconds} s`);
  const { crowd } = await ask<CrowdRun>(run, "POST", "/crowd", { seconds, connections });
  print(context.json, crowd, crowdLines(crowd));
  if (crowd.alive < crowd.connections) throw new CommandError(`${crowd.connections - crowd.alive} connections died`, 1);
}

export async function callsVerb(context: Context, seconds: number): Promise<void> {
  const run = running(context);
  const since = Date.now();
  say(`counting for ${seconds} s`);
  await wait(seconds * 1000);
  const tally = tallyCalls(await ask<readonly CallRecord[]>(run, "GET", `/calls?since=${since}`), run.env);
  print(context.json, { seconds, ...tally }, tallyLines(tally));
}

export function faultNames(): string {
  return FAULTS.map(({ name, does }) => `  ${name}: ${does}`).join("\n");
}

export async function execVerb(context: Context, node: string, argv: readonly string[]): Promise<number> {
  const said = { stdout: "", stderr: "" };
  const exitCode = await execIn(running(context), node, argv, (stream, bytes) => {
    if (context.json) said[stream] += bytes.toString();
    else process[stream].write(bytes);
  });
  if (context.json) print(true, { node, argv, exitCode, ...said }, []);
  return exitCode;
}

export async function endpointVerb(context: Context): Promise<void> {
  const run = running(context);
  const { region } = await ask<LabStatus>(run, "GET", "/status");
  const { accessKeyId, secretAccessKey } = OPERATOR;
  const endpoint = `http://127.0.0.1:${run.awsPort}`;
  const { stackDirectory: stackDir } = run;
  print(context.json, { endpoint, region, env: run.env, accessKeyId, secretAccessKey, stackDir }, [
    `export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
  ]);
}

/** The operator's own check, by the same script as on AWS. */
export async function verifyVerb(context: Context): Promise<number> {
  const run = running(context);
  const script = join(context.root, "scripts/verify_nat.sh");
  const env = { ...process.env, HA_NAT_LAB_ENV: run.env };
  const child = spawn(script, ["lab", ...(context.json ? ["--json"] : [])], { cwd: context.root, env, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** Logs of the run that is up, or of the last one; with a number the story of one failover in them. */
export function logsVerb(context: Context, name: string | undefined, failover: number | undefined): void {
  const env = context.env ?? running(context).env;
  requireEnvironment(context.root, env);
  const folder = join(runFolder(context.root, env), "logs");
  const files = existsSync(folder) ? readdirSync(folder).map((file) => file.replace(/\.log$/, "")) : [];
  if (failover !== undefined) {
    const logs = Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, `${file}.log`), "utf8")]));
    const lines = timeline(logs, failover);
    return print(context.json, { failover, lines }, lines);
  }
  if (name === undefined) return print(context.json, { folder, logs: files }, [folder, ...files.map((file) => `  ${file}`)]);
  if (!files.includes(name)) throw new CommandError(`log ${name} is not there; allowed: ${files.join(", ")}; choose one of them`);
  const text = readFileSync(join(folder, `${name}.log`), "utf8");
  print(context.json, { name, text }, [text.trimEnd()]);
}

export async function downVerb(context: Context): Promise<void> {
  const run = running(context);
  await takeDown(context.root, run);
  print(context.json, { env: run.env, down: true }, [`${run.env} is down; its logs stay in .lab/${run.env}/logs`]);
}
