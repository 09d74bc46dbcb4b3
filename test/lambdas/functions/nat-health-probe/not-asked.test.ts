import { ProberNotAsked } from "../../../../lambdas/lib/aws/prober-invoker";
import type { Prober } from "../../../../lambdas/lib/aws/prober-invoker";
import { handle } from "../../../../lambdas/functions/nat-health-probe/handler";
import { tickAt } from "../../support/events";
import { answer, silentLog, world } from "./builders";

const tick = tickAt(new Date("2026-01-01T00:00:00Z"));

describe("a prober that Lambda does not start", () => {
  const refused = async ({ proberFunction: name }: Prober) =>
    name === "prober-z2"
      ? Promise.reject(new ProberNotAsked("prober-z2 could not be invoked (TooManyRequestsException)"))
      : answer("z1");

  test("is no broken path: no breach, and no reachability of its lane, good or bad", async () => {
    const { services, invocation, sent, metrics } = world({ askProber: refused });

    await handle(tick, services, invocation);

    expect(sent.map(({ kind }) => kind)).toEqual(["sweep"]);
    expect(metrics.filter(({ dimensions }) => dimensions["Lane"] === "z2-l1")).toEqual([]);
    expect(metrics).toContainEqual({ name: "NATReachability", value: 1, dimensions: { Env: "test", Lane: "z1-l1" } });
  });

  test("is told with the lane and the reason", async () => {
    const warned: unknown[] = [];
    const log = { ...silentLog, warn: (message: string, keys?: object) => void warned.push({ message, ...keys }) };
    const { services } = world({ askProber: refused, log });

    await handle(tick, services, { requestId: "r", remainingMs: () => 0 });

    expect(warned).toEqual([
      {
        message: "a prober could not be asked; nothing is known of its lane",
        lane: "z2-l1",
        error: expect.objectContaining({ message: expect.stringContaining("TooManyRequestsException") }),
      },
    ]);
  });

  test("anywhere, is not the internet: nothing is held and nothing is told of any lane", async () => {
    const { services, invocation, sent, metrics } = world({
      askProber: async () => Promise.reject(new ProberNotAsked("denied")),
    });

    await handle(tick, services, invocation);

    expect(sent.map(({ kind }) => kind)).toEqual(["sweep"]);
    expect(metrics.filter(({ name }) => name === "NATReachability")).toEqual([]);
    expect(metrics.filter(({ name }) => name === "ProbesHeld").every(({ value }) => value === 0)).toBe(true);
  });
});
