/** How a group replaces its instances: refresh, scale-in, terminate, an Unhealthy mark. Through the API, as operators do it. */
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import type { LabRecord } from "../../../lab/aws/state/journal";
import type { StackModel } from "../../../lab/stack/model";
import { eventually } from "../../support/eventually";
import { startTestLab, type TestLab } from "../../support/lab-aws";
import { stackModel } from "../../support/stack-model";

const GROUP = "ha-nat-test-nat-use1-az1";
const LAUNCH_FIRST = { minHealthyPercentage: 100, maxHealthyPercentage: 150 };

let lab: TestLab;
let client: autoscaling.AutoScalingClient;

/** One zone with two NATs that are in service as soon as they run. */
async function start(change: Partial<StackModel["autoScalingGroups"][number]> = {}): Promise<void> {
  const groups = stackModel.autoScalingGroups
    .slice(0, 1)
    .map((group) => ({ ...group, hooks: [], minSize: 1, maxSize: 3, desired: 2, ...change }));
  lab = await startTestLab({ model: { ...stackModel, autoScalingGroups: groups } });
  client = new autoscaling.AutoScalingClient(lab.client);
  lab.aws.start();
  await eventually(states, (seen) => Object.values(seen).filter((state) => state === "InService").length === groups[0]?.desired);
}

const states = () => Object.fromEntries(lab.aws.members().map(({ name, lifecycle }) => [name, lifecycle]));
const launched = (n: number): string => lab.fabric.launched[n]?.instanceId ?? "";

/** `b InService`, `a Terminating`, in the order in which it happened. */
function story(after: number): readonly string[] {
  const told = (record: LabRecord) =>
    record.kind === "instance" && ["InService", "Terminating", "Terminated"].includes(record.state)
      ? [`${record.name.slice(-1)} ${record.state}`]
      : [];
  return lab.aws.events.since(after).flatMap(told);
}

async function refresh(preferences?: autoscaling.RefreshPreferences): Promise<autoscaling.InstanceRefresh> {
  await client.send(new autoscaling.StartInstanceRefreshCommand({ AutoScalingGroupName: GROUP, Preferences: preferences }));
  const ask = async () => {
    const { InstanceRefreshes } = await client.send(
      new autoscaling.DescribeInstanceRefreshesCommand({ AutoScalingGroupName: GROUP }),
    );
    return InstanceRefreshes?.[0] ?? {};
  };
  return eventually(ask, ({ Status }) => Status === "Successful");
}

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => ({ name: "no error", message: "" }),
    (error: Error) => ({ name: error.name, message: error.message }),
  );

afterEach(async () => {
  client.destroy();
  await lab.close();
});

describe("an instance refresh", () => {
  test("of a group that keeps all healthy launches before it terminates, one at a time", async () => {
    await start({ maintenance: LAUNCH_FIRST });
    const before = lab.aws.events.count;

    const done = await refresh();

    expect(story(before)).toEqual([
      ...["c InService", "a Terminating", "a Terminated"],
      ...["a InService", "b Terminating", "b Terminated"],
    ]);
    expect(states()).toEqual({ "use1-az1-a": "InService", "use1-az1-c": "InService" });
    expect(done).toMatchObject({ PercentageComplete: 100, InstancesToUpdate: 0, Preferences: { MaxHealthyPercentage: 150 } });
  });

  test("of as many instances as a zone has letters goes on in the alphabet", async () => {
    await start({ maintenance: LAUNCH_FIRST, desired: 4, maxSize: 4 });
    await refresh({ InstanceWarmup: 0 });

    expect(lab.fabric.launched.map(({ name }) => name.slice(-1))).toContain("e");
    expect(Object.values(states())).toEqual(["InService", "InService", "InService", "InService"]);
  });

  test("without room above the desired size terminates before it launches", async () => {
    await start();
    const before = lab.aws.events.count;

    await refresh({ MinHealthyPercentage: 50, MaxHealthyPercentage: 100 });

    const [first, second] = story(before);
    expect([first, second]).toEqual(["a Terminating", expect.stringMatching(/InService|Terminated/)]);
  });

  test("waits for a newcomer that is replaced itself, and tells its start and end", async () => {
    await start({ maintenance: LAUNCH_FIRST });
    let refused = false;
    lab.fabric.onLaunch = () => {
      if (refused) return;
      refused = true;
      throw new Error("no capacity");
    };

    await refresh();

    const told = lab.aws.events.since(0).flatMap((record) => (record.kind === "event" ? [record.detailType] : []));
    expect(told).toEqual(
      expect.arrayContaining(["EC2 Auto Scaling Instance Refresh Started", "EC2 Instance Launch Unsuccessful"]),
    );
    expect(told.at(-1)).toBe("EC2 Auto Scaling Instance Refresh Succeeded");
    expect(Object.values(states())).toEqual(["InService", "InService"]);
  });

  test("is refused while another one runs, and with what the lab does not model", async () => {
    await start({ maintenance: LAUNCH_FIRST });
    lab.fabric.onLaunch = () => {
      throw new Error("no capacity");
    };
    const begin = (more: Partial<autoscaling.StartInstanceRefreshCommandInput> = {}) =>
      errorOf(client.send(new autoscaling.StartInstanceRefreshCommand({ AutoScalingGroupName: GROUP, ...more })));
    expect(await begin()).toMatchObject({ name: "no error" });

    expect(await begin()).toMatchObject({ name: "InstanceRefreshInProgressFault" });
    expect(await begin({ Preferences: { SkipMatching: true } })).toMatchObject({ name: "ValidationError" });
    expect(await begin({ AutoScalingGroupName: "other" })).toMatchObject({
      message: "AutoScalingGroup name not found - AutoScalingGroup 'other' not found",
    });
  });
});

