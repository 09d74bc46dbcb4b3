import { handle } from "../../../../lambdas/functions/config-guard/handler";
import { buildServices } from "../../../../lambdas/functions/config-guard/services";
import { BAD_RECORDS, BAD_TOPOLOGIES, runtimeOf, stored } from "../../support/documents";
import { tickAt } from "../../support/events";
import { NOW } from "../nat-route-failover/support/builders";
import { RULESET, Site } from "./site";

const ENVIRONMENT = { HA_NAT_CHECK_DOCUMENT: "nat-check", HA_NAT_REPAIR_DOCUMENT: "nat-repair" };
const EVENTS = {
  "the schedule's tick": tickAt(NOW),
  "a report": { schema: 1, kind: "report" },
};

describe.each(Object.entries(EVENTS))("%s:", (_name, event) => {
  test.each([...BAD_TOPOLOGIES, ...BAD_RECORDS])(
    "%s that is %s is an error that names it, and nothing is mended",
    async (...bad) => {
      stored(bad);
      const site = new Site();
      site.faults.set("i-az1-a", [RULESET]);
      const services = site.services();
      const { documents } = buildServices(runtimeOf(ENVIRONMENT, services));

      await expect(handle(event, { ...services, documents }, site.invocation)).rejects.toThrow(bad[3]);
      expect([...site.cloud.calls, ...site.repairs, ...site.sent]).toEqual([]);
    },
  );
});
