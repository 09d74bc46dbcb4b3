import { request } from "node:http";

const DEFAULT_ENDPOINT = "http://169.254.169.254";
const TIMEOUT_MS = 1_000;
const TOKEN_HEADER = "X-aws-ec2-metadata-token";

export interface Identity {
  readonly instanceId: string;
  /** Primary private IPv4. */
  readonly address: string;
}

/** Who this machine is, by IMDSv2. Throws when a part cannot be had within a second. */
export async function readIdentity(
  endpoint = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? DEFAULT_ENDPOINT,
): Promise<Identity> {
  const ask = (method: string, path: string, headers: Record<string, string>) =>
    fetchText(new URL(path, endpoint), method, headers);
  const token = await ask("PUT", "/latest/api/token", { [`${TOKEN_HEADER}-ttl-seconds`]: "60" });
  const read = (name: string) => ask("GET", `/latest/meta-data/${name}`, { [TOKEN_HEADER]: token });
  const [instanceId, address] = await Promise.all([read("instance-id"), read("local-ipv4")]);
  return { instanceId, address };
}

function fetchText(url: URL, method: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const ask = request(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8").trim();
        if (response.statusCode === 200 && body !== "") resolve(body);
        else reject(new Error(`instance metadata answered ${response.statusCode} to ${method} ${url.pathname}`));
      });
    });
    ask.on("error", reject);
    ask.end();
  });
}
