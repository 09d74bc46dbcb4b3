import { request } from "node:http";
import type { Notices } from "./leaving";

const DEFAULT_ENDPOINT = "http://169.254.169.254";
const TIMEOUT_MS = 1_000;
const TOKEN_HEADER = "X-aws-ec2-metadata-token";

export interface Identity {
  readonly instanceId: string;
  /** Primary private IPv4. */
  readonly address: string;
}

/** Who this machine is, by IMDSv2. Throws when a part cannot be had within a second. */
export async function readIdentity(endpoint = endpointOf()): Promise<Identity> {
  const ask = await session(endpoint);
  const read = async (name: string): Promise<string> => {
    const text = await ask(name);
    if (text === null) throw new Error(`instance metadata does not know ${name}`);
    return text;
  };
  const [instanceId, address] = await Promise.all([read("instance-id"), read("local-ipv4")]);
  return { instanceId, address };
}

/** What is to become of this machine. What is not there was not announced; throws when that cannot be known. */
export async function readNotices(endpoint = endpointOf()): Promise<Notices> {
  const ask = await session(endpoint);
  const [spot, rebalance, targetLifecycle] = await Promise.all([
    ask("spot/instance-action"),
    ask("events/recommendations/rebalance"),
    ask("autoscaling/target-lifecycle-state"),
  ]);
  return { spotAction: spot !== null, rebalance: rebalance !== null, targetLifecycle };
}

/** Every private IPv4 that EC2 delivers to this machine's interface now: its own, and those of lanes that it carries or carried. */
export async function readHeldAddresses(endpoint = endpointOf()): Promise<readonly string[]> {
  const ask = await session(endpoint);
  const mac = await ask("mac");
  const held = mac === null ? null : await ask(`network/interfaces/macs/${mac}/local-ipv4s`);
  if (held === null) throw new Error("instance metadata does not say which addresses the interface has");
  return held.split(/\s+/);
}

function endpointOf(): string {
  return process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? DEFAULT_ENDPOINT;
}

/** Reads items below `meta-data/` with one token; null for an item that there is not. */
async function session(endpoint: string): Promise<(name: string) => Promise<string | null>> {
  const ask = (method: string, path: string, headers: Record<string, string>) =>
    fetchText(new URL(path, endpoint), method, headers);
  const token = await ask("PUT", "/latest/api/token", { [`${TOKEN_HEADER}-ttl-seconds`]: "60" });
  if (token === null) throw new Error("instance metadata has no tokens; is version 2 on?");
  return (name) => ask("GET", `/latest/meta-data/${name}`, { [TOKEN_HEADER]: token });
}

/** Null for 404. */
function fetchText(url: URL, method: string, headers: Record<string, string>): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const ask = request(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8").trim();
        if (response.statusCode === 404) resolve(null);
        else if (response.statusCode === 200 && body !== "") resolve(body);
        else reject(new Error(`instance metadata answered ${response.statusCode} to ${method} ${url.pathname}`));
      });
    });
    ask.on("error", reject);
    ask.end();
  });
}
