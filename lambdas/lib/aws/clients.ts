import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { ConfiguredRetryStrategy } from "@smithy/core/retry";

/** From Runtime: traces the client's calls where tracing is on. */
export type Capture = <T>(client: T) => T;

const ATTEMPTS = 4;
/** Of a call that was not answered: each costs its whole time, and the run must come to its end before its own (FAILOVER_TIMEOUT_SECONDS). */
const UNANSWERED_ATTEMPTS = 3;

/** Milliseconds before the nth repetition, at random from the upper half, so that those who were refused together do not ask together. */
const pauseMs = (repetition: number): number => 50 * 2 ** repetition * (0.5 + Math.random() / 2);

type Refresh = ConfiguredRetryStrategy["refreshRetryTokenForRetry"];

/** Not the SDK's `adaptive` retries: refused once, they hold back every later call of the process, for which connections wait (ADR 0016). */
class Repetition extends ConfiguredRetryStrategy {
  constructor() {
    super(ATTEMPTS, pauseMs);
  }

  override async refreshRetryTokenForRetry(...[token, error]: Parameters<Refresh>): ReturnType<Refresh> {
    if (error.errorType !== "THROTTLING" && token.getRetryCount() + 1 >= UNANSWERED_ATTEMPTS)
      throw new Error(`not answered ${UNANSWERED_ATTEMPTS} times`);
    return super.refreshRetryTokenForRetry(token, error);
  }
}

/**
 * For an answer, milliseconds, in functions with seconds to live (nat-route-failover, for which connections wait, and nat-health-probe, whose
 * rounds follow one another): twice the p99 assumed of an EC2 call.
 */
export const PROMPT_MS = 900;
/** For an answer, milliseconds, in all others: they have minutes, and a slow answer is better than none. */
const PATIENT_MS = 3_000;

/** The SDK waits for ever by default. */
const patience = (answerMs: number) => ({
  retryStrategy: new Repetition(),
  requestHandler: { connectionTimeout: 500, requestTimeout: answerMs, throwOnRequestTimeout: true },
});

/**
 * Option of a call that moves a route or an address: EC2 may take longer for it than for an answer, and a second such call beside the
 * first is done no sooner.
 */
export const MOVE = { requestTimeout: 2_000 } as const;

export const ec2Client = (capture: Capture, answerMs = PATIENT_MS): EC2Client => capture(new EC2Client(patience(answerMs)));
export const autoScalingClient = (capture: Capture, answerMs = PATIENT_MS): AutoScalingClient =>
  capture(new AutoScalingClient(patience(answerMs)));
export const ssmClient = (capture: Capture, answerMs = PATIENT_MS): SSMClient => capture(new SSMClient(patience(answerMs)));
export const elbClient = (capture: Capture, answerMs = PATIENT_MS): ElasticLoadBalancingV2Client =>
  capture(new ElasticLoadBalancingV2Client(patience(answerMs)));

/** The queue URL is an address for people; the endpoint (AWS_ENDPOINT_URL, or the region's) decides where the call goes. */
export const sqsClient = (capture: Capture, answerMs = PATIENT_MS): SQSClient =>
  capture(new SQSClient({ ...patience(answerMs), useQueueUrlAsEndpoint: false }));

/** An invocation lasts as long as the function: the caller sets a deadline per call, and a failed probe must not be hidden by a retry. */
export const lambdaClient = (capture: Capture): LambdaClient =>
  capture(new LambdaClient({ maxAttempts: 1, requestHandler: { connectionTimeout: 500 } }));
