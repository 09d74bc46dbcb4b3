import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import { event, world } from "./builders";

test("a NAT that launches does not wait for a lane whose route table somebody deleted", async () => {
  const { services, invocation, did, state } = world();
  state.electionsWork = false;
  const defaultRoutes = async (ids: readonly string[]) =>
    new Map([...(await services.routes.defaultRoutes(ids))].filter(([id]) => id !== "rtb-z1"));

  await handle(event("launch"), { ...services, routes: { defaultRoutes } }, invocation);

  expect(did.at(-1)).toBe("CONTINUE asg-z1 hook-1 token-1 i-1");
});
