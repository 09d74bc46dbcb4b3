/** Two lanes per zone on two NATs in the lab: each NAT serves one and stands by for the other. */
import type { LabStatus } from "../../../../lab/holder/status";
import { describeInNamespaces } from "../../support/in-namespaces";
import { serverOf, until } from "../lab";
import { expectSurvival } from "../survival";
import { keepVariantUp } from "../variant";

const ZONES = ["use1-az1", "use1-az2", "use1-az4"];
const NATS = 2 * ZONES.length;

const servers = (status: LabStatus): ReadonlySet<string> =>
  new Set(ZONES.flatMap((zone) => [1, 2].map((lane) => serverOf(status, `${zone}-l${lane}`))));

describeInNamespaces("prod with two lanes per zone in the lab", () => {
  keepVariantUp("prod", { lanesPerZone: 2, instanceType: "c7g.large", returnAfterSeconds: 20 });

  test("every NAT serves one lane", async () => {
    await until("prod", "each lane has a NAT of its own", (status) => servers(status).size === NATS, 240);
  }, 250_000);

  test("one dies: its connections live on beside the other's, which lose no packet", async () => {
    await expectSurvival("prod", { "kill-nat": 1 });
  }, 400_000);

  test("its successor takes a lane of its zone when all is quiet", async () => {
    await until("prod", "each lane has a NAT of its own again", (status) => servers(status).size === NATS, 240);
  }, 250_000);
});
