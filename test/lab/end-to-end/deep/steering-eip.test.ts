/** `prod` with `steering: eip` in the lab: the same fleet without a load balancer, and with that without its opinion on health. */
import type { GamedayRecord } from "../../../lab/gameday/record";
import { describeInNamespaces } from "../support/in-namespaces";
import { lab } from "./lab";
import { ACCELERATED, Operator, expectStolenAddressBack } from "./operator";
import { keepVariantUp } from "./variant";

const FAULTS = ["kill-nat", "drain"];
const CONNECTIONS = 200;

describeInNamespaces("prod with steering: eip in the lab", () => {
  keepVariantUp("prod", { steering: "eip", returnAfterSeconds: 20 }, ...ACCELERATED);

  test("has no load balancer, and is verified by the operator's own script", async () => {
    const operator = await Operator.of("prod");
    const { code, stdout, stderr } = await lab("verify", "--env", "prod");

    expect(await operator.aws("elbv2", "describe-target-groups")).toEqual({ TargetGroups: [] });
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }, 90_000);

  test("every connection outlives its NAT, killed or drained", async () => {
    const asked = ["--faults", FAULTS.join(","), "--times", "1", "--connections", String(CONNECTIONS)];
    const { stdout, stderr } = await lab("gameday", "--json", "--env", "prod", ...asked);
    if (stdout === "") throw new Error(`gameday gave no record: ${stderr}`);
    const { faults } = JSON.parse(stdout) as Pick<GamedayRecord, "faults">;

    expect(faults.map(({ fault }) => fault)).toEqual(FAULTS);
    for (const { fault, runs } of faults) {
      for (const run of runs) {
        // How long TCP pauses is judged where the machine has nothing else to do: gameday.
        const reasons = run.reasons.filter((reason) => !reason.includes("stalled for"));
        const { alive, moves } = run;
        expect({ fault, reasons, alive, moves }).toEqual({ fault, reasons: [], alive: run.connections, moves: 1 });
      }
      expect(runs).toHaveLength(1);
    }
  }, 400_000);

  test("a stolen Elastic IP comes back", async () => {
    await expectStolenAddressBack(await Operator.of("prod"), "use1-az1-l1", "use1-az2-l1");
  }, 120_000);
});
