import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { SessionCredentials } from "./fabric";

/** What the metadata service knows of one instance. */
export interface ImdsInstance {
  readonly instanceId: string;
  readonly address: string;
  readonly publicAddress: string | undefined;
  /** Secondary addresses as the kernel delivers them now. */
  secondaryAddresses(): Promise<readonly string[]>;
  readonly mac: string;
  readonly zoneId: string;
  readonly zoneName: string;
  readonly region: string;
  readonly accountId: string;
  readonly instanceType: string;
  /** Undefined: launched without an instance profile. */
  readonly role: { readonly name: string; credentials(): SessionCredentials } | undefined;
  /** What was told of this instance since its launch, by the path below `meta-data/`: notices, and what its group wants of it. */
  told(path: string): string | undefined;
}

const TOKEN_HEADER = "x-aws-ec2-metadata-token";
const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const MAX_TTL_SECONDS = 21600;
const CREDENTIAL_LIFETIME_MS = 6 * 3600 * 1000;

/**
 * The instance metadata service, version 2 only. Who asks is known by the source address, which the router admits only from the
 * ENI that owns it.
 */
export function createImds(find: (address: string) => ImdsInstance | undefined): Server {
  const tokens = new Map<string, { readonly instanceId: string; readonly expires: number }>();
  return createServer((request, response) => {
    const instance = find((request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""));
    if (instance === undefined) return end(response, 404, "");
    if (request.url === "/latest/api/token") return issueToken(request, response, instance, tokens);
    const token = tokens.get(String(request.headers[TOKEN_HEADER]));
    if (token === undefined || token.instanceId !== instance.instanceId || token.expires < Date.now())
      return end(response, 401, "");
    metadata(instance, request.url ?? "").then(
      (text) => end(response, text === undefined ? 404 : 200, text ?? ""),
      (error: unknown) => end(response, 500, String(error)),
    );
  });
}

function issueToken(
  request: IncomingMessage,
  response: ServerResponse,
  instance: ImdsInstance,
  tokens: Map<string, { readonly instanceId: string; readonly expires: number }>,
): void {
  const seconds = Number(request.headers[TTL_HEADER]);
  if (request.method !== "PUT") return end(response, 405, "");
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TTL_SECONDS) return end(response, 400, "");
  const token = randomBytes(32).toString("base64");
  tokens.set(token, { instanceId: instance.instanceId, expires: Date.now() + seconds * 1000 });
  response.setHeader(TTL_HEADER, String(seconds));
  end(response, 200, token);
}

async function metadata(instance: ImdsInstance, url: string): Promise<string | undefined> {
  const path = url.replace(/\/+$/, "").replace(/^\/(latest|\d{4}-\d\d-\d\d)\//, "");
  const role = "meta-data/iam/security-credentials";
  const nic = `meta-data/network/interfaces/macs/${instance.mac}`;
  switch (path) {
    case "meta-data/instance-id":
      return instance.instanceId;
    case "meta-data/instance-type":
      return instance.instanceType;
    case "meta-data/local-ipv4":
      return instance.address;
    case "meta-data/public-ipv4":
      return instance.publicAddress;
    case "meta-data/mac":
      return instance.mac;
    case "meta-data/placement/availability-zone":
      return instance.zoneName;
    case "meta-data/placement/availability-zone-id":
      return instance.zoneId;
    case "meta-data/placement/region":
      return instance.region;
    case "meta-data/network/interfaces/macs":
      return `${instance.mac}/`;
    case `${nic}/local-ipv4s`:
      return [instance.address, ...(await instance.secondaryAddresses())].join("\n");
    case role:
      return instance.role?.name;
    case `${role}/${instance.role?.name ?? ""}`:
      return instance.role && JSON.stringify(roleCredentials(instance.role.credentials()));
    case "dynamic/instance-identity/document":
      return JSON.stringify(identity(instance));
    default:
      return path.startsWith("meta-data/") ? instance.told(path.slice("meta-data/".length)) : undefined;
  }
}

function roleCredentials(credentials: SessionCredentials): Record<string, string> {
  return {
    Code: "Success",
    LastUpdated: new Date().toISOString(),
    Type: "AWS-HMAC",
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: new Date(Date.now() + CREDENTIAL_LIFETIME_MS).toISOString(),
  };
}

function identity(instance: ImdsInstance): Record<string, string> {
  return {
    accountId: instance.accountId,
    availabilityZone: instance.zoneName,
    instanceId: instance.instanceId,
    instanceType: instance.instanceType,
    privateIp: instance.address,
    region: instance.region,
    version: "2017-09-30",
  };
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
