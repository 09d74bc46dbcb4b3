import { randomBytes } from "node:crypto";
import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import { event, world } from "./builders";

test.each(["launch", "terminate"] as const)("no line of a %s has the heartbeat key, however it ends", async (kind) => {
  const key = randomBytes(32);
  for (const outcome of ["created", "fails"] as const) {
    const { services, invocation, logged } = world();
    const ensureKey: typeof services.ensureKey = async (keys) => {
      if (outcome === "fails") throw Object.assign(new Error("AccessDenied"), { name: "AccessDenied" });
      return services.ensureKey(keys);
    };
    const newKey = () => ({ schema: 1, current: key.toString("base64") }) as const;

    await handle(event(kind), { ...services, newKey, ensureKey }, invocation).catch(() => undefined);

    const text = JSON.stringify(logged, (_name, value: unknown) =>
      value instanceof Error ? (value.stack ?? value.message) : value,
    );
    expect(logged.length).toBeGreaterThan(0);
    for (const form of [key.toString("base64"), key.toString("hex"), key.toString("base64url")]) expect(text).not.toContain(form);
  }
});
