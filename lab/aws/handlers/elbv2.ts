import type * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import type { StackModel, TargetGroupModel } from "../../stack/model";
import type { Handlers } from "../endpoint";
import { ec2Id, zoneName } from "../state/ids";
import type { Instances } from "../state/instances";
import type { Target, Targets } from "../state/targets";
import { AwsError } from "../wire/call";
import { paginate } from "./paginate";

export interface Elbv2State {
  readonly model: StackModel;
  readonly targets: Targets;
  readonly instances: Instances;
}

const PAGE = { bounds: { min: 1, max: 400 }, badToken: "ValidationError" } as const;

export function elbv2Handlers(state: Elbv2State): Handlers<typeof elbv2> {
  return {
    DescribeTargetGroups: (input) => {
      if (input.LoadBalancerArn !== undefined)
        throw new AwsError("ValidationError", "The lab finds target groups by ARN or name, not by load balancer.");
      const { TargetGroupArns: arns = [], Names: names = [] } = input;
      for (const arn of arns) requireGroup(state, arn);
      const missing = names.filter((name) => !state.targets.models().some((group) => group.name === name));
      if (missing.length > 0) throw notFound(missing.join(", "));
      const found = state.targets
        .models()
        .filter((group) => (arns.length === 0 || arns.includes(group.arn)) && (names.length === 0 || names.includes(group.name)));
      const page = paginate(found, (group) => group.arn, { size: input.PageSize, token: input.Marker, ...PAGE });
      return { TargetGroups: page.items.map((group) => describeGroup(state, group)), NextMarker: page.next };
    },

    DescribeTargetHealth: (input) => {
      const group = requireGroup(state, input.TargetGroupArn);
      const registered = state.targets.of(group.arn);
      if (!input.Targets?.length) return { TargetHealthDescriptions: registered.map((target) => describeHealth(group, target)) };
      return {
        TargetHealthDescriptions: input.Targets.map(({ Id, Port }) => {
          const target = registered.find((candidate) => candidate.id === Id && (Port === undefined || candidate.port === Port));
          return target ? describeHealth(group, target) : notRegistered(Id, Port ?? group.port);
        }),
      };
    },

    RegisterTargets: (input) => {
      const group = requireGroup(state, input.TargetGroupArn);
      const wanted = (input.Targets ?? []).map(({ Id = "", Port }) => ({ id: Id, port: Port ?? group.port }));
      for (const { id } of wanted) requireRunning(state, id);
      for (const { id, port } of wanted) state.targets.register(group.arn, id, port);
      return {};
    },

    DeregisterTargets: (input) => {
      const group = requireGroup(state, input.TargetGroupArn);
      for (const { Id = "", Port } of input.Targets ?? []) {
        if (state.instances.find(Id) === undefined)
          throw new AwsError("InvalidTarget", `The following targets are not valid: '${Id}'`);
        state.targets.deregister(group.arn, Id, Port);
      }
      return {};
    },

    DescribeLoadBalancers: (input) => {
      const { LoadBalancerArns: arns = [], Names: names = [] } = input;
      const all = state.model.loadBalancers;
      const missing = [
        ...arns.filter((arn) => !all.some((balancer) => balancer.arn === arn)),
        ...names.filter((name) => !all.some((balancer) => balancer.name === name)),
      ];
      if (missing.length > 0) throw new AwsError("LoadBalancerNotFound", `Load balancers '[${missing.join(", ")}]' not found`);
      const found = all.filter(
        ({ arn, name }) => (arns.length === 0 || arns.includes(arn)) && (names.length === 0 || names.includes(name)),
      );
      const page = paginate(found, ({ arn }) => arn, { size: input.PageSize, token: input.Marker, ...PAGE });
      return { LoadBalancers: page.items.map((balancer) => describeBalancer(state, balancer)), NextMarker: page.next };
    },
  };
}

const notFound = (what: string): AwsError => new AwsError("TargetGroupNotFound", `Target groups '${what}' not found`);

function requireGroup(state: Elbv2State, arn: string | undefined): TargetGroupModel {
  const group = state.targets.group(arn ?? "");
  if (group === undefined) throw notFound(arn ?? "");
  return group;
}

function requireRunning(state: Elbv2State, id: string): void {
  const record = state.instances.find(id);
  if (record === undefined)
    throw new AwsError("InvalidTarget", `The following targets are not valid: '${id}'; the lab registers instance IDs`);
  if (state.instances.ec2State(record) !== "running") {
    throw new AwsError("InvalidTarget", `The following targets are not in a running state and cannot be registered: '${id}'`);
  }
}

function describeHealth(group: TargetGroupModel, target: Target): elbv2.TargetHealthDescription {
  return {
    Target: { Id: target.id, Port: target.port },
    HealthCheckPort: String(group.healthPort),
    TargetHealth: {
      State: target.state,
      ...(target.reason === undefined ? {} : { Reason: target.reason as elbv2.TargetHealthReasonEnum }),
      ...(target.description === undefined ? {} : { Description: target.description }),
    },
  };
}

function notRegistered(id: string | undefined, port: number): elbv2.TargetHealthDescription {
  const description = "Target is not registered to the target group";
  return {
    Target: { Id: id, Port: port },
    TargetHealth: { State: "unused", Reason: "Target.NotRegistered", Description: description },
  };
}

function describeGroup({ model }: Elbv2State, group: TargetGroupModel): elbv2.TargetGroup {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: "TCP",
    Port: group.port,
    VpcId: model.vpc.vpcId,
    TargetType: "instance",
    HealthCheckEnabled: true,
    HealthCheckProtocol: "HTTP",
    HealthCheckPort: String(group.healthPort),
    HealthCheckPath: group.healthPath,
    HealthCheckIntervalSeconds: group.intervalSeconds,
    HealthCheckTimeoutSeconds: group.timeoutSeconds,
    HealthyThresholdCount: group.healthyThreshold,
    UnhealthyThresholdCount: group.unhealthyThreshold,
    Matcher: { HttpCode: "200-399" },
    LoadBalancerArns: model.loadBalancers.map(({ arn }) => arn),
  };
}

function describeBalancer({ model }: Elbv2State, balancer: StackModel["loadBalancers"][number]): elbv2.LoadBalancer {
  return {
    LoadBalancerArn: balancer.arn,
    LoadBalancerName: balancer.name,
    Type: "network",
    Scheme: "internal",
    State: { Code: "active" },
    VpcId: model.vpc.vpcId,
    IpAddressType: "ipv4",
    AvailabilityZones: balancer.subnets.map(({ subnetId, address }) => {
      const zone = model.subnets.find((subnet) => subnet.subnetId === subnetId)?.zone;
      return {
        SubnetId: subnetId,
        ...(zone === undefined ? {} : { ZoneName: zoneName(model.region, zone) }),
        LoadBalancerAddresses: address === undefined ? [] : [{ PrivateIPv4Address: address }],
      };
    }),
    DNSName: `${balancer.name}-${ec2Id("", balancer.arn).slice(-16)}.elb.${model.region}.amazonaws.com`,
  };
}
