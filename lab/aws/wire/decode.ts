import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Call, Envelope, Protocol, RawRequest } from "./call";
import { AwsError } from "./call";
import { cborCodec, jsonCodec } from "./codecs";
import { parseForm, readForm } from "./form";
import { decodeRest } from "./rest-read";
import type { Operation, Service } from "./service";

const CREDENTIAL = /Credential=([^/,\s]+)\/\d+\/([^/]+)\/([^/]+)\//;
const FORM = "application/x-www-form-urlencoded";

/**
 * Says who speaks what to which service. Routed by the service of the signature's credential scope; the few unsigned calls
 * (AssumeRoleWithWebIdentity) by their query API version.
 */
export function identify(services: ReadonlyMap<string, Service>, request: RawRequest): Envelope {
  const { headers } = request;
  const [, accessKeyId = "", region = "us-east-1", scope] = CREDENTIAL.exec(headers.authorization ?? "") ?? [];
  const service = scope === undefined ? unsignedService(services, request) : services.get(scope);
  if (!service) {
    const known = [...services.keys()].sort().join(", ");
    throw new AwsError(
      "UnknownService",
      `This endpoint serves ${known}; the request is signed for ${scope ?? "no service"}.`,
      400,
    );
  }
  return { service, protocol: protocolOf(service, request), accessKeyId, region, requestId: randomUUID(), headers };
}

function unsignedService(services: ReadonlyMap<string, Service>, request: RawRequest): Service | undefined {
  if (!request.headers["content-type"]?.startsWith(FORM)) return undefined;
  const version = new URLSearchParams(request.body.toString()).get("Version");
  return [...services.values()].find((service) => version !== null && service.version === version);
}

function protocolOf(service: Service, { headers }: RawRequest): Protocol {
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return "cbor";
  if (headers["x-amz-target"] !== undefined) return "json";
  if (headers["content-type"]?.startsWith(FORM)) return service.protocolId === "aws.protocols#ec2Query" ? "ec2Query" : "awsQuery";
  switch (service.protocolId) {
    case "aws.protocols#ec2Query":
      return "ec2Query";
    case "aws.protocols#awsQuery":
      return "awsQuery";
    case "aws.protocols#restXml":
      return "restXml";
    case "aws.protocols#restJson1":
      return "restJson";
    default:
      return "json";
  }
}

/** The operation and its typed input. Throws AwsError for an operation the service does not have and for an unreadable body. */
export async function decode(envelope: Envelope, request: RawRequest): Promise<Call> {
  const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(request.body) : request.body;
  const { operation, input } = await read(envelope, { ...request, body });
  const { accessKeyId, region, requestId, protocol, service } = envelope;
  const baseUrl = `http://${request.headers.host ?? "localhost"}`;
  return { service: service.signingName, operation, protocol, input, accessKeyId, region, requestId, baseUrl };
}

type Decoded = Pick<Call, "operation" | "input">;

async function read(envelope: Envelope, request: RawRequest): Promise<Decoded> {
  const { service, protocol } = envelope;
  const pathEnd = request.url.slice(request.url.lastIndexOf("/") + 1);
  switch (protocol) {
    case "cbor": {
      const operation = operationNamed(service, pathEnd);
      return readBody(operation, request.body, () => cborCodec().read(operation.input, request.body));
    }
    case "json": {
      const target = String(request.headers["x-amz-target"] ?? "");
      const operation = operationNamed(service, target.slice(target.lastIndexOf(".") + 1));
      return readBody(operation, request.body, () => jsonCodec(false).read(operation.input, request.body));
    }
    case "ec2Query":
    case "awsQuery": {
      const form = parseForm(request.body.toString());
      const operation = operationNamed(service, typeof form["Action"] === "string" ? form["Action"] : "");
      return readBody(operation, request.body, async () => readForm(operation.input, form, protocol === "ec2Query"));
    }
    case "restXml":
    case "restJson":
      return decodeRest(service, protocol, request);
  }
}

function operationNamed(service: Service, name: string): Operation {
  const operation = service.operations.get(name);
  if (operation) return operation;
  const query = service.protocolId.endsWith("uery");
  throw new AwsError(
    query ? "InvalidAction" : "UnknownOperationException",
    `The action ${name || "(none)"} is not valid for ${service.signingName}.`,
    400,
  );
}

async function readBody({ name, input }: Operation, body: Buffer, parse: () => Promise<unknown>): Promise<Decoded> {
  if (input.isUnitSchema() || body.length === 0) return { operation: name, input: {} };
  try {
    return { operation: name, input: ((await parse()) ?? {}) as Call["input"] };
  } catch (error) {
    throw new AwsError("SerializationException", `The body of ${name} cannot be read: ${(error as Error).message}`, 400);
  }
}
