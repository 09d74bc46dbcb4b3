import type * as ec2 from "@aws-sdk/client-ec2";
import type { InstanceRecord } from "../state/instances";
import type { AddressView } from "../state/network";
import { together, type Handlers } from "../endpoint";
import { AwsError } from "../wire/call";
import { PAGE, refuseDryRun, requireIds, requireInstance, selectIds, type Ec2State } from "./ec2-common";
import { clientInstance, instance, networkInterface } from "./ec2-shapes";
import { applyFilters, type FilterFields } from "./filters";
import { paginate } from "./paginate";
import { zoneName } from "../state/ids";

/** Ends the machine; resolves when it is asked, not when it is gone. `abruptly`: its system does not shut down first. */
export interface Terminator {
  terminate(record: InstanceRecord, because: string, abruptly?: boolean): void;
}

/** One described thing beside the record it belongs to. */
interface Described<T, R = InstanceRecord> {
  readonly record: R;
  readonly shape: T;
}

/** What the filters of DescribeInstances read of a record: a client has no more. */
type DescribedInstance = Described<ec2.Instance, Pick<InstanceRecord, "instanceId" | "zone">>;

export function ec2InstanceHandlers(state: Ec2State, terminator: Terminator): Handlers<typeof ec2> {
  return together(describeHandlers(state), changeHandlers(state, terminator));
}

function describeHandlers(state: Ec2State): Handlers<typeof ec2> {
  return {
    DescribeInstances: async (input) => {
      if (input.InstanceIds?.length && input.MaxResults !== undefined) {
        throw new AwsError(
          "InvalidParameterCombination",
          "The parameter instancesSet cannot be used with the parameter maxResults",
        );
      }
      const described = await describeInstances(state);
      requireIds(
        input.InstanceIds,
        described.map(({ record }) => record.instanceId),
        { code: "InvalidInstanceID.NotFound", name: "instance" },
      );
      const selected = selectIds(described, ({ record }) => record.instanceId, input.InstanceIds);
      refuseDisrupted(state, input.InstanceIds?.length ? selected.map(({ record }) => record.zone) : undefined);
      const found = applyFilters(selected, input.Filters, instanceFilters(state), (item) => tagMap(item.shape.Tags));
      const page = paginate(found, ({ record }) => record.instanceId, {
        size: input.MaxResults,
        token: input.NextToken,
        ...PAGE,
      });
      return {
        Reservations: page.items.map(({ record, shape }) => ({
          ReservationId: record.instanceId.replace(/^i-/, "r-"),
          OwnerId: state.model.accountId,
          Instances: [shape],
        })),
        NextToken: page.next,
      };
    },

    DescribeNetworkInterfaces: async (input) => {
      const described = await describeNetworkInterfaces(state);
      requireIds(
        input.NetworkInterfaceIds,
        described.map(({ record }) => record.eniId),
        {
          code: "InvalidNetworkInterfaceID.NotFound",
          name: "networkInterface",
        },
      );
      const selected = selectIds(described, ({ record }) => record.eniId, input.NetworkInterfaceIds);
      const found = applyFilters(selected, input.Filters, eniFilters, (item) => tagMap(item.shape.TagSet));
      const page = paginate(found, ({ record }) => record.eniId, { size: input.MaxResults, token: input.NextToken, ...PAGE });
      return { NetworkInterfaces: page.items.map(({ shape }) => shape), NextToken: page.next };
    },
  };
}

/** As the API reference has it: without IDs, or with one of a disrupted zone, the call fails. */
function refuseDisrupted({ disruptedZones }: Ec2State, asked: readonly string[] = [...disruptedZones]): void {
  if (!asked.some((zone) => disruptedZones.has(zone))) return;
  throw new AwsError("Unavailable", "The lab's EC2 cannot describe instances of a zone that is disrupted.", 503);
}

