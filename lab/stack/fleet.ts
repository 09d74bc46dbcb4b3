import { resolve } from "node:path";
import type { AutoScalingGroupModel, LaunchTemplateModel, StackModel, Tags, TargetGroupModel } from "./model";
import type { Block, Resource, Resources } from "./resource";

type Fleet = Pick<StackModel, "launchTemplates" | "autoScalingGroups" | "targetGroups" | "loadBalancers" | "objects">;

export function readFleet(resources: Resources): Fleet {
  return {
    launchTemplates: resources.of("aws_launch_template").map(readLaunchTemplate),
    autoScalingGroups: resources.of("aws_autoscaling_group").map(readGroup),
    targetGroups: resources.of("aws_lb_target_group").map(readTargetGroup),
    loadBalancers: resources.of("aws_lb").map(readLoadBalancer),
    objects: resources.of("aws_s3_object").map((object) => ({
      bucket: object.text("bucket"),
      key: object.text("key"),
      path: resolve(resources.document.directory, object.text("source")),
    })),
  };
}

function readLaunchTemplate(template: Resource): LaunchTemplateModel {
  const profile = template.block("iam_instance_profile");
  const tagsOf = (type: string): Tags =>
    template
      .blocks("tag_specifications")
      .find((block) => block.text("resource_type") === type)
      ?.map("tags") ?? {};
  const [nic] = template.blocks("network_interfaces");
  return {
    launchTemplateId: template.attribute("id"),
    name: template.text("name"),
    instanceType: template.text("instance_type"),
    instanceProfile: profile?.optionalText("arn") ?? profile?.optionalText("name") ?? missing(template, "iam_instance_profile"),
    userData: Buffer.from(template.text("user_data"), "base64").toString(),
    instanceTags: tagsOf("instance"),
    networkInterfaceTags: tagsOf("network-interface"),
    associatePublicIp: nic?.flag("associate_public_ip_address", false) ?? false,
    securityGroupIds: nic?.texts("security_groups") ?? [],
  };
}

function missing(block: Block, key: string): never {
  throw new Error(`${block.address}: needs ${key}`);
}

function readGroup(group: Resource): AutoScalingGroupModel {
  group.refuse(["mixed_instances_policy", "launch_configuration"], "the lab reads launch_template only");
  if (group.text("health_check_type") !== "EC2") {
    throw new Error(`${group.address}.health_check_type: the lab models EC2, got ${group.text("health_check_type")}`);
  }
  const minSize = group.number("min_size");
  const policy = group.block("instance_maintenance_policy");
  return {
    name: group.text("name"),
    arn: group.attribute("arn"),
    subnetIds: group.texts("vpc_zone_identifier"),
    minSize,
    maxSize: group.number("max_size"),
    desired: group.number("desired_capacity", minSize),
    ...(policy && {
      maintenance: {
        minHealthyPercentage: policy.number("min_healthy_percentage"),
        maxHealthyPercentage: policy.number("max_healthy_percentage"),
      },
    }),
    launchTemplateId: (group.block("launch_template") ?? missing(group, "launch_template")).text("id"),
    hooks: group.blocks("initial_lifecycle_hook").map(readHook),
    tags: Object.fromEntries(
      group
        .blocks("tag")
        .filter((tag) => tag.flag("propagate_at_launch", false))
        .map((tag) => [tag.text("key"), tag.text("value")]),
    ),
  };
}

function readHook(hook: Block): AutoScalingGroupModel["hooks"][number] {
  const result = hook.optionalText("default_result") ?? "ABANDON";
  if (result !== "CONTINUE" && result !== "ABANDON") {
    throw new Error(`${hook.address}.default_result: must be CONTINUE or ABANDON, got ${result}`);
  }
  return {
    name: hook.text("name"),
    transition: hook.text("lifecycle_transition"),
    // AWS's default: an hour.
    heartbeatTimeoutSeconds: hook.number("heartbeat_timeout", 3600),
    defaultResult: result,
  };
}

/** Defaults are those of the Terraform provider. */
function readTargetGroup(group: Resource): TargetGroupModel {
  const port = group.number("port");
  const check = group.block("health_check") ?? missing(group, "health_check");
  const checkPort = check.optionalText("port") ?? "traffic-port";
  return {
    arn: group.attribute("arn"),
    name: group.text("name"),
    port,
    healthPath: check.text("path"),
    healthPort: checkPort === "traffic-port" ? port : Number(checkPort),
    intervalSeconds: check.number("interval", 30),
    timeoutSeconds: check.number("timeout", 10),
    healthyThreshold: check.number("healthy_threshold", 3),
    unhealthyThreshold: check.number("unhealthy_threshold", 3),
  };
}

function readLoadBalancer(balancer: Resource): StackModel["loadBalancers"][number] {
  const mappings = balancer.blocks("subnet_mapping").map((mapping) => ({
    subnetId: mapping.text("subnet_id"),
    address: mapping.optionalText("private_ipv4_address"),
  }));
  const plain = balancer.texts("subnets").map((subnetId) => ({ subnetId, address: undefined }));
  return { arn: balancer.attribute("arn"), name: balancer.text("name"), subnets: [...mappings, ...plain] };
}
