import { handle as handleHook } from "../../../lambdas/functions/asg-lifecycle-handler/handler";
import { handle as guard } from "../../../lambdas/functions/config-guard/handler";
import { handle as recover } from "../../../lambdas/functions/eip-recover/handler";
import { handle as probe } from "../../../lambdas/functions/nat-health-probe/handler";
import { driftReporter } from "../../../lambdas/lib/runtime/drift-report";
import { busEvent, tickAt } from "../support/events";
import * as lifecycle from "./asg-lifecycle-handler/builders";
import { Site } from "./config-guard/site";
import * as probing from "./nat-health-probe/builders";
import { NOW } from "./nat-route-failover/support/builders";
import { Cloud } from "./nat-route-failover/support/cloud";

/** What a function called or did for the event. */
type Run = (event: unknown) => Promise<readonly unknown[]>;
type Event = ReturnType<typeof busEvent>;

const lifecycleRun: Run = async (event) => {
  const { services, invocation, did } = lifecycle.world();
  await handleHook(event, services, invocation);
  return did;
};

const recoverRun: Run = async (event) => {
  const cloud = new Cloud();
  const { fleet, routes, addresses, log, metrics, clock, waiter } = cloud.services();
  const readTopology = async () => cloud.topology;
  const drift = driftReporter("test", "eip-recover", log, metrics);
  const hands = { send: async () => undefined, sleep: async () => undefined, readRecord: async () => cloud.record };
  const eyes = { env: "test", fleet, routes, addresses, readTopology, recentTopology: readTopology };
  await recover(event, { ...eyes, ...hands, drift, log, clock, waiter });
  return cloud.calls;
};

const guardRun: Run = async (event) => {
  const site = new Site();
  await guard(event, site.services(), site.invocation);
  return site.cloud.calls;
};

const probeRun: Run = async (event) => {
  const { services, invocation, asked } = probing.world();
  await probe(event, services, invocation);
  return asked;
};

const natGone = (time: Date) => busEvent("aws.autoscaling", "EC2 Instance Terminate Successful", time, { EC2InstanceId: "i-1" });
const apiCall = (time: Date) =>
  busEvent("aws.ec2", "AWS API Call via CloudTrail", time, {
    eventName: "DisassociateAddress",
    eventTime: time.toISOString(),
    userIdentity: { arn: "arn:eve" },
    requestParameters: { associationId: "eipassoc-1" },
  });
const hookEvent = (kind: "launch" | "terminate") => (time: Date) =>
  busEvent("aws.autoscaling", `EC2 Instance-${kind} Lifecycle Action`, time, lifecycle.event(kind).detail);

const begun = new Date("2026-01-01T00:00:00Z");

/** Every event that a function acts on, and the time on the function's clock. nat-route-failover's queue: its own event.test.ts. */
const EVENTS: readonly (readonly [string, Run, Date, (time: Date) => Event])[] = [
  ["asg-lifecycle-handler, a launch", lifecycleRun, begun, hookEvent("launch")],
  ["asg-lifecycle-handler, a termination", lifecycleRun, begun, hookEvent("terminate")],
  ["eip-recover, a tick", recoverRun, NOW, tickAt],
  ["eip-recover, a NAT that is gone", recoverRun, NOW, natGone],
  ["eip-recover, a call", recoverRun, NOW, apiCall],
  ["config-guard, a tick", guardRun, NOW, tickAt],
  ["nat-health-probe, a tick", probeRun, new Date("2026-01-01T00:00:01Z"), tickAt],
];

describe.each(EVENTS)("%s:", (_name, run, now, eventAt) => {
  test.each([0, 60_000, -3_600_000])("%i ms ahead of the function's clock is acted on", async (aheadMs) => {
    expect(await run(eventAt(new Date(now.getTime() + aheadMs)))).not.toEqual([]);
  });

  test("of the future is an error that says how far ahead it is, how far it may be, and what to do", async () => {
    const time = new Date(now.getTime() + 61_000);
    const event = eventAt(time);

    await expect(run(event)).rejects.toThrow(
      `the event ${event["detail-type"]} of ${event.source} has time ${event.time}, 61000 ms after ${now.toISOString()}; ` +
        "60000 ms is the most: correct the clock of who sent it, and send it again",
    );
  });

  test.each([
    ["no time", { time: undefined }, "time: Invalid input: expected string, received undefined"],
    ["a time that is none", { time: "yesterday" }, "time: must be an ISO time"],
    ["no source", { source: undefined }, "source: Invalid input: expected string, received undefined"],
    ["no detail", { detail: undefined }, "detail: Invalid input: expected record, received undefined"],
    ["a detail that is none", { detail: "x" }, "detail: Invalid input: expected record, received string"],
  ])("with %s is an error that shows it and names the field", async (_what, difference, error) => {
    await expect(run({ ...eventAt(now), ...difference })).rejects.toThrow(
      new RegExp(` takes .*, got \\{.*; ${error}; send it as EventBridge does$`),
    );
  });

  test("of another source is left alone", async () => {
    expect(await run({ ...eventAt(now), source: "custom.forged" })).toEqual([]);
  });
});
