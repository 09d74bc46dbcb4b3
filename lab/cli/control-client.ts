import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { lineReader } from "../runtime/protocol";
import { CommandError } from "./output";
import type { RunRecord } from "./runs";

type Target = Pick<RunRecord, "controlPort" | "token">;

/** Asks the holder; throws what it says is wrong. */
export async function ask<T>(run: Target, method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const response = await open(run, method, path, body);
  const text = await readText(response);
  const answer = JSON.parse(text) as T & { readonly error?: string };
  if (response.statusCode !== 200) throw new CommandError(answer.error ?? text);
  return answer;
}

interface ExecMessage {
  readonly stream?: "stdout" | "stderr";
  readonly base64?: string;
  readonly exitCode?: number;
}

/** Runs a program in a node, passes on what it says; resolves to its exit code. */
export async function execIn(
  run: Target,
  node: string,
  argv: readonly string[],
  say: (stream: "stdout" | "stderr", bytes: Buffer) => void,
): Promise<number> {
  const response = await open(run, "POST", "/exec", { node, argv });
  if (response.statusCode !== 200) {
    throw new CommandError((JSON.parse(await readText(response)) as { readonly error: string }).error);
  }
  return new Promise((resolve, reject) => {
    let exitCode: number | undefined;
    const read = lineReader((line) => {
      const message = JSON.parse(line) as ExecMessage;
      if (message.stream !== undefined) say(message.stream, Buffer.from(message.base64 ?? "", "base64"));
      exitCode = message.exitCode ?? exitCode;
    });
    response.on("data", read);
    response.once("error", reject);
    response.once("end", () => {
      if (exitCode === undefined) reject(new CommandError(`the lab ended while ${node} ran ${argv.join(" ")}`));
      else resolve(exitCode);
    });
  });
}

function open(run: Target, method: string, path: string, body: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${run.token}`, "content-type": "application/json" };
    const outgoing = request({ host: "127.0.0.1", port: run.controlPort, method, path, headers, agent: false }, resolve);
    outgoing.once("error", (error) =>
      reject(new CommandError(`the lab does not answer: ${error.message}; see .lab/*/logs/holder.log`)),
    );
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
