import { buildServices, handle } from "../../../../lambdas/functions/eip-recover/handler";
import { BAD_TOPOLOGIES, runtimeOf, stored } from "../../support/documents";
import { busEvent, tickAt } from "../../support/events";
import { NOW } from "../nat-route-failover/support/builders";
import { Cloud } from "../nat-route-failover/support/cloud";

const ALLOCATION = { requestParameters: { allocationId: "eipalloc-z1" }, userIdentity: { arn: "arn:eve" } };
const EVENTS = {
  "the schedule's tick": tickAt(NOW),
  "a call": busEvent("aws.ec2", "AWS API Call via CloudTrail", NOW, {
    eventName: "DisassociateAddress",
    eventTime: "2026-03-01T11:59:00Z",
    ...ALLOCATION,
  }),
  "a report": { schema: 1, kind: "report" },
};

describe.each(Object.entries(EVENTS))("%s:", (_name, event) => {
  test.each(BAD_TOPOLOGIES)("%s that is %s is an error that names it, and nothing is looked at or asked for", async (...bad) => {
    stored(bad);
    const cloud = new Cloud();
    const { fleet, routes, addresses, log, clock } = cloud.services();
    const send = async () => Promise.reject(new Error("sent"));
    const services = { ...buildServices(runtimeOf({}, { log, clock })), fleet, routes, addresses, send };

    await expect(handle(event, services)).rejects.toThrow(bad[3]);
    expect(cloud.calls).toEqual([]);
  });
});
