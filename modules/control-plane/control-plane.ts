import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Construct } from "constructs";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { SsmDocument } from "@cdktf/provider-aws/lib/ssm-document";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { dependable } from "cdktf";
import type { ITerraformDependable } from "cdktf";
import { FUNCTION_NAMES } from "../../contract/functions";
import { parameterPath } from "../../contract/parameters";
import { physicalName } from "../../contract/project";
import { TAGS } from "../../contract/tags";
import { LAMBDA_INTERFACES_GONE } from "../network";
import type { Network } from "../network";
import type { Bundles } from "../shared/bundles";
import { functionArn, queueArn, ruleArn } from "../shared/deployment";
import { ControlPlaneFunction } from "./control-plane-function";
import { eventRules } from "./event-rules";
import type { EventRule } from "./event-rules";
import { FailoverQueue } from "./failover-queue";
import { functionSpecs } from "./functions";
import type { ControlPlaneSettings, FunctionSpec } from "./functions";
import { names } from "./names";
import { topologyOf } from "./topology";
import type { TopologyParts } from "./topology";

/** The next tick says all that an older one said: those of an outage must not come all at once. */
const TICK_AGE_SECONDS = 60;
/** As long as the failover queue keeps a message: by then the sweep has long seen what it tells of. */
const EVENT_AGE_SECONDS = 3600;
/** The most that EventBridge takes: the age ends the retries. */
const MOST_ATTEMPTS = 185;

/** The control plane of one environment. */
export interface ControlPlaneProps extends TopologyParts {
  readonly network: Network;
  readonly bundles: Bundles;
  readonly settings: ControlPlaneSettings;
  readonly logRetentionDays: number;
}

/**
 * The functions, the failover queue with its dead letters, rules, permissions, the topology parameter and the documents that run on NATs.
 * Creates nothing that carries traffic: when all of it is down, the data plane stays as it is. Costs about $6 a month and lane
 * (a prober and a probe that run all the time).
 */
export class ControlPlane extends Construct {
  /** All that a NAT's lifecycle hooks need. */
  public readonly ready: readonly ITerraformDependable[];
  public readonly functions: readonly FunctionSpec[];

