import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { EC2Client } from "@aws-sdk/client-ec2";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { FUNCTION_NAMES } from "../../contract/functions";
import type { OperatorMessage } from "../../contract/messages";
import type { PlanAnswer } from "../../contract/plan";
import { OPERATOR } from "../aws/iam/key-ring";
import type { SabotagePlan, SabotageReport } from "../aws/sabotage";
import { ask, execIn } from "../cli/control-client";
import type { RunRecord } from "../cli/runs";
import type { Fleet } from "../holder/fleet";
import type { LabStatus } from "../holder/status";
import type { ErrorDocument } from "../runtime/protocol";
import { INTERNET } from "../world/fabric";

/** What chaos needs of a lab. */
export type Place = Pick<Site, keyof Site>;

/** A lab that runs, as its operator sees it. */
export class Site {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  private readonly sqs: SQSClient;
  private readonly lambda: LambdaClient;

  constructor(
    readonly run: RunRecord,
    region: string,
  ) {
    const { accessKeyId, secretAccessKey } = OPERATOR;
    const endpoint = `http://127.0.0.1:${run.awsPort}`;
    const settings = { region, endpoint, credentials: { accessKeyId, secretAccessKey } };
    this.ec2 = new EC2Client(settings);
    this.autoScaling = new AutoScalingClient(settings);
    this.sqs = new SQSClient({ ...settings, useQueueUrlAsEndpoint: false });
    this.lambda = new LambdaClient(settings);
  }

  functionName(short: string): string {
    return `ha-nat-${this.run.env}-${short}`;
  }

  status(): Promise<LabStatus> {
    return ask(this.run, "GET", "/status");
  }

  fleet(): Promise<Fleet> {
    return ask(this.run, "GET", "/fleet");
  }

  arm(plan: SabotagePlan | undefined): Promise<object> {
    return ask(this.run, "POST", "/sabotage", plan === undefined ? {} : { plan });
  }

  sabotage(): Promise<SabotageReport> {
    return ask(this.run, "GET", "/sabotage");
  }

  kill(node: string): Promise<object> {
    return ask(this.run, "POST", "/fault", { fault: "kill-nat", node, watchSeconds: 0 });
  }

  async exec(node: string, ...argv: readonly string[]): Promise<{ readonly exitCode: number; readonly said: string }> {
    let said = "";
    const exitCode = await execIn(this.run, node, argv, (_stream, bytes) => (said += bytes.toString()));
    return { exitCode, said };
  }

  /** The address that the lane's client shows to the internet now; undefined when it does not get there. */
  async egressOf(lane: string): Promise<string | undefined> {
    const echo = `cat < /dev/tcp/${INTERNET.website}/7`;
    const { exitCode, said } = await this.exec(`client-${lane}`, "timeout", "2", "bash", "-c", echo);
    return exitCode === 0 ? said.trim() : undefined;
  }

  /** What nat-route-failover would do by itself now; or why it cannot tell. */
  async plan(): Promise<PlanAnswer["actions"] | { readonly unknown: string }> {
    const FunctionName = this.functionName(FUNCTION_NAMES.routeFailover);
    const Payload = JSON.stringify({ schema: 1, kind: "plan" });
    const answer = await this.lambda.send(new InvokeCommand({ FunctionName, Payload }));
    const text = Buffer.from(answer.Payload ?? []).toString();
    if (answer.FunctionError === undefined) return (JSON.parse(text) as PlanAnswer).actions;
    return { unknown: `${FunctionName} has no plan: ${(JSON.parse(text) as ErrorDocument).errorMessage}` };
  }

  /** Through the one door, as the operators' commands do. */
  async send(message: OperatorMessage): Promise<void> {
    const { env } = this.run;
    const { QueueUrl } = await this.sqs.send(new GetQueueUrlCommand({ QueueName: `ha-nat-${env}-failover.fifo` }));
    const [MessageGroupId, MessageDeduplicationId] = [env, `${message.kind}-${message.correlationId}`];
    const MessageBody = JSON.stringify(message);
    await this.sqs.send(new SendMessageCommand({ QueueUrl, MessageGroupId, MessageDeduplicationId, MessageBody }));
  }
}
