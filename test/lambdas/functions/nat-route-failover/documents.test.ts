import { buildServices, handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import { BAD_RECORDS, BAD_TOPOLOGIES, runtimeOf, stored } from "../../support/documents";
import { Cloud } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

test.each([...BAD_TOPOLOGIES, ...BAD_RECORDS])(
  "%s that is %s is an error that names it, and nothing is moved",
  async (...bad) => {
    stored(bad);
    const cloud = new Cloud();
    const services = cloud.services();
    const { documents } = buildServices(runtimeOf({}, services));

    await expect(handle(batch(delivered(SWEEP)), { ...services, documents })).rejects.toThrow(bad[3]);
    expect(cloud.writes()).toEqual([]);
  },
);
