import { Agent } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import {
  AutoScalingClient,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import { OPERATOR } from "../aws/iam/key-ring";
import type { Weather } from "../aws/latency";
import type { LabAws } from "../aws/create-aws";
import type { AwsActs } from "../faults/world";

export interface AwsActsOptions {
  readonly aws: Pick<LabAws, "members" | "notices" | "setDisrupted">;
  readonly latency: Weather;
  readonly region: string;
  /** Unix socket of the AWS API. */
  readonly awsSocket: string;
}

const REFRESH_POLL_MS = 1000;
const REFRESH_DEADLINE_MS = 300_000;
const ENDED = ["Successful", "Cancelled", "Failed", "RollbackSuccessful", "RollbackFailed"];

/** AWS's own acts for faults: an operator's by the API, signed like everybody's; EC2's own by what the lab's EC2 is told. */
export class LabAwsActs implements AwsActs {
  private readonly client: AutoScalingClient;

  constructor(private readonly options: AwsActsOptions) {
    const { accessKeyId, secretAccessKey } = OPERATOR;
    this.client = new AutoScalingClient({
      region: options.region,
      endpoint: "http://aws.lab",
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: { httpAgent: new SocketAgent(options.awsSocket) },
    });
  }

  async terminate(instanceId: string): Promise<void> {
    const input = { InstanceId: instanceId, ShouldDecrementDesiredCapacity: false };
    await this.client.send(new TerminateInstanceInAutoScalingGroupCommand(input));
  }

  async refreshGroupOf(instanceId: string): Promise<void> {
    const group = this.options.aws.members().find((member) => member.instanceId === instanceId)?.groupName;
    if (group === undefined) throw new Error(`instance ${instanceId} is in no Auto Scaling group now`);
    const { InstanceRefreshId: id = "" } = await this.client.send(
      new StartInstanceRefreshCommand({ AutoScalingGroupName: group }),
    );
    const deadline = Date.now() + REFRESH_DEADLINE_MS;
    for (;;) {
      const input = { AutoScalingGroupName: group, InstanceRefreshIds: [id] };
      const { InstanceRefreshes: found = [] } = await this.client.send(new DescribeInstanceRefreshesCommand(input));
      const status = found[0]?.Status ?? "unknown";
      if (status === "Successful") return;
      if (ENDED.includes(status)) throw new Error(`instance refresh ${id} of ${group} ended as ${status}`);
      if (Date.now() > deadline)
        throw new Error(`instance refresh ${id} of ${group} is ${status} after ${REFRESH_DEADLINE_MS} ms`);
      await wait(REFRESH_POLL_MS);
    }
  }

  noticeSpot(instanceId: string, afterMs: number): void {
    this.options.aws.notices.spotInterruption(instanceId, afterMs);
  }

  noticeRebalance(instanceId: string): void {
    this.options.aws.notices.rebalance(instanceId);
  }

  throttle(share: number | undefined): void {
    this.options.latency.throttle(share);
  }

  setLatency(setting: "zero" | undefined): void {
    this.options.latency.setLatency(setting);
  }

  setDisrupted(zone: string, isDisrupted: boolean): void {
    this.options.aws.setDisrupted(zone, isDisrupted);
  }
}

/** The holder is the VPC's router: it reaches the API by the socket, not by an address. */
class SocketAgent extends Agent {
  constructor(private readonly path: string) {
    super();
  }

  override createConnection(): Duplex {
    return connect(this.path);
  }
}
