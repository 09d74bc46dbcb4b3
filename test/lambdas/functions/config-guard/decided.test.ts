import { handle } from "../../../../lambdas/functions/config-guard/handler";
import { tickAt } from "../../support/events";
import { ago, lane, NOW, RECORD, worldWith } from "../nat-route-failover/support/builders";
import { RULESET, Site } from "./site";

const run = (site: Site) => handle(tickAt(NOW), site.services(), site.invocation);
const decided = (site: Site) => site.lines("decided").map(({ keys }) => keys);
const withoutRoute = () => {
  const site = new Site();
  site.cloud.world = worldWith({}, [{ ...lane("az1-l1", "az1-a"), route: { state: "missing" } }]);
  return site;
};

describe("the line of a decision", () => {
  test("has what was found, what is done about each and why", async () => {
    const site = withoutRoute();
    site.checked.add("i-az1-b");
    site.faults.set("i-az1-a", [RULESET]);

    await run(site);

    expect(decided(site)).toEqual([
      {
        correlationId: `config-guard-${NOW.getTime()}`,
        evidence: [
          "az1-l1: no default route",
          "i-az1-b: source/destination check on",
          expect.stringMatching(/^i-az1-a: ruleset: table ip ha_nat was changed/),
        ],
        plan: [
          { kind: "ask-door", subject: "az1-l1", because: "nat-route-failover is the one writer of routes" },
          { kind: "switch-off-source-dest-check", subject: "i-az1-b", because: expect.stringContaining("EC2 drops") },
          { kind: "repair", subject: "i-az1-a", because: expect.stringContaining("nat-check fails") },
        ],
      },
    ]);
  });

  test("says why nothing is done during a hold", async () => {
    const site = withoutRoute();
    const hold = { until: ago(-60_000), by: "ana", because: "work" };
    site.record = { ...RECORD, hold };

    await run(site);

    const because = `moves are held by ana until ${hold.until}: work`;
    expect(decided(site)).toMatchObject([{ hold, plan: [{ kind: "tell", subject: "az1-l1", because }] }]);
  });

  test("is there for a replacement, too", async () => {
    const site = new Site();
    site.faults.set("i-az1-a", [RULESET]);
    site.hopeless.add("i-az1-a");

    await run(site);

    expect(decided(site)[1]).toMatchObject({
      evidence: [expect.stringMatching(/^a repair did not help: ruleset: /)],
      plan: [{ kind: "replace", subject: "i-az1-a", because: expect.stringContaining("the first of its zone") }],
    });
  });

  test("is not there where nothing was found", async () => {
    const site = new Site();

    await run(site);

    expect(decided(site)).toEqual([]);
  });

  test("is short, however much a check has to say", async () => {
    const site = new Site();
    site.faults.set("i-az1-a", [{ ...RULESET, detail: "x".repeat(20_000) }]);

    await run(site);

    expect(JSON.stringify(decided(site)).length).toBeLessThan(1_000);
  });
});

test.each([
  ["a route to be repaired", withoutRoute],
  [
    "a NAT to be replaced",
    () => {
      const site = new Site();
      site.faults.set("i-az1-a", [RULESET]);
      site.hopeless.add("i-az1-a");
      return site;
    },
  ],
])("who asks for %s says so first, under the ID that nat-route-failover hears", async (_what, make) => {
  const site = make();

  await run(site);

  const { lines } = site.cloud;
  const [message] = site.sent;
  const asked = lines.findIndex(({ keys }) => keys["correlationId"] === message?.correlationId);
  const isIt = (ids: unknown) => JSON.stringify(ids) === JSON.stringify([message?.correlationId]);
  const heard = lines.findIndex(({ keys }) => isIt(keys["correlationIds"]));
  expect(site.sent).toHaveLength(1);
  expect([lines[asked]?.message, lines[heard]?.message]).toEqual(["decided", "decided"]);
  expect(asked).toBeLessThan(heard);
});
