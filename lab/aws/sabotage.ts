import { AwsError } from "./wire/call";

/** What AWS may do to one call of a function, or to the process that makes it. */
export const CALL_SABOTAGES = ["killed before", "killed after", "throttled", "timed out", "stale"] as const;
export type CallSabotage = (typeof CALL_SABOTAGES)[number];

/** What AWS may do to one event on its way to a function. */
export const EVENT_SABOTAGES = ["twice", "late", "never"] as const;
export type EventSabotage = (typeof EVENT_SABOTAGES)[number];

/** One thing that goes wrong once: the n-th such call, or the n-th event, of a function since it was armed. */
export type SabotagePlan =
  | {
      readonly kind: "call";
      readonly functionName: string;
      /** `<signing name>:<operation>`. */
      readonly operation: string;
      /** From 1; the attempts of one call count as one. */
      readonly occurrence: number;
      readonly what: CallSabotage;
    }
  | { readonly kind: "event"; readonly functionName: string; readonly occurrence: number; readonly what: EventSabotage };

/** What happened since `arm`. */
export interface SabotageReport {
  /** Calls of functions in order of arrival, each once however often it was tried. */
  readonly calls: readonly { readonly functionName: string; readonly operation: string }[];
  /** Events that were on their way to functions, in order. */
  readonly events: readonly { readonly functionName: string }[];
  /** Undefined until the plan's call or event has come; then what was done to it. */
  readonly met: string | undefined;
}

/** One attempt of one call, as the endpoint sees it. */
export interface Attempt {
  /** Who calls. @default - not a function: nothing is done to it */
  readonly functionName: string | undefined;
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  /** The SDK's `amz-sdk-invocation-id`: the same for all attempts of a call. */
  readonly callId: string;
  /** Answers it. */
  readonly proceed: () => Promise<object>;
  /** What would be answered to the same question now, whoever asks. */
  readonly look: () => Promise<object>;
}

/** The caller gets nothing: no status, no byte. */
export class NoAnswer extends Error {
  constructor() {
    super("the caller is not answered");
    this.name = "NoAnswer";
  }
}

export interface SabotageOptions {
  /** Function of a role session; undefined for everybody else. */
  readonly functionOf: (session: string) => string | undefined;
  /** Ends the function's processes that work now, as the kernel ends them. */
  readonly kill: (functionName: string) => void;
  readonly now?: () => number;
  readonly every?: (ms: number, look: () => void) => () => void;
}

/** How far behind a stale answer is, and how long a late event takes. */
export const STALE_MS = 5000;
export const LATE_MS = 10_000;
const SAMPLE_MS = 1000;
const QUESTIONS_KEPT = 200;
const SAMPLES_KEPT = 30;

/** An error that the SDK takes for throttling; EC2 has one of its own. */
const throttling = (service: string): AwsError =>
  service === "ec2"
    ? new AwsError("RequestLimitExceeded", "Request limit exceeded.", 503)
    : new AwsError("ThrottlingException", "Rate exceeded", 400);

interface Question {
  readonly operation: string;
  readonly look: () => Promise<object>;
  samples: readonly { readonly at: number; readonly answer: object }[];
}

/**
 * AWS at its worst, one call or event at a time. It stands in the endpoint and in the delivery of events: a function sees what it would see
 * of AWS, and carries nothing of it in itself. Idle until armed, but for noting which questions are asked.
 */
export class Sabotage {
  private plan: SabotagePlan | undefined;
  private met: string | undefined;
  /** Call ID that the plan has met: its further attempts fare alike. */
  private metCall: string | undefined;
  private calls: { functionName: string; operation: string; callId: string; at: number }[] = [];
  /** Calls before are of the plan's kind, and not yet those that it means: there can be no answer of five seconds before them. */
  private countsFrom = -Infinity;
  private seen = new Set<string>();
  private events: { functionName: string }[] = [];
  private readonly questions = new Map<string, Question>();
  private stopLooking: (() => void) | undefined;

  constructor(private readonly options: SabotageOptions) {}

  /** Begins to record anew, and to wait for the plan's call or event. Without a plan it only records. */
  arm(plan: SabotagePlan | undefined): void {
    this.plan = plan;
    [this.met, this.metCall] = [undefined, undefined];
    [this.calls, this.events, this.seen] = [[], [], new Set()];
    this.stopLooking?.();
    this.stopLooking = undefined;
    for (const question of this.questions.values()) question.samples = [];
    this.countsFrom = plan?.what === "stale" ? this.now() + STALE_MS + SAMPLE_MS : -Infinity;
    if (plan?.what === "stale") this.stopLooking = this.every(SAMPLE_MS, () => void this.look(plan.operation));
  }

