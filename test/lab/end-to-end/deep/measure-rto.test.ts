/** The longer measurements of scripts/measure_rto.sh; what is made of them is tested in evaluate.test.ts. */
import { describeInNamespaces } from "../../support/in-namespaces";
import { keepUp, lab } from "../lab";
import { expectSurvivalAndRemaps, lineOf, measure, thereAndBack, verdicts } from "../rto";

/** What a security group that tracks connections does at each interface: packets from outside pass when the interface saw the flow leave. */
const TRACKED_GROUP = `table ip tracked_group {
  set seen { type ifname . ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service; flags dynamic; size 65535; timeout 10m; }
  chain forward {
    type filter hook forward priority 10; policy accept;
    oifname "igw" meta l4proto { tcp, udp } update @seen { iifname . ip saddr . ip daddr . meta l4proto . th sport . th dport }
    iifname "igw" meta l4proto { tcp, udp } oifname . ip daddr . ip saddr . meta l4proto . th dport . th sport != @seen drop
  }
}`;

describeInNamespaces("measure_rto.sh in prod in the lab", () => {
  keepUp("prod");

  test("there and back every connection survives, and stalls and remaps are seen in packets", async () => {
    await thereAndBack(["handover", "push"]);
  }, 240_000);

  test("zone: to another zone, the Elastic IP with it, and back, every connection survives", async () => {
    const { code, report } = await measure("--case", "zone");

    expect(report.cases).toMatchObject([{ case: "zone", moves: 2, failed: [] }]);
    expectSurvivalAndRemaps(report, [2, 2, 2]);
    expect(verdicts(report)).toMatchObject({ A1: "not tested", A2: "held", A3: "not tested", A4: "held", A5: "held" });
    expect(lineOf(report, "A5")).toMatch(/^2 moves between zones, address .* of 2, public address the same$/);
    expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
  }, 240_000);

  test(
    "blackhole: the lane's prober answers while its lane leads nowhere, and every connection survives the death",
    async () => {
      const { code, report } = await measure("--case", "blackhole");

      expect(report.cases).toMatchObject([{ case: "blackhole", moves: 1, failed: [] }]);
      expectSurvivalAndRemaps(report, [1, 1, 1]);
      expect(verdicts(report)).toMatchObject({ A2: "not tested", A5: "not tested" });
      // An outage of a second: on a busy machine no invocation falls into it. Every one that did was answered.
      expect(lineOf(report, "A6")).toMatch(
        /^(\d+ times the lane's egress-prober answered that its path is broken|no invocation of the egress-prober fell into the outage)$/,
      );
      // Nobody makes a load balancer wrong: that it happened can only be seen.
      expect(["held", "not tested"]).toContain(verdicts(report).A7);
      expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
    },
    // Before it, every NAT must hold its copies again; after it, a new one boots.
    400_000,
  );

  test("push: a security group that tracks connections is found out", async () => {
    const loaded = await lab("exec", "--env", "prod", "router", "--", "nft", TRACKED_GROUP);
    expect(loaded).toMatchObject({ code: 0 });

    const { code, report } = await measure("--case", "push");

    expect(verdicts(report)).toMatchObject({ A1: "not held", A3: "held" });
    expect(report.assumptions[0]?.seen).toMatch(/^\d+ of \d+ connections in which only the server speaks stopped, while all 8 /);
    expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false });
  }, 240_000);
});
