import { handle, readAtMostEvery, SETTLE_MS } from "../../../../lambdas/functions/eip-recover/handler";
import { parseSettings } from "../../../../lambdas/functions/eip-recover/settings";
import { busEvent } from "../../support/events";
import { ago, floatingOf, NOW } from "../nat-route-failover/support/builders";
import { Cloud } from "../nat-route-failover/support/cloud";
import { recovering, stolen, tick } from "./recovering";

describe("a stolen address", () => {
  test("is reported with before and after, asked for at the door once, brought back, and reported as mended", async () => {
    const cloud = new Cloud(stolen());
    const { services, sent, lines } = recovering(cloud);

    await handle(tick, services);

    expect(sent).toMatchObject([
      { kind: "repair", by: "eip-recover", env: "test", because: expect.stringContaining("10.9.9.9") },
    ]);
    expect(cloud.writes()).toContain("associate eipalloc-az1-l1");
    expect(cloud.world.lanes[0]?.addresses[0]?.association).toEqual({ eniId: "eni-az1-a", address: floatingOf("az1-l1") });
    expect(lines("drift")[0]).toMatchObject({
      level: "warn",
      keys: {
        kind: "address",
        before: "public-az1-l1 at 10.9.9.9 of eni-x",
        after: `public-az1-l1 at ${floatingOf("az1-l1")} of eni-az1-a`,
        movedBy: "unknown",
      },
    });
    expect(lines("drift left")).toEqual([]);
    expect(cloud.metrics).toContain('DriftMended 1 {"Env":"test","Function":"eip-recover"}');
    expect(cloud.metrics).toContain('DriftLeft 0 {"Env":"test","Function":"eip-recover"}');
  });

  const eve = "arn:aws:sts::123456789012:assumed-role/admin/eve";
  test.each([
    [eve, { type: "AssumedRole", arn: eve, invokedBy: "cloudformation.amazonaws.com" }],
    ["autoscaling.amazonaws.com", { type: "AWSService", invokedBy: "autoscaling.amazonaws.com" }],
    ["AWSAccount", { type: "AWSAccount", accountId: "210987654321" }],
  ])("names who moved it where CloudTrail says so: %s", async (by, userIdentity) => {
    const { services, lines } = recovering(new Cloud(stolen()));
    const detail = { eventName: "AssociateAddress", eventTime: "2026-03-01T11:59:00Z", userIdentity };

    await handle(busEvent("aws.ec2", "AWS API Call via CloudTrail", NOW, detail), services);

    expect(lines("drift")[0]?.keys["movedBy"]).toEqual({ call: "AssociateAddress", by, at: "2026-03-01T11:59:00Z" });
  });

  test("that nobody brings back is reported as left", async () => {
    const cloud = new Cloud(stolen());
    const { services, lines } = recovering(cloud, { send: async () => undefined });

    await handle(tick, services);

    expect(lines("drift left")).toHaveLength(1);
    expect(cloud.metrics).toContain('DriftLeft 1 {"Env":"test","Function":"eip-recover"}');
  });

  test("is told with the decision before anything is asked: what was found, what is done and why", async () => {
    const { services, sent, lines } = recovering(new Cloud(stolen()));

    await handle(tick, services);

    const [decided] = lines("decided");
    expect(decided?.keys).toEqual({
      correlationId: sent[0]?.correlationId,
      evidence: ["az1-l1: public-az1-l1 at 10.9.9.9 of eni-x"],
      plan: [{ kind: "ask-door", because: expect.stringContaining("the one writer of addresses") }],
    });
  });

  test("that an operator's hold keeps where it is is told with the hold", async () => {
    const cloud = new Cloud(stolen());
    const hold = { until: ago(-60_000), by: "ana", because: "work" };
    cloud.record = { ...cloud.record, hold };
    const { services, lines } = recovering(cloud);

    await handle(tick, services);

    expect(lines("drift left").map(({ keys }) => keys["hold"])).toEqual([hold]);
  });

  test("is asked for even when nobody can tell whether an operator holds", async () => {
    const readRecord = async () => Promise.reject(new Error("ThrottlingException"));
    const { services, sent, lines } = recovering(new Cloud(stolen()), { readRecord });

    await handle(tick, services);

    expect(sent).toHaveLength(1);
    expect(lines("cannot tell whether an operator holds")).toHaveLength(1);
  });

  test("that somebody released is reported as left, by every run, and stops no other lane", async () => {
    const cloud = new Cloud();
    const { addresses } = cloud.services();
    const associations = async (ids: readonly string[]) =>
      new Map([...(await addresses.associations(ids))].filter(([id]) => id !== "eipalloc-az2-l1"));
    const { services, lines } = recovering(cloud, { addresses: { associations } });

    await handle(tick, services);

    expect(lines("drift left").map(({ keys }) => keys)).toEqual([
      expect.objectContaining({ subject: "az2-l1", before: "eipalloc-az2-l1 (public-az2-l1) does not exist" }),
    ]);
    expect(cloud.metrics).toContain('DriftLeft 1 {"Env":"test","Function":"eip-recover"}');
  });

  test("is only told of when a report is asked for", async () => {
    const cloud = new Cloud(stolen());
    const { services, sent } = recovering(cloud);

    expect((await handle({ schema: 1, kind: "report" }, services))?.drift).toHaveLength(1);
    expect(sent).toEqual([]);
    expect(cloud.writes()).toEqual([]);
  });
});

