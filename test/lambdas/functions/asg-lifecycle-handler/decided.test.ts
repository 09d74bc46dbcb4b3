import { handle } from "../../../../lambdas/functions/asg-lifecycle-handler/handler";
import { event, world } from "./builders";

const evidences = ({ logged }: ReturnType<typeof world>) =>
  logged.flatMap(({ message, keys }) => (message === "decided" ? [(keys as { readonly evidence?: unknown }).evidence] : []));

describe("the line of a decision", () => {
  test("has what was seen: of the instance, its lanes, and who is a peer and who should be", async () => {
    const it = world();

    await handle(event("launch"), it.services, it.invocation);

    const all = evidences(it);
    expect(all[0]).toEqual({
      lifecycle: "Pending:Wait",
      instance: "coming",
      published: [],
      derived: ["i-1"],
      lanes: [{ lane: "z1-l1", servedBy: null }],
      serves: [],
      stranded: [],
    });
    expect(all.at(-1)).toMatchObject({ published: ["i-1"], serves: ["z1-l1", "z2-l1"] });
    expect(all).not.toContain(undefined);
  });

  test("says why nothing was seen", async () => {
    const it = world();
    const fleet = { ...it.services.fleet, members: async () => Promise.reject(new Error("Rate exceeded")) };

    await handle(event("terminate"), { ...it.services, fleet }, it.invocation);

    expect(evidences(it)[0]).toEqual({ blind: "Rate exceeded" });
  });
});

test("who asks for an election says so first, under the ID that nat-route-failover hears", async () => {
  const it = world();
  it.state.electionsWork = false;

  await handle(event("launch"), it.services, it.invocation);

  const said = it.logged.flatMap(({ message, keys }) => (message === "asks for an election" ? [keys] : []));
  expect(it.sent.length).toBeGreaterThan(1);
  expect(said).toEqual(it.sent.map(({ correlationId }) => ({ correlationId, because: "launched" })));
});
