import type http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { CommandIO } from "@smithy/types";
import { CallLog, type CallRecord } from "./call-log";
import { createLatency, type Latency } from "./latency";
import { readBody } from "./request-body";
import { NoAnswer, type Sabotage } from "./sabotage";
import type { Call, Envelope, RawRequest, Reply } from "./wire/call";
import { AwsError } from "./wire/call";
import { decode, identify } from "./wire/decode";
import { encode } from "./wire/encode";
import { encodeError } from "./wire/errors";
import { checkRequired } from "./wire/required";
import { describeService, type ClientClass, type Service } from "./wire/service";

export { AwsError, type Call } from "./wire/call";

/** Operations of a client package: `ReplaceRoute` for its export `ReplaceRouteCommand`. */
type Operations<M> = keyof M extends infer K ? (K extends `${infer Name}Command` ? Exclude<Name, "$"> : never) : never;

/** A blob arrives as bytes, whatever the client was given. */
type ServerInput<I> = { [K in keyof I]: Uint8Array extends I[K] ? Uint8Array | Extract<I[K], undefined> : I[K] };

/** A client hands out a blob with methods to read it; a server answers bytes or text. */
type ServerOutput<O> = {
  [K in keyof O as Exclude<K, "$metadata">]: NonNullable<O[K]> extends { transformToString(): unknown }
    ? Uint8Array | string | Extract<O[K], undefined>
    : O[K];
};

type Handler<C> = C extends new (...args: never[]) => CommandIO<infer Input, infer Output>
  ? (input: ServerInput<Input>, call: Call) => ServerOutput<Output> | Promise<ServerOutput<Output>>
  : never;

/** Typed by the client package: a misspelt operation, member or enum value is a compile error. */
export type Handlers<M> = { readonly [Name in Operations<M>]?: Handler<M[`${Name}Command` & keyof M]> };

/** Handlers of several parts as one. A spread would have the compiler work out every operation of the client: for EC2, a tenth of the whole check. */
export function together<M>(...parts: readonly Handlers<M>[]): Handlers<M> {
  return Object.assign({}, ...parts) as Handlers<M>;
}

type UntypedHandler = (input: Call["input"], call: Call) => object | Promise<object>;

/** A page that is no AWS API, under `/_lab/`. */
export type RouteHandler = (request: RawRequest) => Reply | Promise<Reply>;

export interface EndpointOptions {
  /** Throws AwsError when the caller may not; everything is allowed without it. */
  readonly authorize?: (call: Call) => void | Promise<void>;
  /** @default - answers at once */
  readonly latency?: Latency;
  /** Every call, after its answer is decided. */
  readonly onCall?: (record: CallRecord) => void;
  /** Who an access key is, for the log. @default - the key itself */
  readonly principalOf?: (accessKeyId: string) => string;
  /** What AWS does to the calls of functions. @default - nothing */
  readonly sabotage?: Sabotage;
}

const LAB_PREFIX = "/_lab/";

/** Status of a call that got no answer, for the log. */
const NOT_ANSWERED = 0;

/** The AWS API over HTTP: all protocols, typed handlers, a call log. It listens nowhere: give `listener` to a server. */
export class Endpoint {
  readonly log = new CallLog();
  readonly #services = new Map<string, Service>();
  readonly #handlers = new Map<string, Readonly<Record<string, UntypedHandler | undefined>>>();
  readonly #routes = new Map<string, RouteHandler>();
  readonly #latency: Latency;

  constructor(private readonly options: EndpointOptions = {}) {
    this.#latency = options.latency ?? createLatency("zero");
  }

  /** Curried, so that the client package is known when the handlers are typed: `add(ec2, ec2.EC2Client)({ ReplaceRoute: (input) => … })`. */
  add<M extends object>(module: M, Client: ClientClass): (handlers: Handlers<M>) => this {
    return (handlers) => {
      const service = describeService(module, Client);
      const before = this.#handlers.get(service.signingName);
      this.#services.set(service.signingName, service);
      this.#handlers.set(service.signingName, { ...before, ...(handlers as Record<string, UntypedHandler>) });
      return this;
    };
  }

  /** Serves a path of the lab's own. */
  route(method: string, path: string, handler: RouteHandler): this {
    if (!path.startsWith(LAB_PREFIX))
      throw new Error(`route must begin with ${LAB_PREFIX}, got ${path}: other paths belong to AWS`);
    this.#routes.set(`${method} ${path}`, handler);
    return this;
  }

