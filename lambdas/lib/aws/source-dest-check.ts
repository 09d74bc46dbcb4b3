import { ModifyInstanceAttributeCommand } from "@aws-sdk/client-ec2";
import type { EC2Client } from "@aws-sdk/client-ec2";

/** A launch template cannot say this; with the check on, EC2 drops what a NAT forwards. */
export async function switchOffSourceDestCheck(client: EC2Client, instanceId: string): Promise<void> {
  await client.send(new ModifyInstanceAttributeCommand({ InstanceId: instanceId, SourceDestCheck: { Value: false } }));
}
