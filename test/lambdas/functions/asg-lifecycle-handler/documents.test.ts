import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import { buildServices } from "../../../../lambdas/functions/asg-lifecycle-handler/services";
import { parseSettings } from "../../../../lambdas/functions/asg-lifecycle-handler/settings";
import { BAD_PEERS, BAD_TOPOLOGIES, DOCUMENT_ENVIRONMENT, runtimeOf, stored } from "../../support/documents";
import { event, world } from "./builders";

const ENVIRONMENT = { HA_NAT_CHECK_DOCUMENT: "nat-check", HA_NAT_LAUNCH_DEADLINE_SECONDS: "240" };

describe.each(["launch", "terminate"] as const)("%s:", (kind) => {
  test.each([...BAD_TOPOLOGIES, ...BAD_PEERS])(
    "%s that is %s ends the run: no hook is answered, nothing is done",
    async (...bad) => {
      stored(bad);
      const { services, invocation, did } = world();
      const { readTopology, readPeers } = buildServices(runtimeOf(ENVIRONMENT, services));

      await expect(handle(event(kind), { ...services, readTopology, readPeers }, invocation)).rejects.toThrow(bad[3]);
      expect(did).toEqual([]);
    },
  );
});

test.each(BAD_PEERS)("%s that is %s stops a sweep", async (...bad) => {
  stored(bad);
  const { services, invocation, did } = world();
  const { readPeers } = buildServices(runtimeOf(ENVIRONMENT, services));

  await expect(handle({ schema: 1, kind: "sweep-stale" }, { ...services, readPeers }, invocation)).rejects.toThrow(bad[3]);
  expect(did).toEqual([]);
});

describe("settings", () => {
  const environment = { ...DOCUMENT_ENVIRONMENT, ...ENVIRONMENT };

  test("come from the environment", () => {
    expect(parseSettings(environment)).toEqual({
      env: "test",
      topologyParameter: "/ha-nat/test/topology",
      peersParameter: "/ha-nat/test/peers",
      heartbeatKeyParameter: "/ha-nat/test/heartbeat-key",
      queueUrl: "https://queue/1",
      checkDocument: "nat-check",
      launchDeadlineSeconds: 240,
    });
  });

  test("name every variable that is missing", () => {
    expect(() => parseSettings({})).toThrow(/HA_NAT_ENV is required.*HA_NAT_LAUNCH_DEADLINE_SECONDS is required, it is not set/);
  });

  // Lambda ends a run after 900 s: the hook must be answered before.
  test.each(["9", "881", "4 minutes"])("refuse a launch deadline of %s", (seconds) => {
    expect(() => parseSettings({ ...environment, HA_NAT_LAUNCH_DEADLINE_SECONDS: seconds })).toThrow(
      `HA_NAT_LAUNCH_DEADLINE_SECONDS must be a whole number from 10 to 880, got "${seconds}"`,
    );
  });
});