function changeHandlers(state: Ec2State, terminator: Terminator): Handlers<typeof ec2> {
  return {
    ModifyInstanceAttribute: (input) => {
      const record = requireInstance(state, input.InstanceId);
      const check = input.SourceDestCheck;
      const known = new Set(["InstanceId", "DryRun", "SourceDestCheck"]);
      const asked = Object.entries(input).flatMap(([name, value]) => (value === undefined || known.has(name) ? [] : [name]));
      if (check?.Value === undefined || asked.length > 0) {
        throw new AwsError(
          "InvalidParameterCombination",
          `The lab changes sourceDestCheck only, not ${asked.join(", ") || "nothing"}.`,
        );
      }
      if (!state.instances.hasEni(record)) {
        throw new AwsError(
          "IncorrectInstanceState",
          `The instance '${record.instanceId}' is not in a state from which it can be modified.`,
        );
      }
      refuseDryRun(input);
      state.network.writeSourceDestCheck(record.eniId, check.Value);
      return {};
    },

    TerminateInstances: (input) => {
      const records = (input.InstanceIds ?? []).map((id) => requireInstance(state, id));
      refuseDryRun(input);
      return {
        TerminatingInstances: records.map((record) => {
          const before = state.instances.ec2State(record);
          if (before !== "terminated") {
            terminator.terminate(record, "TerminateInstances was called", input.SkipOsShutdown ?? false);
          }
          const after = before === "terminated" ? "terminated" : "shutting-down";
          return { InstanceId: record.instanceId, PreviousState: { Name: before }, CurrentState: { Name: after } };
        }),
      };
    },
  };
}

async function describeInstances(state: Ec2State): Promise<readonly DescribedInstance[]> {
  const view = await state.network.readAddresses();
  const nats = state.instances
    .all()
    .map(async (record) => ({ record, shape: instance(state, record, view, await checkOf(state, record)) }));
  const clients = state.clients.map((record) => ({ record, shape: clientInstance(state, record) }));
  return [...(await Promise.all(nats)), ...clients];
}

async function describeNetworkInterfaces(state: Ec2State): Promise<readonly Described<ec2.NetworkInterface>[]> {
  const view: AddressView = await state.network.readAddresses();
  const described = await Promise.all(
    state.instances.all().map(async (record) => {
      const check = await checkOf(state, record);
      return check === undefined ? [] : [{ record, shape: networkInterface(state, record, view, check) }];
    }),
  );
  return described.flat();
}

/** Undefined when the ENI is gone. */
async function checkOf(state: Ec2State, record: InstanceRecord): Promise<boolean | undefined> {
  if (!state.instances.hasEni(record)) return undefined;
  // A launch creates the ENI in the kernel at some moment of its own; until then it is as AWS creates it.
  if (record.phase === "launching") return true;
  try {
    return await state.network.readSourceDestCheck(record.eniId);
  } catch (error) {
    // It died between the two questions.
    if (!state.instances.hasEni(record)) return undefined;
    throw error;
  }
}

const tagMap = (tags: readonly ec2.Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]));

function instanceFilters(state: Ec2State): FilterFields<DescribedInstance> {
  return {
    "instance-id": ({ record }) => [record.instanceId],
    "instance-state-name": ({ shape }) => [shape.State?.Name],
    "instance-type": ({ shape }) => [shape.InstanceType],
    "vpc-id": ({ shape }) => [shape.VpcId],
    "subnet-id": ({ shape }) => [shape.SubnetId],
    "availability-zone": ({ record }) => [zoneName(state.model.region, record.zone)],
    "availability-zone-id": ({ record }) => [record.zone],
    "private-ip-address": ({ shape }) => [shape.PrivateIpAddress],
    "ip-address": ({ shape }) => [shape.PublicIpAddress],
    "network-interface.network-interface-id": ({ shape }) => (shape.NetworkInterfaces ?? []).map((eni) => eni.NetworkInterfaceId),
  };
}

const eniFilters: FilterFields<Described<ec2.NetworkInterface>> = {
  "network-interface-id": ({ record }) => [record.eniId],
  "attachment.instance-id": ({ record }) => [record.instanceId],
  "subnet-id": ({ record }) => [record.subnetId],
  "vpc-id": ({ shape }) => [shape.VpcId],
  "availability-zone-id": ({ record }) => [record.zone],
  "private-ip-address": ({ record }) => [record.privateAddress],
  "addresses.private-ip-address": ({ shape }) => (shape.PrivateIpAddresses ?? []).map((address) => address.PrivateIpAddress),
  status: ({ shape }) => [shape.Status],
};
