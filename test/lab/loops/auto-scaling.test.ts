import { createLatency } from "../../../lab/aws/latency";
import { createAws, type LabAws } from "../../../lab/aws/create-aws";
import { Endpoint } from "../../../lab/aws/endpoint";
import { createKeyRing } from "../../../lab/aws/iam/key-ring";
import type { LabRecord } from "../../../lab/aws/state/journal";
import type { StackModel } from "../../../lab/stack/model";
import { FakeFabric } from "../../support/fake-fabric";
import { FakeRunner } from "../../support/lab-aws";
import { ManualClock, turn } from "../../support/manual-clock";
import { ROLE, stackModel } from "../../support/stack-model";

/** One zone; both hooks lead to the lifecycle function. */
const model: StackModel = {
  ...stackModel,
  autoScalingGroups: stackModel.autoScalingGroups.slice(0, 1),
  eventRules: [
    {
      name: "lifecycle",
      schedule: undefined,
      pattern: { source: ["aws.autoscaling"], "detail-type": [{ suffix: "Lifecycle Action" }] },
      targets: [{ arn: stackModel.functions[1]?.arn ?? "", messageGroupId: undefined, input: undefined }],
    },
  ],
};

interface Lab {
  readonly aws: LabAws;
  readonly fabric: FakeFabric;
  readonly runner: FakeRunner;
  readonly clock: ManualClock;
  /** Lifecycle state by node name. */
  readonly states: () => Readonly<Record<string, string>>;
}

let lab: Lab;

async function start(change: Partial<StackModel> = {}, bootMs = 0): Promise<Lab> {
  const clock = new ManualClock();
  const fabric = new FakeFabric();
  const runner = new FakeRunner();
  const aws = createAws({
    model: { ...model, ...change },
    fabric,
    runner,
    keyRing: createKeyRing(model.roles, { seed: "test" }),
    endpoint: new Endpoint(),
    settings: { latency: createLatency("zero"), bootMs },
    clock,
  });
  const states = () => Object.fromEntries(aws.members().map((member) => [member.name, member.lifecycle]));
  lab = { aws, fabric, runner, clock, states };
  aws.start();
  await turn();
  return lab;
}

interface LifecycleDetail {
  readonly LifecycleTransition: string;
  readonly LifecycleActionToken: string;
  readonly EC2InstanceId: string;
}

function lifecycleEvents(): readonly LifecycleDetail[] {
  return lab.runner.calls
    .filter(({ name }) => name === ROLE)
    .map(({ payload }) => (JSON.parse(payload) as { detail: LifecycleDetail }).detail);
}

/** Without hooks: every launch is in service at once. */
const withoutHooks: Partial<StackModel> = {
  autoScalingGroups: model.autoScalingGroups.map((group) => ({ ...group, hooks: [] })),
};

const told = (kind: LabRecord["kind"]): readonly LabRecord[] => lab.aws.events.since(0).filter((record) => record.kind === kind);

afterEach(async () => {
  await lab.aws.stop();
  expect(lab.clock.pending).toBe(0);
});

