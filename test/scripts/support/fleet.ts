import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { Healthz } from "../../../contract/healthz";
import type { FleetRecord, Peers, Topology } from "../../../contract/parameters";
import type { Report } from "../../../contract/report";
import { temporaryFolder } from "../../support/temporary-folder";

export const ROOT = resolve(__dirname, "../../..");

const TARGET_GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/ha-nat-test/1";

/** Answers of the AWS CLI about a healthy fleet of two zones with one NAT each; a test spreads it and breaks one thing. */
export interface FleetAnswers {
  readonly topology: Topology;
  readonly peers: Peers;
  /** Absent before the first election. */
  readonly state?: FleetRecord;
  readonly account: string;
  readonly instances: readonly InstanceAnswer[];
  readonly routes: readonly RouteTableAnswer[];
  readonly addresses: readonly Readonly<Record<string, string>>[];
  readonly targets: readonly { readonly id: string; readonly state: string; readonly reason?: string }[];
  readonly report: Report;
  readonly alarms: readonly { readonly name: string; readonly state: string }[];
  readonly functionError?: string;
}

interface InstanceAnswer {
  readonly id: string;
  readonly eni: string;
  readonly state: string;
  readonly sourceDestCheck: boolean;
}

interface RouteTableAnswer {
  readonly id: string;
  /** An interface, or a NAT Gateway. */
  readonly target: string | undefined;
  readonly state: "active" | "blackhole";
}

const ZONES = ["use1-az1", "use1-az2"] as const;
const index = (zone: string): number => ZONES.indexOf(zone as (typeof ZONES)[number]) + 1;
export const natId = (zone: string): string => `i-0${index(zone)}`;
export const eniId = (zone: string): string => `eni-0${index(zone)}`;
export const laneOf = (zone: string): string => `${zone}-l1`;
export const publicIp = (zone: string): string => `198.51.100.${index(zone)}`;
export const guestOf = (zone: string, at: string): string => `10.0.${index(at)}.${200 + index(zone)}`;
const floatingOf = (zone: string): string => `10.0.${index(zone)}.10`;

export function healthzOf(zone: string): Healthz {
  return {
    schema: 1,
    instanceId: natId(zone),
    zone,
    bootId: "b",
    at: "2026-11-21T12:00:00.000Z",
    healthy: true,
    reasons: [],
    ruleset: { ok: true, digest: "d", expected: "d" },
    sysctls: { ok: true, wrong: [] },
    selfProbe: { ok: true, consecutiveFailures: 0, lastLatencyMs: 2, lastOkAt: "2026-11-21T12:00:00.000Z" },
    heartbeats: { keyLoaded: true, peers: [], dropped: { malformed: 0, foreign: 0, forged: 0, replayed: 0 } },
    conntrack: { count: 5, max: 65536, insertFailed: 0, drop: 0 },
    counters: Object.fromEntries(ZONES.map((each) => [`snat_${laneOf(each)}`, { packets: each === zone ? 40 : 0, bytes: 4000 }])),
    replication: { state: "off" },
  };
}

export function healthyFleet(): FleetAnswers {
  return {
    account: "123456789012",
    topology: {
      schema: 1,
      env: "test",
      region: "us-east-1",
      vpcId: "vpc-1",
      targetGroupArn: TARGET_GROUP,
      zones: Object.fromEntries(ZONES.map((zone) => [zone, { asgName: `asg-${zone}`, publicSubnetId: `subnet-${zone}` }])),
      lanes: ZONES.map((zone) => ({
        lane: laneOf(zone),
        zone,
        routeTableId: `rtb-0${index(zone)}`,
        addresses: [{ allocationId: `eipalloc-0${index(zone)}`, publicIp: publicIp(zone), floating: floatingOf(zone) }],
        guests: Object.fromEntries(ZONES.filter((other) => other !== zone).map((other) => [other, guestOf(zone, other)])),
        proberFunction: `ha-nat-test-egress-prober-${laneOf(zone)}`,
      })),
    },
    peers: {
      schema: 1,
      peers: ZONES.map((zone) => ({
        instanceId: natId(zone),
        name: `${zone}-a`,
        zone,
        address: `10.0.${index(zone)}.50`,
        eniId: eniId(zone),
      })),
    },
    instances: ZONES.map((zone) => ({ id: natId(zone), eni: eniId(zone), state: "running", sourceDestCheck: false })),
    routes: ZONES.map((zone) => ({ id: `rtb-0${index(zone)}`, target: eniId(zone), state: "active" })),
    addresses: ZONES.map((zone) => ({
      AllocationId: `eipalloc-0${index(zone)}`,
      PublicIp: publicIp(zone),
      PrivateIpAddress: floatingOf(zone),
      NetworkInterfaceId: eniId(zone),
    })),
    targets: ZONES.map((zone) => ({ id: natId(zone), state: "healthy" })),
    alarms: [
      { name: "ha-nat-test-NATReachability", state: "OK" },
      { name: "ha-nat-test-CpuHigh", state: "INSUFFICIENT_DATA" },
    ],
    report: {
      schema: 1,
      at: "2026-11-21T12:00:01.000Z",
      lanes: ZONES.map((zone) => ({
        lane: laneOf(zone),
        prober: "answered",
        results: [{ target: "1.1.1.1", check: "tcp", ok: true, latencyMs: 3 }],
        publicAddress: publicIp(zone),
      })),
      nats: ZONES.map((zone) => ({
        name: `${zone}-a`,
        zone,
        result: { instanceId: natId(zone), outcome: "answered", healthz: healthzOf(zone) },
      })),
      targets: [],
    },
  };
}