  private readonly tags: Record<string, string>;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: ControlPlaneProps,
  ) {
    super(scope, id);
    const { deployment, network } = props;
    this.tags = { [TAGS.env]: deployment.env };
    const rules = eventRules(
      deployment,
      network.plan.zones.map((zone) => zone.zone),
    );
    const arnsOf = (some: readonly EventRule[]): readonly string[] =>
      some.map((rule) => ruleArn(deployment, physicalName(deployment.env, rule.name)));
    const queue = new FailoverQueue(this, "Queue", {
      deployment,
      ruleArns: arnsOf(rules.filter((rule) => rule.to === "queue")),
      allRuleArns: arnsOf(rules),
    });
    this.functions = functionSpecs(
      deployment,
      network.plan.zones.flatMap((zone) => zone.lanes),
      props.settings,
    );
    const functions = this.makeFunctions([queue.asyncDeadLetters]);
    const mapping = this.feed(queue.queueArn, functions);
    const wired = rules.flatMap((rule) =>
      this.wire(rule, [queue.deadLettersPolicy, ...(rule.to === "queue" ? [queue.policy] : functions)]),
    );
    this.ready = [queue.queue, ...functions, mapping, ...wired, this.topology(), ...this.documents()];
  }

  private makeFunctions(after: readonly ITerraformDependable[]): readonly ITerraformDependable[] {
    const { deployment, network, bundles, logRetentionDays } = this.props;
    const group = new SecurityGroup(this, "ProberSecurityGroup", {
      name: physicalName(deployment.env, FUNCTION_NAMES.egressProber),
      description: "egress-probers: ask, never answer",
      vpcId: network.vpc.id,
      tags: { ...this.tags, Name: physicalName(deployment.env, FUNCTION_NAMES.egressProber) },
      timeouts: { delete: LAMBDA_INTERFACES_GONE },
    });
    new VpcSecurityGroupEgressRule(this, "ProberOut", {
      securityGroupId: group.id,
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
      tags: this.tags,
    });
    const subnets = new Map(
      network.zones.flatMap((zone) => zone.lanes.map((lane) => [lane.plan.lane, lane.probeSubnet.id] as const)),
    );
    return this.functions.flatMap((spec) => {
      const made = new ControlPlaneFunction(this, spec.bundle, {
        deployment,
        spec,
        bundle: bundles.lambda(spec.bundle),
        logRetentionDays,
        place: (lane) => ({ subnetId: subnets.get(lane) ?? "", securityGroupId: group.id }),
        after,
      });
      // Terraform: destroy then keeps the policy until the group is gone, which is when the interfaces are. Lambda deletes those with the
      // function's role, many minutes after the function; without rights they stay, and hold subnets and VPC.
      if (spec.bundle === FUNCTION_NAMES.egressProber) group.dependsOn = [dependable(made.policy)];
      return made.ready;
    });
  }

  private feed(eventSourceArn: string, after: readonly ITerraformDependable[]): LambdaEventSourceMapping {
    return new LambdaEventSourceMapping(this, "Feed", {
      eventSourceArn,
      functionName: functionArn(this.props.deployment, physicalName(this.props.deployment.env, FUNCTION_NAMES.routeFailover)),
      batchSize: 10,
      functionResponseTypes: ["ReportBatchItemFailures"],
      dependsOn: [...after],
    });
  }

  private wire(rule: EventRule, after: readonly ITerraformDependable[]): readonly ITerraformDependable[] {
    const { deployment } = this.props;
    const name = physicalName(deployment.env, rule.name);
    const made = new CloudwatchEventRule(this, `Rule-${rule.name}`, {
      name,
      description: rule.description,
      ...("schedule" in rule.when
        ? { scheduleExpression: rule.when.schedule }
        : { eventPattern: JSON.stringify(rule.when.pattern) }),
      tags: this.tags,
    });
    const target = (arn: string, more: object): CloudwatchEventTarget =>
      new CloudwatchEventTarget(this, `Target-${rule.name}`, {
        rule: made.name,
        targetId: rule.to,
        arn,
        retryPolicy: {
          maximumEventAgeInSeconds: "schedule" in rule.when ? TICK_AGE_SECONDS : EVENT_AGE_SECONDS,
          maximumRetryAttempts: MOST_ATTEMPTS,
        },
        deadLetterConfig: { arn: queueArn(deployment, names.asyncDeadLetters(deployment.env)) },
        dependsOn: [...after],
        ...more,
      });
    if (rule.to === "queue") {
      return [target(queueArn(deployment, names.queue(deployment.env)), { sqsTarget: { messageGroupId: deployment.env } })];
    }
    const arn = functionArn(deployment, physicalName(deployment.env, rule.to));
    const permission = new LambdaPermission(this, `Permission-${rule.name}`, {
      action: "lambda:InvokeFunction",
      functionName: arn,
      principal: "events.amazonaws.com",
      sourceArn: ruleArn(deployment, name),
      dependsOn: [...after],
    });
    return [target(arn, {}), permission];
  }

  private topology(): SsmParameter {
    const { env } = this.props.deployment;
    return new SsmParameter(this, "Topology", {
      name: parameterPath(env, "topology"),
      type: "String",
      // Over 4 KB from three zones with several lanes on; Intelligent-Tiering pays for Advanced only then.
      tier: "Intelligent-Tiering",
      description: "What exists, for the functions and verify_nat.sh",
      value: JSON.stringify(topologyOf(this.props)),
      tags: this.tags,
    });
  }

  private documents(): readonly SsmDocument[] {
    const { env } = this.props.deployment;
    return [
      this.document("CheckDocument", names.checkDocument(env), "nat-check-document.json"),
      this.document("RepairDocument", names.repairDocument(env), "nat-repair-document.json"),
    ];
  }

  private document(id: string, name: string, file: string): SsmDocument {
    return new SsmDocument(this, id, {
      name,
      documentType: "Command",
      documentFormat: "JSON",
      content: readFileSync(join(__dirname, file), "utf8"),
      tags: this.tags,
    });
  }
}