  readonly listener: http.RequestListener = (request, response) => {
    void this.#serve(request, response).catch((error: unknown) => {
      // The caller went away, or the answer cannot be written: there is nobody left to tell.
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  };

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const raw: RawRequest = { method, url, headers, body: await readBody(request) };
    const reply = url.startsWith(LAB_PREFIX) ? await this.#page(raw) : await this.#answer(raw);
    // The connection stays as it is: it ends when the caller has waited for long enough, or lives no longer.
    if (reply === undefined) return;
    const length = { "content-length": String(Buffer.byteLength(reply.body)) };
    // An answer to HEAD has no body but says how long it would be: there the bound header counts.
    response.writeHead(reply.status, method === "HEAD" ? { ...length, ...reply.headers } : { ...reply.headers, ...length });
    response.end(method === "HEAD" ? undefined : reply.body);
  }

  async #page(request: RawRequest): Promise<Reply> {
    const path = new URL(request.url, "http://endpoint").pathname;
    const handler = this.#routes.get(`${request.method} ${path}`);
    if (!handler) return { status: 404, headers: { "content-type": "text/plain" }, body: `no ${request.method} ${path}\n` };
    try {
      return await handler(request);
    } catch (error) {
      return { status: 500, headers: { "content-type": "text/plain" }, body: `${String(error)}\n` };
    }
  }

  async #answer(request: RawRequest): Promise<Reply | undefined> {
    const started = new Date();
    const seen: { envelope?: Envelope; call?: Call } = {};
    let errorCode: string | undefined;
    let reply: Reply | undefined;
    try {
      seen.envelope = identify(this.#services, request);
      seen.call = await decode(seen.envelope, request);
      reply = encode(seen.envelope, seen.call, await this.#tryTo(seen.envelope, seen.call));
    } catch (error) {
      errorCode = error instanceof AwsError ? error.code : error instanceof NoAnswer ? error.name : "InternalError";
      reply = error instanceof NoAnswer ? undefined : encodeError(seen.envelope, error);
    }
    const record = {
      status: reply?.status ?? NOT_ANSWERED,
      errorCode,
      startedAt: started.toISOString(),
      durationMs: Date.now() - started.getTime(),
    };
    this.#record({ ...this.#who(seen), ...record });
    return reply;
  }

  /** Answers, unless AWS has something else in mind for this call. */
  #tryTo({ service, headers, accessKeyId }: Envelope, call: Call): Promise<object> {
    const { sabotage } = this.options;
    const proceed = (): Promise<object> => this.#handle(service, call);
    if (sabotage === undefined) return proceed();
    const [, session = ""] = (this.options.principalOf?.(accessKeyId) ?? "").split("/");
    const sdkId = headers["amz-sdk-invocation-id"];
    return sabotage.around({
      functionName: sabotage.functionOf(session),
      ...{ service: call.service, operation: call.operation, input: call.input, proceed },
      callId: typeof sdkId === "string" ? sdkId : call.requestId,
      look: async () => (await this.#handlers.get(call.service)?.[call.operation]?.(call.input, call)) ?? {},
    });
  }

  async #handle(service: Service, call: Call): Promise<object> {
    const delay = this.#latency.callDelay(call.service, call.operation);
    if (delay > 0) await wait(delay);
    if (this.#latency.isThrottled(call.service, call.operation)) {
      throw new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503);
    }
    // AWS too says what is missing before it says who may: without it there is no resource to decide on.
    const operation = service.operations.get(call.operation);
    if (operation) checkRequired(operation.input, call);
    await this.options.authorize?.(call);
    const handler = this.#handlers.get(call.service)?.[call.operation];
    if (!handler) {
      throw new AwsError("NotImplemented", `The lab does not implement ${call.operation} of ${call.service}.`, 501);
    }
    return (await handler(call.input, call)) ?? {};
  }

  #who({ envelope, call }: { envelope?: Envelope; call?: Call }): Pick<CallRecord, "service" | "operation" | "principal"> {
    const key = envelope?.accessKeyId ?? "";
    const principal = this.options.principalOf?.(key) ?? key;
    return { service: envelope?.service.signingName ?? "", operation: call?.operation ?? "", principal };
  }

  #record(record: CallRecord): void {
    this.log.add(record);
    this.options.onCall?.(record);
  }
}
