/** A moto server for each life of a stack, and what it said where Terraform failed. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { SCRATCH } from "./harness";
import type { Tools } from "./tools";

/**
 * What Terraform says when a call was made twice: the provider repeats one whose answer did not come. AWS tells the second from the
 * first, moto does not. A name that two of our resources share fails in the second run as well.
 */
const CALLED_TWICE = /ResourceConflictException|already exists?\b|Invalid(Route|Permission)\.NotFound/;

/** Does the work with a moto of its own; once more, with a fresh one, where moto was asked the same twice. Errors tell moto's side. */
export async function withMoto<T>(tools: Tools, work: (url: string) => Promise<T>): Promise<T> {
  try {
    return await withOneMoto(tools, work);
  } catch (error) {
    // The cause is Terraform's own: moto's lines around it tell of calls that were refused for good reason, too.
    if (!(error instanceof Error && CALLED_TWICE.test(String(error.cause)))) throw error;
    console.warn(`once more, with a fresh moto: ${String(error)}`);
    return withOneMoto(tools, work);
  }
}

async function withOneMoto<T>(tools: Tools, work: (url: string) => Promise<T>): Promise<T> {
  const moto = await startMoto(tools);
  try {
    return await work(moto.url);
  } catch (error) {
    const refused = readFileSync(moto.log, "utf8")
      .split("\n")
      .filter((line) => /" [45]\d\d -|Error/.test(line));
    throw new Error(`${String(error)}\nmoto refused at last:\n${refused.slice(-20).join("\n")}`, { cause: error });
  } finally {
    await moto.stop();
  }
}

/** A moto server of our own on a free port. */
async function startMoto(
  tools: Tools,
): Promise<{ readonly url: string; readonly log: string; readonly stop: () => Promise<void> }> {
  const port = await freePort();
  mkdirSync(SCRATCH, { recursive: true });
  const log = join(SCRATCH, `moto-${port}.log`);
  const file = openSync(log, "w");
  const child = spawn(tools.moto, ["-H", "127.0.0.1", "-p", String(port)], { stdio: ["ignore", file, file] });
  closeSync(file);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${tools.moto} did not answer on ${url} within 60 s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    log,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
