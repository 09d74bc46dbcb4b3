import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { answerPlan } from "../../../../lambdas/functions/nat-route-failover/plan";
import { lane, nat, PERFECT, withGateway } from "./support/builders";
import { Cloud } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

const ALL = ["az1-a", "az1-b", "az2-a", "az2-b"];
const gatewayOf = { "az1-l1": "nat-az1-l1", "az2-l1": "nat-az2-l1" };

/** Every lane has a NAT Gateway, and these NATs do not answer. */
function cloudWith(silent: readonly string[] = ALL): Cloud {
  const cloud = new Cloud({ ...PERFECT, lanes: PERFECT.lanes.map((known) => withGateway(known, {})) });
  for (const name of silent) cloud.answers.set(`i-${name}`, "timeout");
  return cloud;
}

const look = (cloud: Cloud) => handle(batch(delivered(SWEEP, { sentAt: cloud.now.getTime() })), cloud.services());
const routes = (cloud: Cloud) => Object.fromEntries(cloud.world.lanes.map((known) => [known.lane, cloud.routeOf(known.lane)]));
const later = (cloud: Cloud, seconds: number) => void (cloud.now = new Date(cloud.now.getTime() + seconds * 1000));
const counted = (lanes: number) => `LanesOnNatGateway ${lanes} {"Env":"test"}`;

/** The gateways translate, whatever the NATs do. */
const gatewaysWork = (cloud: Cloud) => void cloud.paths.set("az1-l1", "works").set("az2-l1", "works");

