import { buildServices, handle } from "../../../../lambdas/functions/nat-health-probe/handler";
import { BAD_PEERS, BAD_TOPOLOGIES, runtimeOf, stored } from "../../support/documents";
import { tickAt } from "../../support/events";
import { world } from "./builders";

const ENVIRONMENT = {
  HA_NAT_LIFECYCLE_FUNCTION: "handler",
  HA_NAT_LAUNCH_DEADLINE_SECONDS: "240",
  HA_NAT_PROBE_INTERVAL_SECONDS: "5",
  HA_NAT_PROBE_DEADLINE_MS: "2000",
  HA_NAT_BREACH_FAILURES: "2",
  HA_NAT_BREACH_WINDOW: "3",
};
const EVENTS = {
  "the schedule's tick": tickAt(new Date("2026-01-01T00:00:00Z")),
  "a report": { schema: 1, kind: "report" },
};

describe.each(Object.entries(EVENTS))("%s:", (_name, event) => {
  test.each([...BAD_TOPOLOGIES, ...BAD_PEERS])(
    "%s that is %s is an error that names it, and nobody is asked or told",
    async (...bad) => {
      stored(bad);
      const { services, invocation, sent, asked, handed } = world();
      const { readFleet } = buildServices(runtimeOf(ENVIRONMENT, services));

      await expect(handle(event, { ...services, readFleet }, invocation)).rejects.toThrow(bad[3]);
      expect([...sent, ...asked, ...handed]).toEqual([]);
    },
  );
});
