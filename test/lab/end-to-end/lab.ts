import { execFile } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { ask } from "../../../lab/cli/control-client";
import { requireRun, runningLabs } from "../../../lab/cli/runs";
import type { Fleet } from "../../../lab/holder/fleet";
import type { LabStatus } from "../../../lab/holder/status";
import type { FaultReport } from "../../../lab/holder/watch";
import { root } from "../support/in-namespaces";
import { expectGranted } from "./granted";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit code. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** What `npm run lab -- …` runs. The tests' own AWS variables stay outside. */
export function lab(...args: readonly string[]): Promise<Ended> {
  return run(process.execPath, ["--import", "tsx", "lab/cli/main.ts", ...args], { AWS_ENDPOINT_URL: undefined });
}

/** `scripts/<command> lab …`, as an operator of the environment types it. */
export function operate(env: "prod" | "test", command: string, ...args: readonly string[]): Promise<Ended> {
  return run(`scripts/${command}`, ["lab", ...args], { AWS_ENDPOINT_URL: undefined, HA_NAT_LAB_ENV: env });
}

/** The lab of an environment comes up before a suite's tests and goes down after them. */
export function keepUp(env: "prod" | "test", ...options: readonly string[]): void {
  beforeAll(
    async () => {
      const { code, stderr } = await lab("up", env, ...options);
      if (code !== 0) throw new Error(`lab up ${env} ended with ${code}: ${stderr}`);
    },
    env === "prod" ? 240_000 : 180_000,
  );
  downAfterwards(env);
}

/** What a suite leaves up goes down, whatever happened; its log tells whether permissions were as they must be. */
export function downAfterwards(env: "prod" | "test"): void {
  afterAll(async () => {
    if (runningLabs(root).some((running) => running.env === env)) await lab("down", "--env", env);
    expectGranted(env);
  }, 60_000);
}

/** The answer of a verb with `--json`; its words on stderr belong to the failure. */
export async function labJson<T>(...args: readonly string[]): Promise<T> {
  const [verb = "", ...rest] = args;
  // Before the rest: behind `--` it would belong to the node's program.
  const { stdout, stderr } = await lab(verb, "--json", ...rest);
  try {
    return JSON.parse(stdout) as T;
  } catch (cause) {
    throw new Error(`lab ${args.join(" ")} gave no JSON: ${stderr}`, { cause });
  }
}

/** The answer of `lab status` without a process of its own: it is asked for often, and beside what is measured. */
export function statusOf(env: string): Promise<LabStatus> {
  return ask<LabStatus>(requireRun(root, env), "GET", "/status");
}

/** Where the lab's AWS is, and the operator's keys. */
export interface Endpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export function endpointOf(env: "prod" | "test"): Promise<Endpoint> {
  return labJson<Endpoint>("endpoint", "--env", env);
}

/** The AWS CLI, with the operator's keys. */
export function awsCli(access: Endpoint, ...args: readonly string[]): Promise<Ended> {
  const { endpoint, region, accessKeyId, secretAccessKey } = access;
  return run("aws", ["--endpoint-url", endpoint, "--region", region, "--output", "json", ...args], {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
}

/** Injects a fault at a NAT while every lane's client asks, and expects that each kept its objective. */
export async function survive(env: string, fault: string, node: string, watchSeconds: number): Promise<FaultReport> {
  const report = await labJson<FaultReport>("fault", fault, "--env", env, "--watch", String(watchSeconds), "--node", node);
  const failures = report.lanes.filter(({ ok }) => !ok).map(({ lane, reasons }) => `${lane}: ${reasons.join("; ")}`);
  expect({ fault, node: report.node, failures }).toEqual({ fault, node, failures: [] });
  return report;
}

/** Polls the status until the condition holds; throws what was still missing, in the words of the status or the caller's own. */
export async function until(
  env: string,
  what: string,
  holds: (status: LabStatus) => boolean,
  seconds: number,
  words = ({ waitingFor }: LabStatus) => `waiting for ${waitingFor.join("; ")}`,
): Promise<LabStatus> {
  return poll(
    200,
    seconds,
    () => statusOf(env),
    holds,
    (status) => `${what}; ${words(status)}`,
  );
}

/** Waits until a zone has all its NATs, healthy and with the flows of their peers, and serves its own lanes. */
export async function untilWhole(env: string, zone: string): Promise<void> {
  const missing = async () => {
    const { waitingFor } = await ask<Fleet>(requireRun(root, env), "GET", "/fleet");
    return waitingFor.filter((clause) => clause.includes(zone));
  };
  const isWhole = (clauses: readonly string[]) => clauses.length === 0;
  await poll(500, 90, missing, isWhole, (clauses) => `${zone} is whole; ${clauses.join("; ")}`);
}

async function poll<T>(
  intervalMs: number,
  seconds: number,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  words: (value: T) => string,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${words(value)}`);
    await wait(intervalMs);
  }
}

/** The NAT that serves a lane, as node name. */
export function serverOf(status: LabStatus, lane: string): string {
  const served = status.lanes.find((candidate) => candidate.lane === lane)?.servedBy;
  if (served === null || served === undefined) throw new Error(`nobody serves ${lane}`);
  return served;
}
