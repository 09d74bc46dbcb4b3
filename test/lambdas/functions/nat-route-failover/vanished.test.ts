import { handle } from "../../../../lambdas/functions/nat-route-failover/handler";
import type { Services } from "../../../../lambdas/functions/nat-route-failover/services";
import { floatingOf } from "./support/builders";
import { silence } from "./support/cloud";
import { batch, delivered, SWEEP } from "./support/messages";

/** The cloud as seen by EC2 when it does not have this route table or Elastic IP. */
function without(id: string, services: Services): Services {
  const drop = <T>(all: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...all].filter(([key]) => key !== id));
  return {
    ...services,
    routes: { ...services.routes, defaultRoutes: async (ids) => drop(await services.routes.defaultRoutes(ids)) },
    addresses: { ...services.addresses, associations: async (ids) => drop(await services.addresses.associations(ids)) },
  };
}

describe("of what somebody deleted, nothing is done, and everything of the rest", () => {
  test("the other lanes move when one lane's route table is gone", async () => {
    const cloud = silence("az1-a", "az2-a");

    await handle(batch(delivered(SWEEP)), without("rtb-az2-l1", cloud.services()));

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.writes().filter((call) => call.includes("az2-l1"))).toEqual([]);
  });

  test("a lane whose Elastic IP was released moves with its route; nobody asks for the address", async () => {
    const cloud = silence("az1-a");

    await handle(batch(delivered(SWEEP)), without("eipalloc-az1-l1", cloud.services()));

    expect(cloud.routeOf("az1-l1")).toBe("eni-az1-b");
    expect(cloud.writes()).not.toContain(`bring ${floatingOf("az1-l1")}`);
    expect(cloud.writes()).not.toContain("associate eipalloc-az1-l1");
  });

  test("and nothing is written down as moved", async () => {
    const cloud = silence("az2-a");

    await handle(batch(delivered(SWEEP)), without("rtb-az2-l1", cloud.services()));

    expect(cloud.routeOf("az2-l1")).toBe("eni-az2-a");
    expect(cloud.metrics.filter((line) => line.startsWith("LaneMoves"))).toEqual([]);
  });
});
