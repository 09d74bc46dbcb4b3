import { handle } from "../../../../lambdas/functions/config-guard/handler";
import { parseSettings } from "../../../../lambdas/functions/config-guard/settings";
import { busEvent, tickAt } from "../../support/events";
import { ago, lane, NOW, RECORD, worldWith } from "../nat-route-failover/support/builders";
import { ACL, AGENT, DENY, entry, RULESET, SELF_PROBE, Site } from "./site";

const tick = tickAt(NOW);
const report = { schema: 1, kind: "report" };
const run = (site: Site, event: unknown = tick) => handle(event, site.services(), site.invocation);
const metric = (name: string, value: number) => `${name} ${value} {"Env":"test","Function":"config-guard"}`;

test("a fleet as it was deployed: everything is checked, nothing changed, nothing left", async () => {
  const site = new Site();

  await run(site);

  expect(site.sent).toEqual([]);
  expect(site.repairs).toEqual([]);
  expect(site.cloud.metrics).toEqual([metric("DriftLeft", 0)]);
});

test("a route table that somebody deleted is told as left; only a deployment makes a new one", async () => {
  const site = new Site();
  const services = site.services();
  const defaultRoutes = async (ids: readonly string[]) =>
    new Map([...(await services.routes.defaultRoutes(ids))].filter(([id]) => id !== "rtb-az2-l1"));

  await handle(tick, { ...services, routes: { defaultRoutes } }, site.invocation);

  expect(site.sent).toEqual([]);
  expect(site.lines("drift left").map(({ keys }) => keys)).toEqual([
    expect.objectContaining({ subject: "az2-l1", before: "route table rtb-az2-l1 does not exist" }),
  ]);
});

test("a NAT whose security group somebody swapped is told as left", async () => {
  const site = new Site();
  site.strangers.set("i-az1-a", ["sg-2"]);

  await run(site);

  expect(site.sent).toEqual([]);
  expect(site.lines("drift left").map(({ keys }) => keys)).toEqual([
    expect.objectContaining({ kind: "security-group", subject: "i-az1-a", before: "in sg-2", after: "in sg-1" }),
  ]);
});

describe("what somebody changed is found, told with before and after, and mended in the same run", () => {
  test("an opened network ACL", async () => {
    const site = new Site();
    site.acls = [{ ...ACL, entries: [entry(100), { ...DENY, action: "allow" }, entry(50, { cidr: "0.0.0.0/0" })] }];

    await run(site);

    expect(site.acls[0]?.entries.toSorted((a, b) => a.number - b.number)).toEqual([entry(100), DENY]);
    expect(site.lines("drift")[0]).toMatchObject({
      level: "warn",
      keys: { kind: "network-acl", before: expect.stringMatching(/110: allow/), after: expect.stringMatching(/110: deny/) },
    });
    expect(site.cloud.metrics).toEqual([metric("DriftFound", 2), metric("DriftMended", 2), metric("DriftLeft", 0)]);
  });

  test("a source/destination check", async () => {
    const site = new Site();
    site.checked.add("i-az1-a");

    await run(site);

    expect([...site.checked]).toEqual([]);
    expect(site.lines("drift mended")).toHaveLength(1);
  });

  test("a deleted default route, by the one writer of routes", async () => {
    const site = new Site();
    site.cloud.world = worldWith({}, [{ ...lane("az1-l1", "az1-a"), route: { state: "missing" } }]);

    await run(site);

    expect(site.sent).toMatchObject([{ kind: "repair", by: "config-guard", because: "az1-l1: no default route" }]);
    expect(site.cloud.routeOf("az1-l1")).toMatch(/^eni-az1-/);
    expect(site.cloud.metrics).toContain(metric("DriftMended", 1));
  });

  test.each([
    ["an edited ruleset", [RULESET]],
    ["a dead agent", [AGENT, SELF_PROBE]],
  ])("%s, by one repair", async (_name, failing) => {
    const site = new Site();
    site.faults.set("i-az1-a", failing);

    await run(site);

    expect(site.repairs).toEqual(["i-az1-a"]);
    expect(site.sent).toEqual([]);
    expect(site.lines("drift mended")[0]?.keys).toMatchObject({
      kind: "instance",
      subject: "i-az1-a",
      after: "nat-check passes",
    });
  });
});

describe("a NAT that a repair does not help", () => {
  const hopeless = (...names: readonly string[]) => {
    const site = new Site();
    for (const name of names) {
      site.faults.set(`i-${name}`, [RULESET]);
      site.hopeless.add(`i-${name}`);
    }
    return site;
  };

  test("is repaired once and then replaced through the door", async () => {
    const site = hopeless("az1-a");

    await run(site);

    expect(site.repairs).toEqual(["i-az1-a"]);
    expect(site.sent).toMatchObject([
      { kind: "replace", instanceId: "i-az1-a", by: "config-guard", because: expect.stringContaining("ruleset") },
    ]);
    expect(site.cloud.calls).toContain("mark i-az1-a");
    expect(site.cloud.metrics).toContain(metric("DriftLeft", 1));
  });

  test("waits for its neighbour, which is replaced first", async () => {
    const site = hopeless("az1-a", "az1-b");

    await run(site);

    expect(site.repairs).toEqual(["i-az1-a", "i-az1-b"]);
    expect(site.cloud.calls.filter((call) => call.startsWith("mark"))).toEqual(["mark i-az1-a"]);
  });

  test("is not replaced when its zone has no other healthy one", async () => {
    const site = hopeless("az1-a");
    site.cloud.answers.set("i-az1-b", "unhealthy");

    await run(site);

    expect(site.cloud.calls.filter((call) => call.startsWith("mark"))).toEqual([]);
    expect(site.cloud.metrics).toContain(metric("DriftLeft", 1));
  });

  // Where each command takes its 40 s, a repair takes 140: itself, a check, 20 s for the agent, and the check at the end of them.
  test.each([
    [60_000, ["i-az1-a"]],
    [101_000, ["i-az1-a"]],
    [139_000, ["i-az1-a"]],
    [141_000, ["i-az1-a", "i-az1-b"]],
  ])("is left to the next run, and told as left, when there is no time for all of its repair: %d ms", async (leftMs, repairs) => {
    const site = hopeless("az1-a", "az1-b");
    site.onRepair = () => (site.remainingMs = leftMs);

    await run(site);

    expect(site.repairs).toEqual(repairs);
    expect(site.cloud.metrics).toContain(metric("DriftLeft", 2));
  });
});

