import { Socket } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ErrorDocument, InvokeMessage, ResultMessage } from "./protocol";
import { lineReader } from "./protocol";

/**
 * Runs in the function's process, as the managed Node.js runtime does: loads the handler once, then one invocation after the other.
 *   bootstrap.cjs FOLDER HANDLER
 */
const [folder = "", handlerName = ""] = process.argv.slice(2);
const channel = new Socket({ fd: 3, readable: true, writable: true });

type Handler = (event: unknown, context: object) => unknown;

function send(message: ResultMessage): void {
  channel.write(`${JSON.stringify(message)}\n`);
}

function errorDocument(error: unknown): ErrorDocument {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

async function loadHandler(): Promise<Handler> {
  const [file = "", name = ""] = handlerName.split(".");
  const module = (await import(pathToFileURL(join(folder, `${file}.mjs`)).href)) as Record<string, unknown>;
  const handler = module[name];
  if (typeof handler !== "function") throw new Error(`${handlerName} is undefined or not exported`);
  return handler as Handler;
}

function context(message: InvokeMessage): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
    functionVersion: "$LATEST",
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    awsRequestId: message.requestId,
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
    getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - Date.now()),
  };
}

async function invoke(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId } = message;
  try {
    const result = await handler(JSON.parse(message.payload), context(message));
    send({ kind: "result", requestId, payload: JSON.stringify(result ?? null) });
  } catch (error) {
    const document = errorDocument(error);
    process.stderr.write(`${JSON.stringify({ level: "ERROR", requestId, ...document })}\n`);
    send({ kind: "error", requestId, error: document });
  }
}

async function main(): Promise<void> {
  const handler = await loadHandler();
  const read = lineReader((line) => void invoke(handler, JSON.parse(line) as InvokeMessage));
  channel.on("data", read);
  // The runner is gone: nobody will ask again.
  channel.on("close", () => process.exit(0));
  send({ kind: "ready" });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  send({ kind: "init-error", error: errorDocument(error) });
  channel.end(() => process.exit(1));
});
