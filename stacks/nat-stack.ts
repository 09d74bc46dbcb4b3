import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { FUNCTION_NAMES } from "../contract/functions";
import { parameterPath } from "../contract/parameters";
import { PROJECT, physicalName } from "../contract/project";
import { TAGS } from "../contract/tags";
import { ControlPlane, controlPlaneNames, everyMinutesOf } from "../modules/control-plane";
import { Artifact, FrontDoor, InstanceRole, LaneAddresses, LastResort, NatFleet, natGroupBlocks } from "../modules/nat-fleet";
import type { Targets } from "../modules/nat-fleet";
import { Network } from "../modules/network";
import { Observability } from "../modules/observability";
import type { Bundles } from "../modules/shared/bundles";
import { groupName } from "../modules/shared/deployment";
import type { Deployment } from "../modules/shared/deployment";
import type { EnvironmentConfig } from "./config";

const USER_DATA = join(__dirname, "..", "instance", "user-data.sh");

/** A lane cannot be divided: with one in a zone a second NAT takes no load off the first. */
function elasticityOf(config: EnvironmentConfig): Targets | undefined {
  const { natsPerZoneMin, natsPerZoneMax, lanesPerZone, scaleAtMbps, scaleAtConntrackPercent } = config;
  if (natsPerZoneMax === natsPerZoneMin || lanesPerZone === 1) return undefined;
  return { mbps: scaleAtMbps, conntrackPercent: scaleAtConntrackPercent };
}

/** One environment: the only file that knows all modules. Order matters: the fleet comes last, because its hooks need the rest. */
export class NatStack extends TerraformStack {
  private readonly deployment: Deployment;

  public constructor(
    scope: Construct,
    private readonly config: EnvironmentConfig,
    bundles: Bundles,
  ) {
    super(scope, config.env);
    const deployment = { env: config.env, region: config.region, accountId: config.accountId };
    this.deployment = deployment;
    new AwsProvider(this, "Aws", {
      region: config.region,
      // A plan with another account's credentials stops here.
      allowedAccountIds: [config.accountId],
      defaultTags: [{ tags: { Project: PROJECT, [TAGS.env]: config.env, ...config.tags } }],
    });
    const network = new Network(this, "Network", {
      ...config,
      deployment,
      flowLogRetention: { glacierAfterDays: config.flowLogGlacierAfterDays, expireAfterDays: config.flowLogExpireAfterDays },
    });
    const lanes = network.plan.zones.flatMap((zone) => zone.lanes);
    const addresses = new LaneAddresses(this, "Addresses", { deployment, lanes, after: network.ready });
    const frontDoor = config.steering === "nlb" ? new FrontDoor(this, "FrontDoor", { deployment, network }) : undefined;
    const targetGroupArn = frontDoor?.targetGroupArn;
    const lastResort =
      config.lastResort === "nat-gateway" ? new LastResort(this, "LastResort", { deployment, network }) : undefined;
    const controlPlane = new ControlPlane(this, "ControlPlane", {
      deployment,
      network,
      addresses: addresses.byLane,
      targetGroupArn,
      lastResort: lastResort?.byZone,
      natGroup: natGroupBlocks(config.securityGroup, config.vpcCidr),
      bundles,
      settings: config,
      logRetentionDays: config.logRetentionDays,
    });
    const artifact = new Artifact(this, "Artifact", { deployment, payload: bundles.payload });
    new NatFleet(this, "Fleet", {
      deployment,
      network,
      artifact,
      role: new InstanceRole(this, "InstanceRole", {
        deployment,
        payloads: artifact.readable,
        logRetentionDays: config.logRetentionDays,
      }),
      settings: { ...config, replication: { flows: config.replicate, scope: config.replicateTo } },
      userDataTemplate: readFileSync(USER_DATA, "utf8"),
      instanceType: config.instanceType,
      imageId: config.imageId,
      natsPerZone: { min: config.natsPerZoneMin, max: config.natsPerZoneMax },
      elasticity: elasticityOf(config),
      securityGroup: config.securityGroup,
      after: [...controlPlane.ready, ...addresses.ready, ...(frontDoor ? [frontDoor.ready] : [])],
    });
    this.observe(
      controlPlane,
      lanes.map((lane) => lane.lane),
    );
    this.outputs(targetGroupArn);
  }

  private observe(controlPlane: ControlPlane, lanes: readonly string[]): void {
    const { config, deployment } = this;
    new Observability(this, "Observability", {
      deployment,
      alertEmails: config.alertEmails,
      watched: {
        lanes,
        zones: config.zones.map((zone) => ({ zone, asgName: groupName(deployment, zone) })),
        hasStandbys: config.natsPerZoneMin > 1,
        hasNatGateways: config.lastResort === "nat-gateway",
        functions: controlPlane.functions.map((spec) => ({
          bundle: spec.bundle,
          names: spec.copies.map((copy) => copy.name),
          // nat-health-probe runs by schedule; it invokes the probers and sends the sweep that nat-route-failover consumes.
          everyMinutes: everyMinutesOf(spec),
        })),
        deadLetterQueues: [controlPlaneNames.queueDeadLetters(config.env), controlPlaneNames.asyncDeadLetters(config.env)],
      },
    });
  }

  /** What `scripts/verify_nat.sh` reads. */
  private outputs(targetGroupArn: string | undefined): void {
    const { env, region, accountId } = this.deployment;
    const values: Readonly<Record<string, string>> = {
      env,
      region,
      account_id: accountId,
      topology_parameter: parameterPath(env, "topology"),
      peers_parameter: parameterPath(env, "peers"),
      health_probe_function: physicalName(env, FUNCTION_NAMES.healthProbe),
      alarm_prefix: physicalName(env, ""),
      ...(targetGroupArn === undefined ? {} : { target_group_arn: targetGroupArn }),
    };
    for (const [name, value] of Object.entries(values)) new TerraformOutput(this, name, { value, staticId: true });
  }
}
