import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import type { World } from "../../../../lambdas/lib/domain/fleet";
import { floatingOf, lane, nat, PERFECT } from "./support/builders";
import { Cloud } from "./support/cloud";
import { batch, delivered, leave, SWEEP } from "./support/messages";

/** One NAT and one lane a zone. */
const ALONE: World = {
  lanes: PERFECT.lanes,
  nats: [nat("az1-a", {}, floatingOf("az1-l1")), nat("az2-a", {}, floatingOf("az2-l1"))],
};

/** A fleet whose machines reboot, at times that are told. */
class Reboots {
  readonly cloud: Cloud;
  readonly #services;

  constructor(world?: World) {
    this.cloud = new Cloud(world);
    this.#services = this.cloud.services();
  }

  async after(seconds: number, message: object = SWEEP): Promise<void> {
    this.cloud.now = new Date(this.cloud.now.getTime() + seconds * 1000);
    await handle(batch(delivered(message, { sentAt: this.cloud.now.getTime() })), this.#services);
  }

  saysShutdown = (name: string, after = 0): Promise<void> =>
    this.after(after, leave({ reporter: `i-${name}`, instanceId: `i-${name}`, because: "shutdown" }));

  goesDown = (name: string): unknown => this.cloud.answers.set(`i-${name}`, "timeout");

  comesBack(name: string, bootId = "boot-2"): void {
    this.cloud.answers.set(`i-${name}`, "healthy");
    this.cloud.boots.set(`i-${name}`, bootId);
  }

  async reboots(name: string): Promise<void> {
    await this.saysShutdown(name);
    this.goesDown(name);
    await this.after(5);
    this.comesBack(name);
  }
}

const drain = (difference: object = {}) => leave({ reporter: "ana", instanceId: "i-az1-a", because: "drain", ...difference });

describe("a NAT that has rebooted", () => {
  test("takes the lanes of the next one: a rolling reboot of a NAT a zone, five minutes apart", async () => {
    const fleet = new Reboots(ALONE);

    await fleet.reboots("az1-a");
    expect(fleet.cloud.routeOf("az1-l1")).toBe("eni-az2-a");
    await fleet.saysShutdown("az2-a", 295);

    expect(fleet.cloud.routeOf("az1-l1")).toBe("eni-az1-a");
    expect(fleet.cloud.routeOf("az2-l1")).toBe("eni-az1-a");
  });

  test("keeps a lane in its zone: two NATs a zone, four minutes apart", async () => {
    const fleet = new Reboots();

    await fleet.reboots("az1-a");
    expect(fleet.cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    await fleet.saysShutdown("az1-b", 235);

    expect(fleet.cloud.routeOf("az1-l1")).toBe("eni-az1-a");
  });

  test("says so again when it reboots twice within minutes", async () => {
    const fleet = new Reboots();

    await fleet.reboots("az1-a");
    await fleet.after(60);
    await fleet.saysShutdown("az1-a", 60);

    expect(fleet.cloud.record.notices?.["i-az1-a"]).toMatchObject({ at: fleet.cloud.now.toISOString(), bootId: "boot-2" });
  });

  test("is not replaced while it is away, and is when it does not come back for ten minutes", async () => {
    const fleet = new Reboots();
    const marks = () => fleet.cloud.calls.filter((call) => call.startsWith("mark"));

    await fleet.saysShutdown("az1-a");
    fleet.goesDown("az1-a");
    for (let second = 0; second < 590; second += 30) await fleet.after(30);
    expect(marks()).toEqual([]);

    await fleet.after(30);
    expect(marks()).toEqual(["mark i-az1-a"]);
  });
});

describe("a drain and a reboot of the same NAT", () => {
  test.each([
    ["before it, the drain stands when the machine is back", [drain()], []],
    ["meanwhile, likewise", [], [drain()]],
    ["meanwhile and forced, likewise", [], [drain({ force: true })]],
  ])("%s, until it is taken back", async (_what, before, meanwhile) => {
    const fleet = new Reboots();

    for (const message of before) await fleet.after(60, message);
    await fleet.saysShutdown("az1-a");
    fleet.goesDown("az1-a");
    for (const message of meanwhile) await fleet.after(5, message);
    fleet.comesBack("az1-a");
    await fleet.after(60);
    await fleet.after(660);
    expect(fleet.cloud.record.notices?.["i-az1-a"]).toMatchObject({ because: "drain" });
    expect(fleet.cloud.record.leaving).toHaveProperty("i-az1-a");

    await fleet.after(1, { ...SWEEP, kind: "resume", by: "ana", instanceId: "i-az1-a" });
    expect(fleet.cloud.record.notices).toEqual({});
    expect(fleet.cloud.record.leaving).toEqual({});
  });
});

test("a lane of another zone is brought home by the reboot's end alone", async () => {
  const fleet = new Reboots({ ...ALONE, lanes: [lane("az1-l1", "az1-a"), lane("az2-l1", "az2-a")] });

  await fleet.reboots("az1-a");
  for (let second = 0; second < 360; second += 60) await fleet.after(60);

  expect(fleet.cloud.routeOf("az1-l1")).toBe("eni-az1-a");
});
