import { answer, handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { Cloud, silence } from "./support/cloud";
import { batch, delivered, leave, SWEEP } from "./support/messages";

const sweep = batch(delivered(SWEEP));

describe("a drain", () => {
  const drain = (difference: object, sender = "ana") => batch(delivered(leave({ reporter: sender, ...difference }), { sender }));

  test("hands the lanes over and says so", async () => {
    const cloud = new Cloud();

    await handle(drain({ instanceId: "i-az1-a" }, "i-az1-a"), cloud.services());

    // An instance ID of the tests is none of EC2's, so the sender counts as a person.
    expect(cloud.record.lanes["az1-l1"]?.servedBy).toBe("i-az1-b");
    expect(cloud.record.refusals).toEqual({});
  });

  test("of the last healthy NAT of its zone is refused with the reason and moves nothing; forced, it goes to another zone", async () => {
    const cloud = silence("az1-b");

    await handle(drain({ instanceId: "i-az1-a" }), cloud.services());

    expect(cloud.writes()).toEqual(["save"]);
    expect(cloud.record.refusals?.["i-az1-a"]).toEqual({
      at: cloud.now.toISOString(),
      because: expect.stringMatching(/last healthy NAT of az1 \(i-az1-b is silent\)/),
    });

    await handle(drain({ instanceId: "i-az1-a", force: true }), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az2-b");
    expect(cloud.record.refusals).toEqual({});
  });

  test("waits for the newcomer to hold the flows, and then goes", async () => {
    const cloud = new Cloud();
    cloud.answers.set("i-az1-b", "syncing");

    await handle(drain({ instanceId: "i-az1-a" }), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");

    cloud.answers.set("i-az1-b", "healthy");
    await handle(sweep, cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });
});

describe("a plan that is asked for", () => {
  const tooLong = { ...SWEEP, kind: "hold", by: "ana", because: "x", until: "2026-03-04T12:00:00.000Z" };
  const asked = (request?: object) => ({ schema: 1, kind: "plan", ...(request === undefined ? {} : { request }) });

  test("says what would be done, and does nothing", async () => {
    const cloud = new Cloud();

    const plan = await answer(asked(leave({ instanceId: "i-az1-a", reporter: "ana" })), cloud.services());

    expect(plan).toMatchObject({
      env: "test",
      refused: null,
      hold: null,
      lanes: [{ lane: "az1-l1", zone: "az1", servedBy: "i-az1-a" }, { servedBy: "i-az2-a" }],
      actions: expect.arrayContaining([
        {
          kind: "point-route",
          lane: "az1-l1",
          instanceId: "i-az1-b",
          because: "i-az1-a is about to leave (drain)",
          what: "replace the default route of rtb-az1-l1: to i-az1-b (eni-az1-b)",
        },
      ]),
    });
    expect(cloud.writes()).toEqual([]);
    expect(cloud.record.notices).toBeUndefined();
  });

  test.each<[object, RegExp]>([
    [leave({ instanceId: "i-0ff", reporter: "ana" }), /i-0ff is no NAT of this fleet/],
    [{ ...SWEEP, kind: "move", by: "ana", lane: "az9-l1", to: "auto" }, /az9-l1 is no lane of this fleet/],
  ])("says why a request would be refused", async (request, because) => {
    expect(await answer(asked(request), new Cloud().services())).toMatchObject({ refused: expect.stringMatching(because) });
  });

  test("without a request is what the function would do by itself", async () => {
    const plan = await answer(asked(), silence("az1-a").services());

    expect(plan).toMatchObject({
      nats: expect.arrayContaining([expect.objectContaining({ evidence: "silent", synced: false })]),
    });
    expect(JSON.stringify(plan)).toContain("i-az1-a is silent");
  });

  test.each([[{ ...asked(), schema: 2 }], [asked({ kind: "leave" })], [asked({ ...leave(), env: "prod" })], [asked(tooLong)]])(
    "that is not as agreed, or of another environment, throws: %j",
    async (raw) => {
      await expect(answer(raw, new Cloud().services())).rejects.toThrow(
        /not as agreed|of environment prod|a day ahead is the most/,
      );
    },
  );
});

describe("an operator's hold", () => {
  const hold = { ...SWEEP, kind: "hold", by: "ana", because: "migration", until: "2026-03-01T12:30:00.000Z" };

  test("freezes even an emergency, and says so in log and metric, until it ends", async () => {
    const cloud = silence("az1-a");

    await handle(batch(delivered(hold)), cloud.services());

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-a");
    expect(cloud.record.hold).toEqual({ until: hold.until, by: "ana", because: "migration" });
    expect(cloud.metrics).toContain('HeldByOperator 1 {"Env":"test"}');
    expect(cloud.lines.find(({ message }) => message === "held by an operator")?.keys).toEqual({
      because: "i-az1-a is silent, but moves are held by ana until 2026-03-01T12:30:00.000Z: migration",
    });

    cloud.now = new Date(Date.parse(hold.until));
    await handle(batch(delivered(SWEEP, { sentAt: cloud.now.getTime() })), cloud.services());
    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.record.hold).toBeUndefined();
  });

  test("is said on every line and in a metric while it is in force, though no lane should move", async () => {
    const cloud = new Cloud();
    const inForce = () => [
      cloud.lines.findLast(({ message }) => message === "decided")?.keys["hold"],
      cloud.metrics.findLast((line) => line.startsWith("HoldInForce")),
    ];

    await handle(sweep, cloud.services());
    expect(inForce()).toEqual([undefined, 'HoldInForce 0 {"Env":"test"}']);

    const stands = [{ until: hold.until, by: "ana", because: "migration" }, 'HoldInForce 1 {"Env":"test"}'];
    await handle(batch(delivered(hold)), cloud.services());
    expect(inForce()).toEqual(stands);
    await handle(sweep, cloud.services());
    expect(inForce()).toEqual(stands);
    expect(cloud.metrics).not.toContain('HeldByOperator 1 {"Env":"test"}');

    cloud.now = new Date(Date.parse(hold.until));
    await handle(batch(delivered(SWEEP, { sentAt: cloud.now.getTime() })), cloud.services());
    expect(inForce()).toEqual([undefined, 'HoldInForce 0 {"Env":"test"}']);
  });

  test("ends when an operator resumes", async () => {
    const cloud = silence("az1-a");

    await handle(batch(delivered(hold), delivered({ ...SWEEP, kind: "resume", by: "ana" })), cloud.services());

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
  });
});