function answerFiles(fleet: FleetAnswers): Readonly<Record<string, unknown>> {
  const parameter = (kind: string, value: unknown) => ({ Name: `/ha-nat/test/${kind}`, Value: JSON.stringify(value) });
  return {
    "sts-get-caller-identity": { Account: fleet.account },
    "ssm-get-parameters": {
      Parameters: [
        parameter("topology", fleet.topology),
        parameter("peers", fleet.peers),
        ...(fleet.state === undefined ? [] : [parameter("state", fleet.state)]),
      ],
      InvalidParameters: fleet.state === undefined ? ["/ha-nat/test/state"] : [],
    },
    "ec2-describe-instances": {
      Reservations: fleet.instances.map(({ id, eni, state, sourceDestCheck }) => ({
        Instances: [
          {
            InstanceId: id,
            State: { Name: state },
            NetworkInterfaces: [{ NetworkInterfaceId: eni, SourceDestCheck: sourceDestCheck }],
          },
        ],
      })),
    },
    "ec2-describe-route-tables": {
      RouteTables: fleet.routes.map(({ id, target, state }) => ({
        RouteTableId: id,
        Routes: [
          { DestinationCidrBlock: "10.0.0.0/16", GatewayId: "local", State: "active" },
          ...(target === undefined
            ? []
            : [
                {
                  DestinationCidrBlock: "0.0.0.0/0",
                  [target.startsWith("nat-") ? "NatGatewayId" : "NetworkInterfaceId"]: target,
                  State: state,
                },
              ]),
        ],
      })),
    },
    "ec2-describe-addresses": { Addresses: fleet.addresses },
    "elbv2-describe-target-health": {
      TargetHealthDescriptions: fleet.targets.map(({ id, state, reason }) => ({
        Target: { Id: id },
        TargetHealth: { State: state, Reason: reason },
      })),
    },
    "lambda-invoke": { StatusCode: 200, ...(fleet.functionError === undefined ? {} : { FunctionError: fleet.functionError }) },
    "cloudwatch-describe-alarms": {
      MetricAlarms: fleet.alarms.map(({ name, state }) => ({ AlarmName: name, StateValue: state })),
    },
    report: fleet.report,
  };
}

export interface Verdict {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly string[];
}

/** Runs scripts/verify_nat.sh (or another `script`) against the answers; `without` names answers that the fake CLI fails. */
export async function verify(
  fleet: FleetAnswers,
  args: readonly string[] = ["test", "--json"],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly without?: readonly string[];
    readonly script?: string;
    /** Answers beside the fleet's own, by the name of the call. */
    readonly answers?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Verdict> {
  const directory = temporaryFolder("verify");
  for (const [name, answer] of Object.entries({ ...answerFiles(fleet), ...options.answers })) {
    if (!(options.without ?? []).includes(name)) writeFileSync(join(directory, `${name}.json`), JSON.stringify(answer));
  }
  writeFileSync(join(directory, "calls"), "");
  const path = [join(ROOT, "test/fixtures/fake-aws"), process.env["PATH"]].join(delimiter);
  const env = { ...process.env, PATH: path, FAKE_AWS: directory, HA_NAT_ACCOUNT_ID_TEST: "123456789012", ...options.env };
  return new Promise((resolveVerdict) => {
    const child = execFile(
      join(ROOT, "scripts", options.script ?? "verify_nat.sh"),
      [...args],
      { env },
      (error, stdout, stderr) => {
        const calls = readFileSync(join(directory, "calls"), "utf8").trim().split("\n");
        resolveVerdict({ status: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr, calls });
      },
    );
    // Nobody is there to answer a question.
    child.stdin?.end();
  });
}
