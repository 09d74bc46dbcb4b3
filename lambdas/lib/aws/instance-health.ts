import { SetInstanceHealthCommand } from "@aws-sdk/client-auto-scaling";
import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import type { InstanceHealth } from "../domain/fleet-ports";

export function instanceHealth(client: AutoScalingClient): InstanceHealth {
  return {
    markUnhealthy: async (instanceId) => {
      const input = { InstanceId: instanceId, HealthStatus: "Unhealthy", ShouldRespectGracePeriod: false };
      await client.send(new SetInstanceHealthCommand(input));
    },
  };
}
