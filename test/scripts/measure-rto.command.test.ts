import { healthyFleet, laneOf, natId, verify, type Verdict } from "./support/fleet";

// Programs are started; a busy machine takes its time.
jest.setTimeout(60_000);

const fleet = healthyFleet();
const LANE = laneOf("use1-az1");
const ANSWERS = {
  "sts-get-caller-identity": { Account: fleet.account, Arn: "arn:aws:sts::123456789012:assumed-role/operators/ana" },
  "sqs-get-queue-url": { QueueUrl: "https://sqs/queue" },
  "autoscaling-describe-auto-scaling-instances": { AutoScalingInstances: [] },
  "ssm-describe-instance-information": { InstanceInformationList: [] },
};
const ASSOCIATED = {
  RouteTables: fleet.routes.map(({ id, target, state }, index) => ({
    RouteTableId: id,
    Associations: [{ SubnetId: `subnet-private${index + 1}` }],
    Routes: [{ DestinationCidrBlock: "0.0.0.0/0", NetworkInterfaceId: target, State: state }],
  })),
};

function measure(
  args: readonly string[],
  { env = {}, answers = {} }: { readonly env?: Readonly<Record<string, string>>; readonly answers?: object } = {},
): Promise<Verdict> {
  return verify(fleet, args, { script: "measure_rto.sh", env, answers: { ...ANSWERS, ...answers } });
}

/** Nothing that changes anything was called. */
const changes = ({ calls }: Verdict): readonly string[] =>
  calls.filter((call) => /send-message|send-command|terminate/.test(call));

describe("measure_rto.sh refuses before it asks AWS anything", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["no environment", ["--json"], /no environment; usage: measure_rto\.sh <env>\|lab/],
    ["an unknown environment", ["staging"], /unknown environment 'staging'; allowed: .*lab/],
    ["two environments", ["test", "prod"], /one environment at a time, got 'test' and 'prod'/],
    ["an unknown option", ["test", "--fast"], /unknown option '--fast'/],
    ["an option without its value", ["test", "--peer"], /--peer needs a value/],
    ["an unknown case", ["test", "--case", "meteor"], /unknown case 'meteor'; allowed: handover, push, zone, blackhole/],
    ["no time at all", ["test", "-n", "0"], /-n is '0'; allowed: 1 to 100/],
    ["too many times", ["test", "-n", "101"], /-n is '101'; allowed: 1 to 100/],
    ["a number that is none", ["test", "-n", "1e2"], /-n is '1e2'/],
    ["a probe that is no instance", ["test", "--probe", "web-1"], /--probe is 'web-1'; it must be the ID of an instance/],
    ["a peer without a port", ["test", "--peer", "198.51.100.9"], /--peer is '198\.51\.100\.9'; it must be HOST:PORT/],
    ["a peer with a quote in it", ["test", "--peer", "a'b:1"], /--peer is 'a'b:1'/],
    ["blackhole on prod without --yes", ["prod", "--case", "blackhole"], /blackhole terminates NATs of prod .* say --yes/],
  ])("%s", async (_title, args, words) => {
    const { status, stderr, stdout, calls } = await measure(args);

    expect({ status, stdout, calls }).toEqual({ status: 2, stdout: "", calls: [""] });
    expect(stderr).toMatch(words);
  });
});

describe("measure_rto.sh changes nothing when", () => {
  test("the credentials are of another account", async () => {
    const seen = await measure(["test", "--yes"], { env: { HA_NAT_ACCOUNT_ID_TEST: "999999999999" } });

    expect(seen.stderr).toContain("wrong account: the credentials belong to 123456789012");
    expect({ status: seen.status, changes: changes(seen) }).toEqual({ status: 2, changes: [] });
  });

  test("the lane does not exist", async () => {
    const seen = await measure(["test", "--yes", "--lane", "use1-az9-l1"]);

    expect(seen.stderr).toContain(`no lane 'use1-az9-l1' in test; there are: ${LANE}, ${laneOf("use1-az2")}`);
    expect({ status: seen.status, changes: changes(seen) }).toEqual({ status: 2, changes: [] });
  });

  test("no probe runs in a private subnet of a lane", async () => {
    const seen = await measure(["test", "--yes"], { answers: { "ec2-describe-route-tables": ASSOCIATED } });

    expect(seen.stderr).toMatch(
      /no probe: no instance with the tag ha-nat:role = rto-probe runs in a private subnet of any lane/,
    );
    expect({ status: seen.status, changes: changes(seen) }).toEqual({ status: 2, changes: [] });
  });

  test("nobody says yes to a termination", async () => {
    const instance = { InstanceId: natId("use1-az1"), SubnetId: "subnet-private1", State: { Name: "running" } };
    const answers = {
      "ec2-describe-route-tables": ASSOCIATED,
      "ec2-describe-instances": { Reservations: [{ Instances: [instance] }] },
    };
    const seen = await measure(["test", "--case", "blackhole"], { answers });

    expect(seen.stderr).toMatch(/terminate the NAT that serves use1-az1-l1 of test, 1 times\?.*not confirmed, nothing was done/s);
    expect({ status: seen.status, changes: changes(seen) }).toEqual({ status: 2, changes: [] });
  });
});

test("measure_rto.sh that stops early prints what was measured until then", async () => {
  const nats = fleet.instances.map(({ id, eni, state }) => ({
    InstanceId: id,
    State: { Name: state },
    SubnetId: "subnet-private1",
    NetworkInterfaces: [{ NetworkInterfaceId: eni, PrivateIpAddresses: [{ Primary: true }] }],
  }));
  const answers = {
    "ec2-describe-route-tables": ASSOCIATED,
    "ec2-describe-instances": { Reservations: [{ Instances: nats }] },
    "ssm-describe-instance-information": {
      InstanceInformationList: fleet.instances.map(({ id }) => ({ InstanceId: id, PingStatus: "Online" })),
    },
  };
  const { status, stdout, stderr } = await measure(["test", "--yes", "--case", "handover", "--case", "zone"], { answers });

  expect(status).toBe(2);
  expect(stderr).toContain("command: An error occurred (AccessDenied)");
  expect(stdout).toMatch(/^not done: handover: no healthy NAT in the zone beside i-01$/m);
  expect(stdout.trim().split("\n").at(-1)).toBe("NOT OK: 7 not tested");
});
