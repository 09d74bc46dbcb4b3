import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as lambda from "@aws-sdk/client-lambda";
import * as s3 from "@aws-sdk/client-s3";
import * as sqs from "@aws-sdk/client-sqs";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { parameterPath, type Topology } from "../../contract/parameters";
import { AutoScaling } from "../loops/auto-scaling";
import { EventBus } from "../loops/event-bus";
import { startEventSourceMappings } from "../loops/event-source-mapping";
import { reservedAddresses } from "../loops/launch-plan";
import { Notices } from "../loops/notices";
import { ScalingPolicies } from "../loops/scaling-policies";
import { startTargetHealth } from "../loops/target-health";
import type { StackModel } from "../stack/model";
import type { ClientInstance, Fabric, FunctionRunner } from "../world/fabric";
import { together, type Endpoint } from "./endpoint";
import { autoScalingHandlers } from "./handlers/autoscaling";
import { cloudWatchHandlers } from "./handlers/cloudwatch";
import { ec2AddressHandlers } from "./handlers/ec2-addresses";
import { ec2GuardHandlers } from "./handlers/ec2-guards";
import { ec2InstanceHandlers } from "./handlers/ec2-instances";
import { ec2RouteHandlers } from "./handlers/ec2-routes";
import { ec2NatGatewayHandlers } from "./handlers/ec2-nat-gateways";
import { ec2VpcHandlers } from "./handlers/ec2-vpc";
import { elbv2Handlers } from "./handlers/elbv2";
import { lambdaHandlers } from "./handlers/lambda";
import { logsHandlers } from "./handlers/logs";
import { s3Handlers } from "./handlers/s3";
import { sqsHandlers } from "./handlers/sqs";
import { agentPoll, agentResult } from "./handlers/ssm-agent";
import { ssmCommandHandlers } from "./handlers/ssm-commands";
import { ssmParameterHandlers } from "./handlers/ssm-parameters";
import { stsHandlers } from "./handlers/sts";
import type { LabKeyRing } from "./iam/key-ring";
import type { ResourceDirectory } from "./iam/resources";
import type { Latency } from "./latency";
import type { Sabotage } from "./sabotage";
import { systemClock, type Clock } from "./state/clock";
import { Capacity } from "./state/capacity";
import { Commands } from "./state/commands";
import { createDirectory } from "./state/directory";
import { Effects } from "./state/effects";
import { Functions } from "./state/functions";
import { Instances, type InstanceRecord } from "./state/instances";
import { Journal } from "./state/journal";
import { Lanes } from "./state/lanes";
import { LifecycleActions } from "./state/lifecycle-actions";
import { LogGroups } from "./state/log-groups";
import { Network } from "./state/network";
import { Parameters } from "./state/parameters";
import { createQueues } from "./state/queue";
import { readStatus, type LabStatus } from "./state/status";
import { Targets } from "./state/targets";
import { Tasks } from "./state/tasks";

export interface AwsSettings {
  /** How long a machine takes from launch to user data, milliseconds. @default 0 */
  readonly bootMs?: number;
  /** How long EC2 and Auto Scaling take to notice a dead machine, milliseconds. @default 5000 */
  readonly detectDeadMs?: number;
  /** Schedules and retries of asynchronous invocations run this many times faster; data-plane times never. @default 1 */
  readonly clockFactor?: number;
  /**
   * Schedules of more than a minute, and retries of asynchronous invocations, run this many times faster: what runs every minute lasts
   * for a minute. @default 1
   */
  readonly scheduleFactor?: number;
  /** Delays of EC2 writes. The endpoint has the same one for its answers. */
  readonly latency: Latency;
}

export interface AwsOptions {
  readonly model: StackModel;
  readonly fabric: Fabric;
  /** Instances of the operator's: described and sent commands, in no group. @default - none */
  readonly clients?: readonly ClientInstance[];
  readonly runner: FunctionRunner;
  readonly keyRing: LabKeyRing;
  /** Gets the handlers of every service and the pages of the Systems Manager agents. */
  readonly endpoint: Endpoint;
  readonly settings: AwsSettings;
  /** The endpoint has the same one for its calls. @default - none */
  readonly sabotage?: Sabotage;
  /** Told of failures that have no caller. @default - the journal only */
  readonly log?: (line: string) => void;
  /** Told what is put into log groups. @default - nobody */
  readonly onLogEvent?: (group: string, stream: string, message: string) => void;
  /** @default systemClock */
  readonly clock?: Clock;
}

export interface LabAws {
  /** Starts the loops: groups launch, schedules run, queues are read. */
  start(): void;
  /** Resolves when no loop, timer or effect is left. Does not end instances. */
  stop(): Promise<void>;
  status(): Promise<LabStatus>;
  /** Empty: every group is in service and every lane has an active default route. */
  waitingFor(): Promise<readonly string[]>;
  /** Instances that belong to a group now. */
  members(): readonly GroupMember[];
  /** What EC2 tells an instance before it acts; a person or a test decides that it does. */
  readonly notices: Notices;
  /** While a zone is disrupted EC2 describes none of its instances, and fails where it is asked for all. */
  setDisrupted(zone: string, isDisrupted: boolean): void;
  /** What happened, bounded, with monotonic milliseconds; `since(n)` and `listen`. */
  readonly events: Journal;
  /** What the authorizer asks about resources. */
  readonly directory: ResourceDirectory;
}

export type GroupMember = Pick<InstanceRecord, "instanceId" | "name" | "zone" | "groupName" | "lifecycle" | "health">;

const DEFAULT_DETECT_DEAD_MS = 5000;