describe("lanes with a NAT Gateway", () => {
  test("go there when no NAT answers and their own probes fail; it is remembered, counted and said", async () => {
    const cloud = cloudWith();

    await look(cloud);

    expect(routes(cloud)).toEqual(gatewayOf);
    expect(cloud.writes()).toEqual(["replace rtb-az1-l1", "replace rtb-az2-l1", "save"]);
    expect(cloud.record.lanes["az1-l1"]).toEqual({
      servedBy: "nat-az1-l1",
      movedAt: cloud.now.toISOString(),
      homeHealthySince: null,
    });
    expect(cloud.metrics).toContain(counted(2));
    expect(cloud.metrics).toContain('HeldStatic 0 {"Env":"test"}');
    expect(cloud.lines).toContainEqual({
      level: "warn",
      message: "a lane is on its NAT Gateway",
      keys: { lane: "az1-l1", publicIp: "gateway-az1-l1", instead: ["public-az1-l1"] },
    });
  });

  test("stay there look after look while nobody is healthy", async () => {
    const cloud = cloudWith();
    await look(cloud);
    gatewaysWork(cloud);
    const before = cloud.writes();

    later(cloud, 60);
    await look(cloud);

    expect(cloud.writes()).toEqual(before);
    expect(cloud.metrics.at(-1)).not.toContain("LanesOnNatGateway 0");
  });

  test("return when a NAT has been healthy for five minutes, with their addresses", async () => {
    const cloud = cloudWith();
    await look(cloud);
    gatewaysWork(cloud);
    cloud.answers.clear();
    later(cloud, 60);
    await look(cloud);
    later(cloud, 299);
    await look(cloud);
    expect(routes(cloud)).toEqual(gatewayOf);

    later(cloud, 1);
    await look(cloud);

    expect(routes(cloud)).toEqual({ "az1-l1": "eni-az1-a", "az2-l1": "eni-az2-a" });
    expect(cloud.record.lanes["az1-l1"]).toMatchObject({ servedBy: "i-az1-a", homeHealthySince: null });
    expect(cloud.metrics).toContain(counted(0));
  });

  test("return at once when a NAT is healthy and the gateway's path is broken; their own probes are asked though a NAT is healthy", async () => {
    const cloud = cloudWith();
    await look(cloud);
    cloud.answers.delete("i-az1-a");
    cloud.paths.set("az1-l1", "broken").set("az2-l1", "works");

    await look(cloud);

    expect(routes(cloud)).toEqual({ "az1-l1": "eni-az1-a", "az2-l1": "nat-az2-l1" });
  });

  test("do not go there while their own probes pass, whoever hears the NATs", async () => {
    const cloud = cloudWith();
    cloud.paths.set("az1-l1", "works").set("az2-l1", "works");

    await look(cloud);

    expect(cloud.writes()).not.toContain("replace rtb-az1-l1");
    expect(cloud.metrics).toContain('HeldStatic 1 {"Env":"test"}');
  });

  test("do not go there when a gateway is not available; the others do", async () => {
    const cloud = cloudWith();
    cloud.gateways.set("nat-az1-l1", "failed");

    await look(cloud);

    expect(routes(cloud)).toEqual({ "az1-l1": "eni-az1-a", "az2-l1": "nat-az2-l1" });
  });

  test("do not go there when somebody deleted a gateway, which is said; the others do", async () => {
    const cloud = cloudWith();
    cloud.gateways.set("nat-az1-l1", null);

    const { actions } = await answerPlan({ schema: 1, kind: "plan" }, cloud.services());
    await look(cloud);

    expect(actions[0]?.because).toMatch(/no NAT Gateway: nat-az1-l1 is missing$/);
    expect(routes(cloud)).toEqual({ "az1-l1": "eni-az1-a", "az2-l1": "nat-az2-l1" });
  });

  test("do not go there when EC2 does not tell of the gateways", async () => {
    const cloud = cloudWith();
    cloud.failing.set("gateways", new Error("RequestLimitExceeded"));

    await look(cloud);

    expect(routes(cloud)).toEqual({ "az1-l1": "eni-az1-a", "az2-l1": "eni-az2-a" });
    expect(cloud.lines).toContainEqual(
      expect.objectContaining({ message: "the NAT Gateways were not observed", keys: { error: "RequestLimitExceeded" } }),
    );
  });

  test("that is at the gateway already stays, when EC2 does not tell of it", async () => {
    const cloud = cloudWith();
    await look(cloud);
    cloud.failing.set("gateways", new Error("RequestLimitExceeded"));

    await look(cloud);

    expect(routes(cloud)).toEqual(gatewayOf);
  });

  test("fail over to a NAT as ever while one is healthy: no path is probed, and EC2 need not tell of the gateways", async () => {
    const cloud = cloudWith(["az1-a"]);
    cloud.failing.set("gateways", new Error("RequestLimitExceeded"));

    await look(cloud);

    expect(routes(cloud)).toMatchObject({ "az1-l1": "eni-az1-b" });
    expect(cloud.lines.map(({ message }) => message)).not.toContain("the path was not observed");
    // Everybody at once, and the silent one again.
    expect(cloud.calls.filter((call) => call.startsWith("ask"))).toHaveLength(4);
  });

  test("are asked for again when EC2 accepted the move and did not carry it out", async () => {
    const cloud = cloudWith();
    cloud.isStuck = true;

    await expect(look(cloud)).rejects.toThrow("lane az1-l1 is not as planned");

    expect(cloud.record.lanes["az1-l1"]?.servedBy).toBe("i-az1-a");
  });

  test("are shown in the plan with where they go, and who serves them", async () => {
    const cloud = cloudWith();
    const before = await answerPlan({ schema: 1, kind: "plan" }, cloud.services());
    await look(cloud);
    const after = await answerPlan({ schema: 1, kind: "plan" }, cloud.services());

    expect(before.actions[0]).toMatchObject({
      kind: "point-route-to-gateway",
      what: "replace the default route of rtb-az1-l1: to NAT Gateway nat-az1-l1",
    });
    expect(after.lanes[0]).toMatchObject({ lane: "az1-l1", servedBy: "nat-az1-l1" });
  });
});

test("without NAT Gateways EC2 is not asked for them, and nothing is counted", async () => {
  const cloud = new Cloud({ lanes: [lane("az1-l1", "az1-a")], nats: [nat("az1-a", {}, "floating-az1-l1")] });
  cloud.answers.set("i-az1-a", "timeout");

  await look(cloud);

  expect(cloud.calls).not.toContain("gateways");
  expect(cloud.metrics.filter((line) => line.startsWith("LanesOn"))).toEqual([]);
});