test("an address that moves between two looks is no drift", async () => {
  const cloud = new Cloud(stolen());
  const { services, sent, lines } = recovering(cloud, {
    sleep: async (ms) => {
      expect(ms).toBe(SETTLE_MS);
      cloud.world = new Cloud().world;
    },
  });

  await handle(tick, services);

  expect(sent).toEqual([]);
  expect(lines("drift")).toEqual([]);
  expect(lines("addresses were on their way")).toHaveLength(1);
});

test("a fleet in order is looked at once, and says that nothing is left", async () => {
  const cloud = new Cloud();
  const { services, sent } = recovering(cloud);

  await handle(tick, services);

  expect(cloud.calls.toSorted()).toEqual(["associations", "instances", "routes"]);
  expect(sent).toEqual([]);
  expect(cloud.metrics).toEqual(['DriftLeft 0 {"Env":"test","Function":"eip-recover"}']);
});

test.each(["instances", "routes", "associations"])("nothing is done or reported when %s cannot be read", async (call) => {
  const cloud = new Cloud(stolen());
  cloud.failing.set(call, new Error("RequestLimitExceeded"));
  const { services, sent, lines } = recovering(cloud);

  await expect(handle(tick, services)).rejects.toThrow("RequestLimitExceeded");
  expect(sent).toEqual([]);
  expect(lines("drift")).toEqual([]);
});

describe("events", () => {
  const cloudTrail = busEvent("aws.ec2", "AWS API Call via CloudTrail", NOW);
  const call = (detail: object) => ({
    ...cloudTrail,
    detail: { eventName: "AssignPrivateIpAddresses", eventTime: "t", userIdentity: { arn: "arn:eve" }, ...detail },
  });
  const ours = "arn:aws:sts::1:assumed-role/ha-nat-prod-nat-route-failover/ha-nat-prod-nat-route-failover";

  test.each([
    ["of another kind", busEvent("aws.s3", "Object Created", NOW)],
    ["of an instance that may be anybody's", busEvent("aws.ec2", "EC2 Instance State-change Notification", NOW)],
    [
      "that our own moves cause",
      { ...cloudTrail, detail: { eventName: "AssociateAddress", eventTime: "t", userIdentity: { arn: ours } } },
    ],
    [
      "of an address that is none of ours",
      call({
        requestParameters: { networkInterfaceId: "eni-x" },
        responseElements: { assigned: [{ privateIpAddress: "10.0.5.17" }] },
      }),
    ],
    ["that failed", call({ errorCode: "Client.AuthFailure", requestParameters: { allocationId: "eipalloc-az1-l1" } })],
  ])("%s are ignored", async (_name, event) => {
    const cloud = new Cloud(stolen());
    const { services, sent } = recovering(cloud);

    await handle(event, services);

    expect([...cloud.calls, ...sent]).toEqual([]);
  });

  test.each([
    ["that names one of ours", call({ requestParameters: { allocationId: "eipalloc-az1-l1" } })],
    ["that does not say whose address it moved", call({ requestParameters: { associationId: "eipassoc-1" } })],
  ])("a call %s is looked at", async (_name, event) => {
    const { services, sent } = recovering(new Cloud(stolen()));

    await handle(event, services);

    expect(sent).toHaveLength(1);
  });

  test("are judged by a topology that is read once in a minute", async () => {
    let reads = 0;
    let now = 0;
    const recent = readAtMostEvery(60_000, async () => ++reads, { now: () => new Date(now) });

    expect([await recent(), await recent()]).toEqual([1, 1]);
    now = 60_000;
    expect(await recent()).toBe(2);
  });

  test.each([undefined, null, "x", {}, { schema: 2, kind: "report" }, { source: "aws.ec2" }])(
    "no event (%j) is refused",
    async (raw) => {
      await expect(handle(raw, recovering(new Cloud()).services)).rejects.toThrow(/eip-recover takes EventBridge events/);
    },
  );

  test("a call that CloudTrail tells of without who made it is refused, naming what is missing", async () => {
    const event = { ...cloudTrail, detail: { eventName: "AssociateAddress", eventTime: "t" } };

    await expect(handle(event, recovering(new Cloud()).services)).rejects.toThrow(/malformed[\s\S]*userIdentity/);
  });
});

test("settings name every variable that is missing", () => {
  expect(() => parseSettings({ HA_NAT_ENV: "test" })).toThrow(
    /HA_NAT_TOPOLOGY_PARAMETER is required.*HA_NAT_QUEUE_URL is required/,
  );
});
