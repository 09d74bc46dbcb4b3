import type { RouteHandler } from "../endpoint";
import type { Commands } from "../state/commands";

/** Longest wait of one poll: short, because a poller that died meanwhile counts as online and may be handed a command. */
const POLL_MS = 2000;

/** Where a node's agent fetches its commands (`POST /_lab/ssm-agent/poll`): 200 with the work, or 204 when there is none. */
export function agentPoll(commands: Commands): RouteHandler {
  return async ({ body }) => {
    const { instanceId } = readObject(body);
    if (typeof instanceId !== "string") return refuse("instanceId must be text");
    const work = await commands.poll(instanceId, POLL_MS);
    return work === undefined ? { status: 204, headers: {}, body: "" } : json(200, work);
  };
}

/** Where it tells the result (`POST /_lab/ssm-agent/result`): 204, or 409 when nobody waits for it any more. */
export function agentResult(commands: Commands): RouteHandler {
  return ({ body }) => {
    const { commandId, instanceId, exitCode, stdout, stderr } = readObject(body);
    if (typeof commandId !== "string" || typeof instanceId !== "string" || typeof exitCode !== "number") {
      return refuse("commandId and instanceId must be text and exitCode a number");
    }
    const result = { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
    const wasWaiting = commands.finish(commandId, instanceId, result);
    return wasWaiting
      ? { status: 204, headers: {}, body: "" }
      : json(409, { error: `command ${commandId} does not run on ${instanceId}` });
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function readObject(body: Buffer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body.toString() || "{}");
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

const json = (status: number, value: unknown) => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(value),
});

const refuse = (why: string) => json(400, { error: why });
