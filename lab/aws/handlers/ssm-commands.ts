import type * as ssm from "@aws-sdk/client-ssm";
import type { StackModel } from "../../stack/model";
import type { ClientInstance } from "../../world/fabric";
import type { Handlers } from "../endpoint";
import { AWS_DOCUMENTS, parseCommandDocument, renderCommand, timeoutOf, type CommandDocument } from "../state/command-document";
import type { Commands, Invocation } from "../state/commands";
import type { Instances } from "../state/instances";
import { AwsError } from "../wire/call";
import { paginate } from "./paginate";

export interface CommandState {
  readonly model: Pick<StackModel, "documents">;
  readonly commands: Commands;
  readonly instances: Instances;
  /** Instances of the operator's. */
  readonly clients: readonly ClientInstance[];
}

/** Longest output that GetCommandInvocation shows, characters. */
const MAX_OUTPUT = 24_000;

/** Documents are read here, so that one which the lab cannot run fails at load. */
export function ssmCommandHandlers(state: CommandState): Handlers<typeof ssm> {
  const documents = new Map([
    ...AWS_DOCUMENTS,
    ...state.model.documents.map(({ name, content }) => [name, parseCommandDocument(name, content)] as const),
  ]);
  return {
    SendCommand: (input) => {
      const name = input.DocumentName ?? "";
      const document = documents.get(name);
      if (document === undefined) throw new AwsError("InvalidDocument", `Document with name ${name} does not exist.`);
      const ids = input.InstanceIds ?? [];
      if (ids.length === 0 || input.Targets?.length)
        throw new AwsError("InvalidTarget", "The lab sends commands to InstanceIds only.");
      const offline = ids.filter((id) => !state.commands.isOnline(id));
      if (offline.length > 0)
        throw new AwsError("InvalidInstanceId", `Instances [[${offline.join(", ")}]] not in a valid state for account`);
      const command = render(document, input.Parameters ?? {});
      const timeoutSeconds = timeoutOf(document, input.Parameters ?? {});
      const commandId = state.commands.send(ids, { document: name, command, timeoutSeconds });
      return {
        Command: {
          CommandId: commandId,
          DocumentName: name,
          InstanceIds: ids,
          Status: "Pending",
          StatusDetails: "Pending",
          RequestedDateTime: state.commands.find(commandId, ids[0] ?? "")?.requestedAt,
          TargetCount: ids.length,
          ...(input.Parameters ? { Parameters: input.Parameters } : {}),
        },
      };
    },

    GetCommandInvocation: (input) => {
      const found = state.commands.find(input.CommandId ?? "", input.InstanceId ?? "");
      if (found === undefined)
        throw new AwsError("InvocationDoesNotExist", `No invocation of command ${input.CommandId} on ${input.InstanceId}`);
      return describeInvocation(found);
    },

    DescribeInstanceInformation: (input) => {
      const asked = instanceIdsOf(input);
      const nats = state.instances.all().filter((record) => record.phase !== "terminated");
      const known = [...nats, ...state.clients].filter(({ instanceId }) => state.commands.lastPoll(instanceId) !== undefined);
      const found = known.filter(({ instanceId }) => asked === undefined || asked.includes(instanceId));
      const page = paginate(found, (record) => record.instanceId, {
        size: input.MaxResults,
        token: input.NextToken,
        bounds: { min: 1, max: 50 },
        badToken: "InvalidNextToken",
      });
      return {
        InstanceInformationList: page.items.map((record) => ({
          InstanceId: record.instanceId,
          PingStatus: state.commands.isOnline(record.instanceId) ? "Online" : "ConnectionLost",
          PlatformType: "Linux",
          ResourceType: "EC2Instance",
          IPAddress: record.privateAddress,
        })),
        NextToken: page.next,
      };
    },
  };
}

function render(document: CommandDocument, given: Record<string, string[]>): readonly string[] {
  try {
    return renderCommand(document, given);
  } catch (error) {
    throw new AwsError("InvalidParameters", error instanceof Error ? error.message : String(error));
  }
}

const STATUS_DETAILS: Readonly<Record<Invocation["status"], string>> = {
  Pending: "Pending",
  InProgress: "InProgress",
  Success: "Success",
  Failed: "Failed",
  TimedOut: "ExecutionTimedOut",
};

function describeInvocation(invocation: Invocation): Omit<ssm.GetCommandInvocationCommandOutput, "$metadata"> {
  return {
    CommandId: invocation.commandId,
    InstanceId: invocation.instanceId,
    DocumentName: invocation.document,
    Status: invocation.status,
    StatusDetails: STATUS_DETAILS[invocation.status],
    ResponseCode: invocation.exitCode,
    StandardOutputContent: invocation.stdout.slice(0, MAX_OUTPUT),
    StandardErrorContent: invocation.stderr.slice(0, MAX_OUTPUT),
  };
}

/** Undefined: all. */
function instanceIdsOf(input: ssm.DescribeInstanceInformationCommandInput): readonly string[] | undefined {
  const filters = [
    ...(input.Filters ?? []).map(({ Key, Values }) => ({ key: Key, values: Values ?? [] })),
    ...(input.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({ key, values: valueSet ?? [] })),
  ];
  const unknown = filters.find(({ key }) => key !== "InstanceIds");
  if (unknown) throw new AwsError("InvalidFilterKey", `The lab filters by InstanceIds, not by ${unknown.key}.`);
  return filters.length === 0 ? undefined : filters.flatMap(({ values }) => values);
}
