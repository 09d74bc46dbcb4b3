import { timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { z } from "zod";
import type { Sabotage } from "../aws/sabotage";
import { CALL_SABOTAGES, EVENT_SABOTAGES } from "../aws/sabotage";
import { findFault } from "../faults/catalogue";
import type { CrowdSources } from "./crowd-run";
import { runCrowd } from "./crowd-run";
import { readFleet } from "./fleet";
import type { NodeDirectory } from "./node-directory";
import { spawnIn } from "./node-directory";
import type { LabStatus } from "./status";
import { runFault } from "./watch";

export interface ControlOptions extends CrowdSources {
  readonly token: string;
  readonly status: () => Promise<LabStatus>;
  /** Journal of the lab's AWS after a record number. */
  readonly journal: (after: number) => readonly unknown[];
  readonly sabotage: Sabotage;
  readonly stop: () => void;
}

const faultRequest = z.object({ fault: z.string(), node: z.string().optional(), watchSeconds: z.number().min(0).max(3600) });
const crowdRequest = z.object({
  connections: z.number().int().min(1).max(20_000),
  seconds: z.number().min(0).max(3600),
  fault: z.string().optional(),
  node: z.string().optional(),
});
const undoRequest = z.object({ fault: z.string(), node: z.string(), zone: z.string(), instanceId: z.string() });
const nth = { functionName: z.string(), occurrence: z.number().int().min(1) };
const sabotageRequest = z.object({
  plan: z
    .discriminatedUnion("kind", [
      z.object({ kind: z.literal("call"), ...nth, operation: z.string(), what: z.enum(CALL_SABOTAGES) }),
      z.object({ kind: z.literal("event"), ...nth, what: z.enum(EVENT_SABOTAGES) }),
    ])
    .optional(),
});
const execRequest = z.object({ node: z.string(), argv: z.array(z.string()).min(1) });

/** The launcher's door: JSON over HTTP on loopback, for holders of the run's token. */
export function createControl(options: ControlOptions): Server {
  return createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) answer(response, 400, { error: text });
      else response.destroy();
    });
  });
}

async function serve(options: ControlOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isAllowed(request, options.token)) return answer(response, 403, { error: "wrong or missing token; it is in run.json" });
  const url = new URL(request.url ?? "/", "http://control");
  switch (`${request.method} ${url.pathname}`) {
    case "GET /status":
      return answer(response, 200, await options.status());
    case "GET /journal":
      return answer(response, 200, options.journal(Number(url.searchParams.get("after") ?? 0)));
    case "POST /fault": {
      const { fault, node, watchSeconds } = faultRequest.parse(await readJson(request));
      return answer(response, 200, await runFault(options, findFault(fault), node, watchSeconds));
    }
    case "POST /crowd": {
      const { connections, seconds, fault, node } = crowdRequest.parse(await readJson(request));
      const found = fault === undefined ? undefined : findFault(fault);
      return answer(response, 200, await runCrowd(options, { connections, seconds, fault: found, node }));
    }
    case "POST /undo": {
      const { fault, ...struck } = undoRequest.parse(await readJson(request));
      await findFault(fault).undo?.(options.directory, struck, options.acts);
      return answer(response, 200, {});
    }
    case "POST /sabotage":
      options.sabotage.arm(sabotageRequest.parse(await readJson(request)).plan);
      return answer(response, 200, {});
    case "GET /sabotage":
      return answer(response, 200, options.sabotage.report());
    case "GET /calls": {
      const since = Number(url.searchParams.get("since") ?? 0);
      return answer(
        response,
        200,
        options.calls().filter(({ startedAt }) => Date.parse(startedAt) >= since),
      );
    }
    case "GET /fleet":
      return answer(response, 200, await readFleet(options.directory, await options.status()));
    case "POST /exec": {
      const { node, argv } = execRequest.parse(await readJson(request));
      return execute(options.directory, node, argv, response);
    }
    case "POST /stop":
      answer(response, 200, {});
      response.once("close", options.stop);
      return;
    default:
      return answer(response, 404, { error: `the lab knows no ${request.method} ${url.pathname}` });
  }
}

/** Streams what the program says as JSON lines, then its exit code. A caller that goes away takes the program with it. */
function execute(directory: NodeDirectory, node: string, argv: readonly string[], response: ServerResponse): void {
  const child = spawnIn(directory.enter(node, argv));
  const say = (message: object): void => void response.write(`${JSON.stringify(message)}\n`);
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  child.stdin?.end();
  child.stdout?.on("data", (chunk: Buffer) => say({ stream: "stdout", base64: chunk.toString("base64") }));
  child.stderr?.on("data", (chunk: Buffer) => say({ stream: "stderr", base64: chunk.toString("base64") }));
  child.once("error", (error) => say({ stream: "stderr", base64: Buffer.from(`${error.message}\n`).toString("base64") }));
  child.once("close", (code, signal) => {
    say({ exitCode: code ?? (signal === null ? 127 : 137) });
    response.end();
  });
  response.once("close", () => child.kill("SIGKILL"));
}

function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