describe("nothing is done", () => {
  test("about a NAT that cannot be asked, or whose answer is none; the others are checked", async () => {
    const site = new Site();
    site.offline.add("i-az1-a");
    site.mute.add("i-az1-b");
    site.faults.set("i-az2-a", [RULESET]);

    await run(site);

    expect(site.lines("not checked").map(({ keys }) => keys["instanceId"])).toEqual(["i-az1-a", "i-az1-b"]);
    expect(site.repairs).toEqual(["i-az2-a"]);
  });

  test("about a NAT that is not in service", async () => {
    const site = new Site();
    site.cloud.world = worldWith({ "az1-b": { lifecycle: "Pending:Wait" } });
    site.faults.set("i-az1-b", [RULESET]);
    site.checked.add("i-az1-b");

    await run(site);

    expect(site.cloud.metrics).toEqual([metric("DriftLeft", 0)]);
  });

  test("about what was right again at the second look", async () => {
    const site = new Site();
    site.checked.add("i-az1-a");
    site.onSleep = () => void site.checked.delete("i-az1-a");

    await run(site);

    expect(site.lines("drift")).toEqual([]);
  });

  test("during an operator's hold, but it is told with the hold", async () => {
    const site = new Site();
    site.record = { ...RECORD, hold: { until: ago(-60_000), by: "ana", because: "work" } };
    site.checked.add("i-az1-a");
    site.faults.set("i-az1-a", [RULESET]);

    await run(site);

    expect([...site.checked, ...site.repairs, ...site.sent]).toEqual(["i-az1-a"]);
    expect(site.lines("drift left").map(({ keys }) => keys["hold"])).toEqual([
      { until: ago(-60_000), by: "ana", because: "work" },
      { until: ago(-60_000), by: "ana", because: "work" },
    ]);
  });

  test("when a report is asked for: it has what is found", async () => {
    const site = new Site();
    site.faults.set("i-az1-a", [RULESET]);

    expect((await run(site, report))?.drift).toMatchObject([{ kind: "instance", subject: "i-az1-a" }]);
    expect([...site.repairs, ...site.sent, ...site.cloud.metrics]).toEqual([]);
  });

  test.each(["instances", "members", "routes"])("when %s cannot be read", async (call) => {
    const site = new Site();
    site.checked.add("i-az1-a");
    site.cloud.failing.set(call, new Error("RequestLimitExceeded"));

    await expect(run(site)).rejects.toThrow("RequestLimitExceeded");
    expect([...site.checked]).toEqual(["i-az1-a"]);
  });

  test.each(["acls", "natGroup"] as const)("when %s cannot be read", async (call) => {
    const site = new Site();
    site.checked.add("i-az1-a");
    site.acls = [{ ...ACL, entries: [entry(100)] }];
    const services = site.services();
    const rules = { ...services.rules, [call]: async () => Promise.reject(new Error("RequestLimitExceeded")) };

    await expect(handle(tick, { ...services, rules }, site.invocation)).rejects.toThrow("RequestLimitExceeded");
    expect([[...site.checked], site.acls[0]?.entries]).toEqual([["i-az1-a"], [entry(100)]]);
  });

  test("for an event of another kind", async () => {
    const site = new Site();

    await run(site, busEvent("aws.s3", "Object Created", NOW));

    expect(site.cloud.calls).toEqual([]);
  });
});

test("what cannot be mended stops nothing else", async () => {
  const site = new Site();
  site.checked.add("i-az1-a");
  site.acls = [{ ...ACL, entries: [entry(100)] }];
  const services = site.services({ switchOffSourceDestCheck: async () => Promise.reject(new Error("UnauthorizedOperation")) });

  await handle(tick, services, site.invocation);

  expect(site.acls[0]?.entries).toEqual([entry(100), DENY]);
  expect(site.lines("could not mend")[0]?.keys).toMatchObject({
    kind: "source-dest-check",
    error: new Error("UnauthorizedOperation"),
  });
  expect(site.cloud.metrics).toContain(metric("DriftLeft", 1));
});

test.each([undefined, null, {}, "x", { schema: 2, kind: "report" }])("no event (%j) is refused", async (raw) => {
  await expect(run(new Site(), raw ?? null)).rejects.toThrow(/config-guard takes a Scheduled Event/);
});

test("settings name every variable that is missing", () => {
  expect(() => parseSettings({})).toThrow(/HA_NAT_STATE_PARAMETER is required.*HA_NAT_REPAIR_DOCUMENT is required/);
});
