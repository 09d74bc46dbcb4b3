import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";

/** Milliseconds; without `throwOnRequestTimeout` the SDK would only warn, and wait for as long as the connection stands. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true } as const;

export interface Clients {
  readonly ssm: SSMClient;
  readonly sqs: SQSClient;
  readonly logs: CloudWatchLogsClient;
}

export function createClients(region: string): Clients {
  const common = { region, retryMode: "adaptive", requestHandler } as const;
  const ssm = new SSMClient({ ...common, maxAttempts: 2 });
  // The first answer from SSM has filled the credentials when the first suspicion is sent.
  const { credentials } = ssm.config;
  const sqs = new SQSClient({ ...common, maxAttempts: 5, useQueueUrlAsEndpoint: false, credentials });
  const logs = new CloudWatchLogsClient({ ...common, maxAttempts: 2, credentials });
  logs.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amzn-logs-format"] = "json/emf";
      return next(args);
    },
    { step: "build", name: "emf" },
  );
  return { ssm, sqs, logs };
}
