import { Construct } from "constructs";
import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group";
import { AutoscalingLifecycleHook } from "@cdktf/provider-aws/lib/autoscaling-lifecycle-hook";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import type { ITerraformDependable } from "cdktf";
import { lifecycleHookName } from "../../contract/lifecycle";
import type { Transition } from "../../contract/lifecycle";
import { physicalName } from "../../contract/project";
import { ROLES, TAGS } from "../../contract/tags";
import type { Network, ZoneNetwork } from "../network";
import { groupName } from "../shared/deployment";
import type { Deployment } from "../shared/deployment";
import type { Artifact } from "./artifact";
import { Elasticity } from "./elasticity";
import type { Targets } from "./elasticity";
import type { InstanceRole } from "./instance-role";
import { natConfig } from "./nat-config";
import type { NatSettings } from "./nat-config";
import { NatSecurityGroup } from "./security-group";
import { renderUserData } from "./user-data";

/** The NATs of one environment. */
export interface NatFleetProps {
  readonly deployment: Deployment;
  readonly network: Network;
  readonly artifact: Artifact;
  readonly role: InstanceRole;
  readonly settings: NatSettings;
  /** Text of `instance/user-data.sh`. */
  readonly userDataTemplate: string;
  readonly instanceType: string;
  /** `ami-…`, or `resolve:ssm:/path` which EC2 resolves at each launch. */
  readonly imageId: string;
  readonly natsPerZone: { readonly min: number; readonly max: number };
  /** What the size between min and max follows; undefined: it stays where operators put it. */
  readonly elasticity: Targets | undefined;
  readonly securityGroup: "untracked" | "strict";
  /** Everything a NAT needs to become InService, and to leave: launch hooks end only when the control plane ends them. */
  readonly after: readonly ITerraformDependable[];
}

/**
 * How long a lifecycle hook waits without a heartbeat, seconds: longer than the sweep takes to have one finished whose event was lost. It
 * looks every minute, and waits for the handler's deadline and a minute more.
 */
const HOOK_TIMEOUT_SECONDS = 480;

/**
 * Launch template and Auto Scaling group per zone. Health check type is EC2: with ELB one shared fault would terminate the
 * fleet. Source/destination check is not settable here; asg-lifecycle-handler switches it off before a NAT enters service.
 * Costs the instances, their volumes and $3.65 a month for each one's own public address.
 */
export class NatFleet extends Construct {
  private readonly group: NatSecurityGroup;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: NatFleetProps,
  ) {
    super(scope, id);
    this.group = new NatSecurityGroup(this, "SecurityGroup", { ...props, mode: props.securityGroup });
    for (const zone of props.network.zones) this.zone(zone);
  }

  private zone(zone: ZoneNetwork): void {
    const { props } = this;
    const template = this.template(zone.plan.zone);
    const name = groupName(props.deployment, zone.plan.zone);
    const hooks = TRANSITIONS.map((transition) => ({ transition, hook: hookOf(props.deployment.env, transition) }));
    const group = new AutoscalingGroup(this, `Group-${zone.plan.zone}`, {
      name,
      // No desired_capacity: Auto Scaling sets it, and a plan would set it back.
      minSize: props.natsPerZone.min,
      maxSize: props.natsPerZone.max,
      vpcZoneIdentifier: [zone.publicSubnet.id],
      launchTemplate: { id: template.id, version: template.getStringAttribute("latest_version") },
      healthCheckType: "EC2",
      healthCheckGracePeriod: 60,
      initialLifecycleHook: hooks.map(({ hook }) => hook),
      // Launch before terminate, one at a time: connections move to the newcomer while the old one still works. A new version of
      // the launch template starts a refresh.
      instanceMaintenancePolicy: roomForOneMore(props.natsPerZone.min),
      instanceRefresh: { strategy: "Rolling", preferences: roomForOneMore(props.natsPerZone.min) },
      waitForCapacityTimeout: "15m",
      // One launch that EC2 had no capacity for would fail the apply and taint the group; Auto Scaling tries again, and the time above holds.
      ignoreFailedScalingActivities: true,
      // Terraform: destroy takes the hooks away, so that nobody waits at one, and then waits for the instances.
      timeouts: { delete: "15m" },
      tag: Object.entries(this.tags(zone.plan.zone)).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
      dependsOn: [...props.after, ...props.network.ready, ...props.artifact.ready, ...props.role.ready],
    });
    // The initial ones are for the first instances and are made with the group alone: these bring a change of them to a group that exists.
    for (const { transition, hook } of hooks)
      new AutoscalingLifecycleHook(this, `Hook-${transition}-${zone.plan.zone}`, { ...hook, autoscalingGroupName: group.name });
    if (props.elasticity !== undefined)
      new Elasticity(this, `Elasticity-${zone.plan.zone}`, {
        env: props.deployment.env,
        zone: zone.plan.zone,
        groupName: group.name,
        targets: props.elasticity,
      });
  }

  private template(zone: string): LaunchTemplate {
    const { props } = this;
    const userData = renderUserData(props.userDataTemplate, {
      config: natConfig(props.deployment, props.network.plan, zone, props.settings),
      artifactUri: props.artifact.uri,
      artifactSha256: props.artifact.sha256,
      region: props.deployment.region,
    });
    return new LaunchTemplate(this, `Template-${zone}`, {
      name: groupName(props.deployment, zone),
      imageId: props.imageId,
      instanceType: props.instanceType,
      iamInstanceProfile: { arn: props.role.profileArn },
      userData: Buffer.from(userData).toString("base64"),
      // A NAT that cannot boot powers itself off; it must then be gone, not stopped with an address.
      instanceInitiatedShutdownBehavior: "terminate",
      updateDefaultVersion: true,
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      monitoring: { enabled: true },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeType: "gp3", volumeSize: 8, deleteOnTermination: "true" } },
      ],
      networkInterfaces: [
        { deviceIndex: 0, associatePublicIpAddress: "true", deleteOnTermination: "true", securityGroups: [this.group.id] },
      ],
      tagSpecifications: ["instance", "volume", "network-interface"].map((resourceType) => ({
        resourceType,
        tags: this.tags(zone),
      })),
      tags: { [TAGS.env]: props.deployment.env },
    });
  }

  private tags(zone: string): Record<string, string> {
    const { env } = this.props.deployment;
    return { Name: physicalName(env, `nat-${zone}`), [TAGS.env]: env, [TAGS.zone]: zone, [TAGS.role]: ROLES.nat };
  }
}

const TRANSITIONS: readonly Transition[] = ["launch", "terminate"];

/** A newcomer that fails its checks leaves (ABANDON); one that goes leaves in any case. */
function hookOf(env: string, transition: Transition) {
  return {
    name: lifecycleHookName(env, transition),
    lifecycleTransition: `autoscaling:EC2_INSTANCE_${transition === "launch" ? "LAUNCHING" : "TERMINATING"}`,
    heartbeatTimeout: HOOK_TIMEOUT_SECONDS,
    defaultResult: transition === "launch" ? "ABANDON" : "CONTINUE",
  };
}

/** All that are wanted stay, and one comes beside them. Rounded up: AWS must not find less than one instance of room. */
function roomForOneMore(wanted: number): { readonly minHealthyPercentage: number; readonly maxHealthyPercentage: number } {
  return { minHealthyPercentage: 100, maxHealthyPercentage: 100 + Math.ceil(100 / wanted) };
}
