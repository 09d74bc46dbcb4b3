import { randomUUID } from "node:crypto";
import { NormalizedSchema, TypeRegistry } from "@smithy/core/schema";
import type { Envelope, Protocol, Reply } from "./call";
import { AwsError } from "./call";
import { cborCodec } from "./codecs";
import type { Service } from "./service";

/** Smithy's document schema: any value, untyped. */
const DOCUMENT = NormalizedSchema.of(15);

interface Described {
  readonly shapeName: string;
  readonly queryCode: string;
  readonly status: number;
  readonly message: string;
}

/** The HTTP answer for anything thrown, in the protocol of the request. What is no AwsError is the lab's fault: 500, with its message. */
export function encodeError(envelope: Envelope | undefined, thrown: unknown): Reply {
  const error = thrown instanceof AwsError ? thrown : new AwsError("InternalError", messageOf(thrown), 500);
  const described = describe(envelope?.service, error);
  const requestId = envelope?.requestId ?? randomUUID();
  const reply = write(envelope, described, requestId);
  return { ...reply, headers: { "x-amzn-requestid": requestId, ...reply.headers } };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

/** A client knows an error by its shape, another by its query code: the schema knows both. */
function describe(service: Service | undefined, error: AwsError): Described {
  const schema = service && findShape(service.namespace, error.code);
  const traits: { awsQueryError?: [string, number]; httpError?: number; error?: string } = schema?.getMergedTraits() ?? {};
  const fallback = traits.error === "server" ? 500 : 400;
  return {
    shapeName: schema?.getName() ?? error.code,
    queryCode: traits.awsQueryError?.[0] ?? error.code,
    status: error.status ?? traits.awsQueryError?.[1] ?? traits.httpError ?? fallback,
    message: error.message,
  };
}

function findShape(namespace: string, code: string): NormalizedSchema | undefined {
  const named = (schema: NormalizedSchema) => {
    const traits: { awsQueryError?: [string, number]; error?: string } = schema.getMergedTraits();
    return traits.error !== undefined && (schema.getName() === code || traits.awsQueryError?.[0] === code);
  };
  const found = TypeRegistry.for(namespace).find((schema) => named(NormalizedSchema.of(schema)));
  return found === undefined ? undefined : NormalizedSchema.of(found);
}

function write(envelope: Envelope | undefined, error: Described, requestId: string): Reply {
  const { shapeName, queryCode, status, message } = error;
  const protocol: Protocol = envelope?.protocol ?? "json";
  const namespace = envelope?.service.namespace ?? "lab";
  const side = status < 500 ? "Sender" : "Receiver";
  const xml = `<Code>${escape(queryCode)}</Code><Message>${escape(message)}</Message>`;
  const compatible = envelope?.service.queryCompatible ? { "x-amzn-query-error": `${queryCode};${side}` } : {};
  const typed = { __type: `${namespace}#${shapeName}`, message };
  switch (protocol) {
    case "ec2Query":
      return xmlReply(status, `<Response><Errors><Error>${xml}</Error></Errors><RequestID>${requestId}</RequestID></Response>`);
    case "awsQuery": {
      const body = `<Error><Type>${side}</Type>${xml}</Error><RequestId>${requestId}</RequestId>`;
      return xmlReply(status, `<ErrorResponse xmlns="${envelope?.service.xmlNamespace ?? ""}">${body}</ErrorResponse>`);
    }
    case "restXml":
      return xmlReply(status, `<Error>${xml}<RequestId>${requestId}</RequestId></Error>`);
    case "cbor": {
      const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", ...compatible };
      return { status, headers, body: cborCodec().write(DOCUMENT, typed) };
    }
    case "json":
    case "restJson": {
      const headers = { "content-type": "application/json", "x-amzn-errortype": shapeName, ...compatible };
      return { status, headers, body: JSON.stringify({ ...typed, Message: message }) };
    }
  }
}

function xmlReply(status: number, body: string): Reply {
  return { status, headers: { "content-type": "text/xml" }, body };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}