/** The lab's AWS behind the endpoint. Throws, naming it, when the stack has something that the lab cannot run. */
export function createAws(options: AwsOptions): LabAws {
  const state = createState(options);
  const { model, tasks, journal } = state;
  const { clockFactor = 1, scheduleFactor = 1 } = options.settings;
  const bus = new EventBus({ ...state, clockFactor, scheduleFactor });
  const scaling = new AutoScaling({
    ...state,
    bus,
    reserved: reservedAddresses(model, readTopology(model)?.lanes ?? []),
    bootMs: options.settings.bootMs ?? 0,
    detectDeadMs: options.settings.detectDeadMs ?? DEFAULT_DETECT_DEAD_MS,
  });
  const policies = new ScalingPolicies({
    ...state,
    resize: (name, size) => scaling.resize(name, size),
    clockFactor: clockFactor * scheduleFactor,
  });
  register(options, state, scaling);
  return {
    notices: new Notices({ ...state, bus, terminate: (record, because) => scaling.terminate(record, because) }),
    setDisrupted: (zone, isDisrupted) => void state.disruptedZones[isDisrupted ? "add" : "delete"](zone),
    start: () => {
      scaling.start();
      policies.start();
      bus.start();
      startEventSourceMappings(state);
      startTargetHealth(state);
    },
    stop: () => tasks.stop(),
    status: () => readStatus(state),
    waitingFor: async () => (await readStatus(state)).waitingFor,
    members: () =>
      state.instances
        .all()
        .filter((record) => record.lifecycle !== "Terminated")
        .map(({ instanceId, name, zone, groupName, lifecycle, health }) => ({
          instanceId,
          name,
          zone,
          groupName,
          lifecycle,
          health,
        })),
    events: journal,
    directory: createDirectory(model, state.instances),
  };
}

type State = ReturnType<typeof createState>;

function createState(options: AwsOptions) {
  const { model, fabric, clients = [], runner, settings, sabotage, log, clock = systemClock } = options;
  const journal = new Journal(clock);
  const tasks = new Tasks(clock, (task, error) => {
    const text = error instanceof Error ? error.message : String(error);
    journal.add({ kind: "fault", task, error: text });
    log?.(`${task}: ${text}`);
  });
  const instances = new Instances(fabric);
  const effects = new Effects(tasks, () => settings.latency.effectDelay("ec2"));
  const network = new Network({ fabric, instances, effects, journal });
  const queues = createQueues(model.queues, tasks, journal);
  const clockFactor = (settings.clockFactor ?? 1) * (settings.scheduleFactor ?? 1);
  return {
    model,
    fabric,
    clients,
    journal,
    tasks,
    instances,
    disruptedZones: new Set<string>(),
    capacity: new Capacity(model.autoScalingGroups),
    effects,
    network,
    queues,
    functions: new Functions({ models: model.functions, runner, queues, tasks, journal, clockFactor, sabotage }),
    actions: new LifecycleActions(tasks),
    targets: new Targets(model.targetGroups),
    logGroups: new LogGroups(model.logGroups, options.onLogEvent),
    parameters: new Parameters(clock, model.parameters),
    commands: new Commands(tasks, journal, (id) => {
      const record = instances.find(id);
      return clients.some(({ instanceId }) => instanceId === id) || (record !== undefined && instances.isAlive(record));
    }),
    lanes: new Lanes({ model, network, instances, journal, now: () => clock.now() }),
    clock,
    startedAt: clock.date(),
  };
}

function register({ endpoint, keyRing }: AwsOptions, state: State, scaling: AutoScaling): void {
  const { model, commands } = state;
  endpoint
    .add(
      ec2,
      ec2.EC2Client,
    )(
      together(
        ec2InstanceHandlers(state, scaling),
        ec2RouteHandlers(state),
        ec2AddressHandlers(state),
        ec2VpcHandlers(state),
        ec2GuardHandlers(state),
        ec2NatGatewayHandlers(state),
      ),
    )
    .add(
      autoscaling,
      autoscaling.AutoScalingClient,
    )(autoScalingHandlers({ ...state, scaling, now: () => state.tasks.clock.date() }))
    .add(
      elbv2,
      elbv2.ElasticLoadBalancingV2Client,
    )(elbv2Handlers(state))
    .add(
      ssm,
      ssm.SSMClient,
    )(together(ssmParameterHandlers(model, state.parameters), ssmCommandHandlers(state)))
    .add(
      sqs,
      sqs.SQSClient,
    )(sqsHandlers({ ...state, accountId: model.accountId, keyRing }))
    .add(
      lambda,
      lambda.LambdaClient,
    )(lambdaHandlers(state.functions))
    .add(
      cloudwatch,
      cloudwatch.CloudWatchClient,
    )(cloudWatchHandlers(model, state.startedAt))
    .add(
      logs,
      logs.CloudWatchLogsClient,
    )(logsHandlers({ ...state, clock: state.tasks.clock }))
    .add(
      sts,
      sts.STSClient,
    )(stsHandlers(model.accountId, keyRing))
    .add(
      s3,
      s3.S3Client,
    )(s3Handlers(model.objects))
    .route("POST", "/_lab/ssm-agent/poll", agentPoll(commands))
    .route("POST", "/_lab/ssm-agent/result", agentResult(commands));
}

/** Floating and guest addresses are reserved in the subnets; the model has no reservations, the stack's own topology names them. */
function readTopology(model: StackModel): Topology | undefined {
  const parameter = model.parameters.find(({ name }) => name === parameterPath(model.env, "topology"));
  return parameter && (JSON.parse(parameter.value) as Topology);
}
