import type { IncomingHttpHeaders } from "node:http";
import type { Service } from "./service";

/** What a request speaks; its answer and its errors speak the same. */
export type Protocol = "ec2Query" | "awsQuery" | "json" | "cbor" | "restJson" | "restXml";

/** A request whose body has been read. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Who speaks what to whom, before the operation is known: enough to answer an error properly. */
export interface Envelope {
  readonly service: Service;
  readonly protocol: Protocol;
  readonly accessKeyId: string;
  readonly region: string;
  readonly requestId: string;
  readonly headers: IncomingHttpHeaders;
}

/** One decoded call. `service` is the signing name (`monitoring` is CloudWatch), `operation` the API's (`Invoke`, `ReplaceRoute`). */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly protocol: Protocol;
  /** Typed as the client's input of the operation; the endpoint hands it to handlers with that type. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Empty when the request is unsigned. */
  readonly accessKeyId: string;
  readonly region: string;
  readonly requestId: string;
  /** Base URL that the caller used, `http://203.0.113.10:4566`: for URLs in answers. */
  readonly baseUrl: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/**
 * An error by the name of its shape (`ResourceNotFoundException`) or its query code (`InvalidRouteTableID.NotFound`). Status and
 * the other name come from the schema where it knows the error; else 400.
 */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status?: number,
  ) {
    super(message);
    this.name = "AwsError";
  }
}
