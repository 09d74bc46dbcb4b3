import type { NormalizedSchema } from "@smithy/core/schema";
import type { Call, Envelope, Reply } from "./call";
import { cborCodec, jsonCodec, xmlCodec } from "./codecs";
import { encodeRest } from "./rest-write";
import type { Operation } from "./service";

/** An empty map in CBOR, of indefinite length. */
const EMPTY_CBOR = new Uint8Array([0xbf, 0xff]);

/** The HTTP answer for an output, in the protocol of the request. */
export function encode(envelope: Envelope, call: Call, output: object): Reply {
  const operation = envelope.service.operations.get(call.operation);
  if (!operation) throw new Error(`${call.service} has no operation ${call.operation} to answer`);
  const reply = encodeBody(envelope, operation, output);
  return { ...reply, headers: { "x-amzn-requestid": envelope.requestId, ...reply.headers } };
}

function encodeBody(envelope: Envelope, operation: Operation, output: object): Reply {
  const { service, protocol, headers } = envelope;
  const schema = operation.output;
  switch (protocol) {
    case "restXml":
      return encodeRest(operation, output, { codec: xmlCodec(service, true), contentType: "application/xml" });
    case "restJson":
      return encodeRest(operation, output, { codec: jsonCodec(true), contentType: "application/json" });
    case "json": {
      const body = schema.isUnitSchema() ? "{}" : jsonCodec(false).write(schema, output);
      return { status: 200, headers: { "content-type": headers["content-type"] ?? "application/x-amz-json-1.1" }, body };
    }
    case "cbor": {
      const body = schema.isUnitSchema() ? EMPTY_CBOR : cborCodec().write(schema, output);
      return { status: 200, headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" }, body };
    }
    case "ec2Query":
    case "awsQuery":
      return {
        status: 200,
        headers: { "content-type": "text/xml" },
        body: encodeQuery(envelope, operation.name, schema, output),
      };
  }
}

function encodeQuery({ service, protocol, requestId }: Envelope, name: string, schema: NormalizedSchema, output: object): string {
  const xml = schema.isUnitSchema() ? "" : withoutRoot(String(xmlCodec(service, false).write(schema, output)));
  if (protocol === "ec2Query") {
    return `<${name}Response xmlns="${service.xmlNamespace}/"><requestId>${requestId}</requestId>${xml}</${name}Response>`;
  }
  const result = schema.isUnitSchema() ? "" : `<${name}Result>${xml}</${name}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${name}Response xmlns="${service.xmlNamespace}">${result}${metadata}</${name}Response>`;
}

/** The codec names the root after the shape; the query protocols name it after the operation. */
function withoutRoot(xml: string): string {
  if (/^<[^>]*\/>$/.test(xml)) return "";
  return xml.slice(xml.indexOf(">") + 1, xml.lastIndexOf("</"));
}
