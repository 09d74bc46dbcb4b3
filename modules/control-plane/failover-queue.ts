import { Construct } from "constructs";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import type { ITerraformDependable } from "cdktf";
import { TAGS } from "../../contract/tags";
import { queueArn } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import { FAILOVER_TIMEOUT_SECONDS } from "./functions";
import { names } from "./names";

/**
 * A message is hidden from the moment Lambda's poller receives it. To the run's own time come the poller's way, a cold start, and the
 * poller's retries while Lambda throttles: in 15 s. A redelivery within that would be a second writer beside the first. AWS advises six
 * times the timeout; here the whole group stands still after a run that was killed, until this has passed. A run that knows that it
 * failed does not wait for it (nat-route-failover/retry.ts).
 */
const VISIBILITY_SECONDS = FAILOVER_TIMEOUT_SECONDS + 15;

/**
 * Deliveries of a message before it goes to the dead letters. Ten failed runs are repeated for more than half a minute, longer than EC2
 * takes to show what it did. Where Lambda throttles, each delivery takes the whole visibility timeout, and two minutes after it was sent a
 * message is stale, and consumed.
 */
const MAX_RECEIVES = 10;
const FOURTEEN_DAYS_SECONDS = 1_209_600;

/** The queues of an environment. */
export interface FailoverQueueProps {
  readonly deployment: Deployment;
  /** ARNs of the rules that may send to the failover queue. */
  readonly ruleArns: readonly string[];
  /** ARNs of all rules: what EventBridge cannot deliver it sends to the dead letters of what is asynchronous. */
  readonly allRuleArns: readonly string[];
}

/**
 * The one door: FIFO queue whose single message group makes nat-route-failover a single writer; its dead letters; copies
 * of what that function rejects; and the dead letters of asynchronous functions and of rules. Costs per request, cents a month.
 */
export class FailoverQueue extends Construct {
  public readonly queueArn: string;
  public readonly queue: ITerraformDependable;
  /** Without it a rule's target would be refused delivery. */
  public readonly policy: ITerraformDependable;
  /** Without it EventBridge could not leave a dead letter. */
  public readonly deadLettersPolicy: ITerraformDependable;
  /** Must stand before Lambda accepts a function that names it. */
  public readonly asyncDeadLetters: ITerraformDependable;

  public constructor(scope: Construct, id: string, props: FailoverQueueProps) {
    super(scope, id);
    const { deployment } = props;
    const tags = { [TAGS.env]: deployment.env };
    const deadLetters = new SqsQueue(this, "DeadLetters", {
      name: names.queueDeadLetters(deployment.env),
      fifoQueue: true,
      messageRetentionSeconds: FOURTEEN_DAYS_SECONDS,
      sqsManagedSseEnabled: true,
      tags,
    });
    const asyncDeadLetters = new SqsQueue(this, "AsyncDeadLetters", {
      name: names.asyncDeadLetters(deployment.env),
      messageRetentionSeconds: FOURTEEN_DAYS_SECONDS,
      sqsManagedSseEnabled: true,
      tags,
    });
    this.asyncDeadLetters = asyncDeadLetters;
    const rejected = new SqsQueue(this, "Rejected", {
      name: names.rejected(deployment.env),
      messageRetentionSeconds: FOURTEEN_DAYS_SECONDS,
      sqsManagedSseEnabled: true,
      tags,
    });
    const queue = new SqsQueue(this, "Resource", {
      name: names.queue(deployment.env),
      fifoQueue: true,
      // EventBridge gives no deduplication ID; agents give their own.
      contentBasedDeduplication: true,
      visibilityTimeoutSeconds: VISIBILITY_SECONDS,
      // An old suspicion is worth nothing: the minute's sweep has long looked again.
      messageRetentionSeconds: 3600,
      sqsManagedSseEnabled: true,
      redrivePolicy: JSON.stringify({
        deadLetterTargetArn: queueArn(deployment, names.queueDeadLetters(deployment.env)),
        maxReceiveCount: MAX_RECEIVES,
      }),
      tags,
      dependsOn: [deadLetters, rejected],
    });
    this.policy = new SqsQueuePolicy(this, "Policy", {
      queueUrl: queue.url,
      policy: rulesMaySend(queueArn(deployment, names.queue(deployment.env)), props.ruleArns),
    });
    this.deadLettersPolicy = new SqsQueuePolicy(this, "AsyncDeadLettersPolicy", {
      queueUrl: asyncDeadLetters.url,
      policy: rulesMaySend(queueArn(deployment, names.asyncDeadLetters(deployment.env)), props.allRuleArns),
    });
    this.queueArn = queue.arn;
    this.queue = queue;
  }
}

function rulesMaySend(resource: string, ruleArns: readonly string[]): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Rules",
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: resource,
        Condition: { ArnEquals: { "aws:SourceArn": ruleArns } },
      },
    ],
  });
}