test("a launch waits at its hook and the rule's function learns of it in AWS's words", async () => {
  const { states, fabric, clock } = await start({}, 1500);
  await clock.advance(1000);

  expect(states()).toEqual({ "use1-az1-a": "Pending:Wait" });
  expect(fabric.launched).toMatchObject([
    { name: "use1-az1-a", privateAddress: "10.0.1.5", publicAddress: "192.0.2.1", bootMs: 1500, roleName: "ha-nat-test-nat" },
  ]);
  expect(lifecycleEvents()).toMatchObject([
    { LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", EC2InstanceId: fabric.launched[0]?.instanceId },
  ]);
});

test("nobody answers: the launch is abandoned at the heartbeat timeout, terminated and replaced", async () => {
  const { states, fabric, clock } = await start();
  const first = fabric.launched[0]?.instanceId ?? "";

  await clock.advance(29_000);
  expect(states()).toEqual({ "use1-az1-a": "Pending:Wait" });
  await clock.advance(2000);
  expect(states()["use1-az1-a"]).toBe("Terminating:Wait");
  await clock.advance(31_000);

  expect(fabric.isInstanceAlive(first)).toBe(false);
  expect(fabric.launched.length).toBeGreaterThan(1);
  expect(fabric.launched[1]?.instanceId).not.toBe(first);
});

test("the same launch has the same IDs in every run", async () => {
  const { fabric } = await start();
  const first = fabric.launched[0];
  await lab.aws.stop();

  const again = await start();

  expect(again.fabric.launched[0]).toEqual(first);
  expect(first?.instanceId).toMatch(/^i-0[0-9a-f]{16}$/);
});

test("a death goes unnoticed for the set time, then the machine is cleared and replaced under its name", async () => {
  const { states, fabric, clock } = await start(withoutHooks);
  const first = fabric.launched[0]?.instanceId ?? "";
  fabric.kill(first);

  await clock.advance(4800);
  expect(states()).toEqual({ "use1-az1-a": "InService" });
  expect(fabric.launched).toHaveLength(1);
  await clock.advance(600);

  expect(fabric.launched.map((spec) => spec.name)).toEqual(["use1-az1-a", "use1-az1-a"]);
  expect(fabric.launched[1]?.privateAddress).not.toBe(fabric.launched[0]?.privateAddress);
  expect(states()).toEqual({ "use1-az1-a": "InService" });
});

test("a machine that ends itself before it is in service counts as a failed launch: the next one waits longer each time", async () => {
  const { fabric, clock } = await start();
  const killLast = async () => {
    fabric.kill(fabric.launched.at(-1)?.instanceId ?? "");
    await clock.advance(5300);
  };
  await killLast();
  expect(fabric.launched).toHaveLength(1);
  await clock.advance(1000);
  expect(fabric.launched).toHaveLength(2);

  await killLast();
  await clock.advance(1000);
  expect(fabric.launched).toHaveLength(2);
  await clock.advance(1100);

  expect(fabric.launched).toHaveLength(3);
});

test("a launch that the fabric refuses is tried again", async () => {
  const { fabric } = await start(withoutHooks);
  fabric.onLaunch = () => {
    throw new Error("no memory");
  };
  fabric.kill(fabric.launched[0]?.instanceId ?? "");
  await lab.clock.advance(5400);
  expect(fabric.launched).toHaveLength(1);
  fabric.onLaunch = () => undefined;

  await lab.clock.advance(3000);

  expect(lab.states()).toEqual({ "use1-az1-a": "InService" });
});

test("EC2's events come in EC2's order", async () => {
  const { fabric, clock } = await start(withoutHooks);
  fabric.kill(fabric.launched[0]?.instanceId ?? "");
  await clock.advance(6000);

  const states = told("instance")
    .flatMap((record) =>
      record.kind === "instance" && record.instanceId === fabric.launched[0]?.instanceId ? [record.state] : [],
    )
    .filter((state) => ["pending", "running", "shutting-down", "terminated"].includes(state));

  expect(states).toEqual(["pending", "running", "shutting-down", "terminated"]);
});

test("desired more than one gives the zone's next letters", async () => {
  const two = { autoScalingGroups: model.autoScalingGroups.map((group) => ({ ...group, hooks: [], desired: 2 })) };

  const { states } = await start(two);

  expect(states()).toEqual({ "use1-az1-a": "InService", "use1-az1-b": "InService" });
});

test("settled names what is missing: the lane without a route", async () => {
  const { aws } = await start(withoutHooks);
  expect(await aws.waitingFor()).toEqual(["lane use1-az1-l1: default route is none", "lane use1-az2-l1: default route is none"]);

  for (const lane of ["rtb-lane1", "rtb-lane2"]) {
    await lab.fabric.writeRoute(lane, "0.0.0.0/0", { eniId: lab.fabric.launched[0]?.eniId ?? "" });
  }

  expect(await aws.status()).toMatchObject({ settled: true, waitingFor: [], moves: 0 });
});