  report(): SabotageReport {
    const calls = this.calls.map(({ functionName, operation }) => ({ functionName, operation }));
    return { calls, events: this.events, met: this.met };
  }

  functionOf(session: string): string | undefined {
    return this.options.functionOf(session);
  }

  /** Answers an attempt, or does to it what is planned. */
  async around(attempt: Attempt): Promise<object> {
    const { functionName } = attempt;
    if (functionName === undefined) return attempt.proceed();
    const operation = `${attempt.service}:${attempt.operation}`;
    this.note(functionName, operation, attempt);
    const { plan } = this;
    if (plan?.kind !== "call" || !this.isMeant(plan, functionName, operation, attempt.callId)) return attempt.proceed();
    this.metCall = attempt.callId;
    this.met ??= `${operation} of ${functionName}: ${plan.what}`;
    return this.goWrong(plan.what, functionName, attempt);
  }

  /** What becomes of an event on its way to a function. */
  event(functionName: string): EventSabotage | undefined {
    this.events.push({ functionName });
    const { plan } = this;
    if (plan?.kind !== "event" || plan.functionName !== functionName || this.met !== undefined) return undefined;
    const number = this.events.filter((event) => event.functionName === functionName).length;
    if (number !== plan.occurrence) return undefined;
    this.met = `event ${number} of ${functionName}: ${plan.what}`;
    return plan.what;
  }

  private note(functionName: string, operation: string, { callId, input, look }: Attempt): void {
    if (!this.seen.has(callId)) {
      this.seen.add(callId);
      this.calls.push({ functionName, operation, callId, at: this.now() });
    }
    if (!isRead(operation)) return;
    const key = questionKey(operation, input);
    const question = this.questions.get(key) ?? { operation, look, samples: [] };
    this.questions.delete(key);
    this.questions.set(key, question);
    const [oldest] = this.questions.keys();
    if (this.questions.size > QUESTIONS_KEPT && oldest !== undefined) this.questions.delete(oldest);
  }

  private isMeant(
    plan: Extract<SabotagePlan, { kind: "call" }>,
    functionName: string,
    operation: string,
    callId: string,
  ): boolean {
    if (this.metCall !== undefined) return this.metCall === callId;
    if (plan.functionName !== functionName || plan.operation !== operation) return false;
    const alike = this.calls.filter(
      (call) => call.functionName === functionName && call.operation === operation && call.at >= this.countsFrom,
    );
    return alike[plan.occurrence - 1]?.callId === callId;
  }

  private async goWrong(what: CallSabotage, functionName: string, attempt: Attempt): Promise<object> {
    switch (what) {
      case "killed before":
        this.options.kill(functionName);
        throw new NoAnswer();
      case "killed after":
        await carriedOut(attempt);
        this.options.kill(functionName);
        throw new NoAnswer();
      case "throttled":
        throw throttling(attempt.service);
      case "timed out":
        await carriedOut(attempt);
        throw new NoAnswer();
      case "stale":
        return this.past(attempt);
    }
  }

  /** The caller must be allowed to ask, whichever answer it gets. */
  private async past(attempt: Attempt): Promise<object> {
    const fresh = await attempt.proceed();
    const operation = `${attempt.service}:${attempt.operation}`;
    const samples = this.questions.get(questionKey(operation, attempt.input))?.samples ?? [];
    const old = samples.filter(({ at }) => at <= this.now() - STALE_MS).at(-1);
    if (old === undefined) {
      this.met = undefined;
      return fresh;
    }
    return old.answer;
  }

  private async look(operation: string): Promise<void> {
    for (const question of this.questions.values()) {
      if (question.operation !== operation) continue;
      const at = this.now();
      try {
        const answer = await question.look();
        question.samples = [...question.samples, { at, answer }].slice(-SAMPLES_KEPT);
      } catch (error) {
        // What it asked about is gone: there is no answer of this moment.
        if (!(error instanceof AwsError)) throw error;
      }
    }
  }

  private now(): number {
    return this.options.now?.() ?? performance.now();
  }

  private every(ms: number, look: () => void): () => void {
    if (this.options.every !== undefined) return this.options.every(ms, look);
    const timer = setInterval(look, ms).unref();
    return () => clearInterval(timer);
  }
}

/** Whether it succeeded or was refused: nobody is told. */
async function carriedOut({ proceed }: Attempt): Promise<void> {
  try {
    await proceed();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
  }
}

/** Only what AWS calls eventually consistent can be behind; a parameter's read is, too. */
export function isRead(operation: string): boolean {
  return /^(ec2|autoscaling|elasticloadbalancing):Describe|^ssm:GetParameter/.test(operation);
}

function questionKey(operation: string, input: unknown): string {
  return `${operation} ${JSON.stringify(input)}`;
}
