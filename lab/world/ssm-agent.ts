import { spawn } from "node:child_process";
import { request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Stands for the Systems Manager agent of a node: fetches commands from the AWS endpoint over the node's own uplink, so that a
 * node whose uplink is dead cannot be commanded. Knows who it is from the metadata service.
 */
const endpoint = process.env["AWS_ENDPOINT_URL"] ?? "";
const METADATA = "http://169.254.169.254";
const REQUEST_TIMEOUT_MS = 5000;
const RETRY_AFTER_MS = 500;
/** Systems Manager shows no more of each stream. */
const OUTPUT_LIMIT = 24_000;

interface Work {
  readonly commandId: string;
  readonly command: readonly string[];
  readonly timeoutSeconds: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function call(method: string, url: string, headers: Readonly<Record<string, string>>, body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, timeout: REQUEST_TIMEOUT_MS, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.once("error", reject);
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error(`${url}: no answer within ${REQUEST_TIMEOUT_MS} ms`)));
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

async function instanceId(): Promise<string> {
  const token = await call("PUT", `${METADATA}/latest/api/token`, { "x-aws-ec2-metadata-token-ttl-seconds": "60" });
  const headers = { "x-aws-ec2-metadata-token": token.text };
  return (await call("GET", `${METADATA}/latest/meta-data/instance-id`, headers)).text;
}

function post(path: string, body: object): Promise<Answer> {
  return call("POST", `${endpoint}/_lab/ssm-agent/${path}`, { "content-type": "application/json" }, JSON.stringify(body));
}

function execute({ command, timeoutSeconds }: Work): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutSeconds * 1000,
    killSignal: "SIGKILL",
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.stdout = (said.stdout + chunk.toString()).slice(0, OUTPUT_LIMIT)));
  child.stderr.on("data", (chunk: Buffer) => (said.stderr = (said.stderr + chunk.toString()).slice(0, OUTPUT_LIMIT)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ exitCode: 127, stdout: "", stderr: error.message }));
    child.once("close", (code) => resolve({ exitCode: code ?? 137, ...said }));
  });
}

async function serve(id: string): Promise<void> {
  const answer = await post("poll", { instanceId: id });
  if (answer.status === 204) return;
  if (answer.status !== 200) throw new Error(`poll answered ${answer.status}: ${answer.text}`);
  const work = JSON.parse(answer.text) as Work;
  // In the background: a long command must not make the agent look offline.
  void execute(work).then((result) => deliver({ commandId: work.commandId, instanceId: id, ...result }));
}

/** A command may have cut its own way back: the result waits until there is one, as the real agent's does. */
async function deliver(result: object): Promise<void> {
  for (;;) {
    const status = await post("result", result).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status !== undefined) return;
    await wait(RETRY_AFTER_MS);
  }
}

async function main(): Promise<never> {
  let id = "";
  for (;;) {
    try {
      id ||= await instanceId();
      await serve(id);
    } catch {
      // No uplink now: the service sees it by the polls that stay away.
      await wait(RETRY_AFTER_MS);
    }
  }
}

void main();
