import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isNotFound } from "./errors";

export interface TargetHealth {
  readonly instanceId: string;
  /** `healthy`, `unhealthy`, `initial`, `draining`, `unused`, ... */
  readonly state: string;
  /** The load balancer's code, e.g. `Target.FailedHealthChecks`; empty when healthy. */
  readonly reason: string;
}

/**
 * The load balancer's opinion on every registered instance.
 * @throws Error when a target comes without an ID or a state: the answer is not one to act on.
 */
export async function readTargetHealth(
  client: ElasticLoadBalancingV2Client,
  targetGroupArn: string,
): Promise<readonly TargetHealth[]> {
  const answer = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
  return (answer.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth: health }) => {
    if (Target?.Id === undefined || health?.State === undefined)
      throw new Error(`DescribeTargetHealth of ${targetGroupArn} answered a target without an ID or a state`);
    return { instanceId: Target.Id, state: health.State, reason: health.Reason ?? "" };
  });
}

/** Registering what is registered changes nothing. */
export async function registerTarget(
  client: ElasticLoadBalancingV2Client,
  targetGroupArn: string,
  instanceId: string,
): Promise<void> {
  await client.send(new RegisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets: [{ Id: instanceId }] }));
}

/** A target that is not registered is no error for AWS; a target group that is gone (a fleet being destroyed) is none for us. */
export async function deregisterTarget(
  client: ElasticLoadBalancingV2Client,
  targetGroupArn: string,
  instanceId: string,
): Promise<void> {
  try {
    await client.send(new DeregisterTargetsCommand({ TargetGroupArn: targetGroupArn, Targets: [{ Id: instanceId }] }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