describe("an instance marked Unhealthy", () => {
  const mark = () =>
    client.send(new autoscaling.SetInstanceHealthCommand({ InstanceId: launched(0), HealthStatus: "Unhealthy" }));

  test("stays until its replacement is in service, where the policy keeps all healthy", async () => {
    await start({ maintenance: LAUNCH_FIRST });
    const before = lab.aws.events.count;

    await mark();
    await eventually(states, (seen) => !("use1-az1-a" in seen));

    expect(story(before)).toEqual(["c InService", "a Terminating", "a Terminated"]);
  });

  test("goes at once without such a policy", async () => {
    await start();
    const before = lab.aws.events.count;

    await mark();
    await eventually(states, (seen) => "use1-az1-c" in seen && !("use1-az1-a" in seen));

    expect(story(before)[0]).toBe("a Terminating");
  });
});

describe("the size of a group", () => {
  const size = async () => {
    const { AutoScalingGroups } = await client.send(new autoscaling.DescribeAutoScalingGroupsCommand({}));
    const { MinSize, MaxSize, DesiredCapacity } = AutoScalingGroups?.[0] ?? {};
    return [MinSize, DesiredCapacity, MaxSize];
  };
  const desire = (DesiredCapacity: number) =>
    client.send(new autoscaling.SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }));

  test("raised launches, lowered ends the oldest", async () => {
    await start();

    await desire(3);
    await eventually(states, (seen) => seen["use1-az1-c"] === "InService");
    await desire(1);
    await eventually(states, (seen) => Object.keys(seen).length === 1);

    expect(states()).toEqual({ "use1-az1-c": "InService" });
    expect(lab.fabric.metadata.get(`${launched(0)} autoscaling/target-lifecycle-state`)).toBe("Terminated");
    expect(lab.fabric.metadata.get(`${launched(2)} autoscaling/target-lifecycle-state`)).toBe("InService");
    expect(await lab.aws.waitingFor()).not.toContainEqual(expect.stringContaining(GROUP));
  });

  test("has its bounds, which can be moved", async () => {
    await start();

    expect(await errorOf(desire(4))).toMatchObject({
      message: "New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.",
    });
    expect(await errorOf(desire(0))).toMatchObject({ name: "ValidationError" });
    await client.send(new autoscaling.UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, MinSize: 4, MaxSize: 5 }));

    expect(await size()).toEqual([4, 4, 5]);
    await eventually(states, (seen) => Object.values(seen).filter((state) => state === "InService").length === 4);
  });

  test("stays when one is terminated in it, or goes down with it, but not below the minimum", async () => {
    await start();
    const terminate = (n: number, ShouldDecrementDesiredCapacity: boolean) =>
      client.send(
        new autoscaling.TerminateInstanceInAutoScalingGroupCommand({ InstanceId: launched(n), ShouldDecrementDesiredCapacity }),
      );

    await terminate(0, false);
    await eventually(states, (seen) => seen["use1-az1-c"] === "InService" && !("use1-az1-a" in seen));
    await terminate(1, true);
    await eventually(states, (seen) => Object.keys(seen).length === 1);

    expect(await size()).toEqual([1, 1, 3]);
    expect(await errorOf(terminate(2, true))).toMatchObject({
      message: expect.stringContaining("desiredSize equals minSize (1)"),
    });
  });
});

describe("a notice", () => {
  const told = (path: string) => lab.fabric.metadata.get(`${launched(0)} ${path}`);
  const events = () => lab.aws.events.since(0).flatMap((record) => (record.kind === "event" ? [record.detailType] : []));

  test("of Spot is in the metadata and an event before the machine ends; then it is replaced", async () => {
    await start();

    const time = lab.aws.notices.spotInterruption(launched(0), 300);

    expect(JSON.parse(told("spot/instance-action") ?? "")).toEqual({
      action: "terminate",
      time: `${time.toISOString().slice(0, 19)}Z`,
    });
    expect(events()).toContain("EC2 Spot Instance Interruption Warning");
    expect(lab.fabric.isInstanceAlive(launched(0))).toBe(true);
    await eventually(
      () => lab.fabric.isInstanceAlive(launched(0)),
      (alive) => !alive,
    );
    await eventually(
      () => lab.fabric.launched.length,
      (count) => count === 3,
      10_000,
    );
  });

  test("of a rebalance ends nothing", async () => {
    await start();

    lab.aws.notices.rebalance(launched(0));

    expect(told("events/recommendations/rebalance")).toMatch(/"noticeTime":"\d{4}-/);
    expect(events()).toContain("EC2 Instance Rebalance Recommendation");
    expect(() => lab.aws.notices.rebalance("i-0")).toThrow("instance i-0 does not run");
    expect(lab.fabric.isInstanceAlive(launched(0))).toBe(true);
  });
});
