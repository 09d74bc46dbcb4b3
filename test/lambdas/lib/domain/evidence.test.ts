import type { Healthz } from "../../../../contract/healthz";
import type { Suspicion } from "../../../../contract/messages";
import { weigh } from "../../../../lambdas/lib/domain/evidence";
import type { Look } from "../../../../lambdas/lib/domain/evidence";
import { healthzWith } from "../../support/healthz";

const A = { instanceId: "i-a", state: "running" };

const answered = (difference: Partial<Healthz> = {}): Look => ({
  lane: "l1",
  reached: true,
  results: [{ instanceId: "i-a", outcome: "answered", healthz: healthzWith(difference) }],
});
const failed = (outcome: "timeout" | "refused" | "malformed"): Look => ({
  lane: "l2",
  reached: true,
  results: [{ instanceId: "i-a", outcome, error: "it did not" }],
});
const unreached: Look = { lane: "l3", reached: false, error: "the prober timed out" };

const suspicion = (reporter: string, suspect: string, ok = true): Suspicion => ({
  schema: 1,
  env: "test",
  at: "2026-03-01T12:00:00.000Z",
  correlationId: "c",
  kind: "suspicion",
  reporter,
  reporterBootId: "boot",
  sequence: 1,
  suspect,
  reason: "missed-heartbeats",
  observers: [reporter],
  reporterSelfProbe: { ok, consecutiveFailures: ok ? 0 : 3 },
});

describe("the evidence about a NAT", () => {
  test.each<[string, Partial<Healthz>, boolean]>([
    ["when rules and sysctls are right", {}, true],
    ["not when its rules are wrong", { ruleset: { ok: false, digest: "", expected: "" } }, false],
    ["not when its sysctls are wrong", { sysctls: { ok: false, wrong: ["net.ipv4.ip_forward"] } }, false],
  ])("blames what is outside of one that says it is not well %s", (_what, difference, outside) => {
    const evidence = weigh(A, [answered({ healthy: false, ...difference })], []);

    expect("outside" in evidence && evidence.outside === true).toBe(outside);
  });

  describe("that is well while another finds fault with the outside", () => {
    const at = (second: number) =>
      ({ lastOkAt: `2026-03-01T11:59:5${second.toFixed(3)}Z`, consecutiveFailures: 3 }) as Healthz["selfProbe"];
    const well = (second: number) => ({ ...at(9.99), wellSince: `2026-03-01T11:59:5${second.toFixed(3)}Z` });
    const beside = (own: Healthz["selfProbe"], other: Partial<Healthz>): readonly Look[] => {
      const healthz = healthzWith({ instanceId: "i-b", healthy: false, selfProbe: at(1), ...other });
      return [
        answered({ selfProbe: own }),
        { lane: "l2", reached: true, results: [{ instanceId: "i-b", outcome: "answered", healthz }] },
        unreached,
      ];
    };

    test.each<[string, Healthz["selfProbe"], Partial<Healthz>, string]>([
      ["it has reached it since: it is a refuge", at(1.15), {}, "healthy"],
      ["it has not: what ails the other may ail it", at(1.149), {}, "unobserved"],
      ["it never has", { ...at(1), lastOkAt: null }, {}, "unobserved"],
      ["nor has the other: nothing says that it was ever there", at(0), { selfProbe: { ...at(1), lastOkAt: null } }, "healthy"],
      [
        "its clock is behind the other's",
        at(1.15),
        { at: "2026-03-01T12:01:00.000Z", selfProbe: { ...at(1), lastOkAt: "2026-03-01T12:00:51.000Z" } },
        "healthy",
      ],
      ["it has been well for three seconds", well(7), {}, "healthy"],
      ["it has been well for less: it may only be the first that comes back", well(7.001), {}, "unobserved"],
      ["it is well and was never: as if since now", { ...well(7), wellSince: null }, {}, "unobserved"],
      [
        "the other fails by something else, not by its probe",
        at(0),
        { selfProbe: { ...at(9.9), consecutiveFailures: 0 } },
        "healthy",
      ],
      ["the other's own rules are wrong", at(1), { ruleset: { ok: false, digest: "", expected: "" } }, "healthy"],
      ["the other is well", at(1), { healthy: true }, "healthy"],
    ])("%s", (_what, own, other, kind) => {
      expect(weigh(A, beside(own, other), []).kind).toBe(kind);
    });
  });

  describe("whose agent has just come back, with no result of its own probe", () => {
    const selfProbe = { ok: false, consecutiveFailures: 0, lastLatencyMs: null, lastOkAt: null };
    const newborn = { healthy: false, reasons: ["self-probe: no result, so the path to the internet is unknown"], selfProbe };

    test.each<[string, Partial<Healthz>, boolean, string]>([
      ["is not known to be broken", newborn, false, "unobserved"],
      ["is, when the probes of all its lanes fail", newborn, true, "unhealthy"],
      ["is, when its rules are wrong", { ...newborn, ruleset: { ok: false, digest: "", expected: "" } }, false, "unhealthy"],
      ["is, when its sysctls are wrong", { ...newborn, sysctls: { ok: false, wrong: ["x"] } }, false, "unhealthy"],
      [
        "is, when it finds another fault",
        { ...newborn, reasons: [...newborn.reasons, "facts: not read yet"] },
        false,
        "unhealthy",
      ],
      [
        "is, when a connection has failed",
        { ...newborn, selfProbe: { ...selfProbe, consecutiveFailures: 1 } },
        false,
        "unhealthy",
      ],
    ])("%s", (_what, difference, breached, kind) => {
      expect(weigh(A, [answered(difference)], [], breached).kind).toBe(kind);
    });
  });

  test("a refused connection says that the agent is down, not the NAT, unless the paths of all its lanes are broken too", () => {
    expect(weigh(A, [failed("refused"), failed("timeout")], []).kind).toBe("unobserved");
    expect(weigh(A, [failed("refused"), failed("timeout")], [], true).kind).toBe("silent");
    expect(weigh(A, [failed("refused"), answered()], []).kind).toBe("healthy");
  });

  test("its own word that it is well stands: the probes of a lane speak for that lane", () => {
    expect(weigh(A, [answered()], [], true).kind).toBe("healthy");
  });

  test("its own word in a suspicion is not believed against the silence that probers found", () => {
    expect(weigh(A, [failed("timeout"), unreached], [suspicion("i-a", "i-b")]).kind).toBe("silent");
  });

  test.each([
    ["off", { synced: true }],
    ["alone", { synced: true, holds: [] }],
    ["synced", { synced: true, replica: true, holds: ["i-b", "i-c"] }],
    ["syncing", { synced: false, holds: ["i-b"] }],
    ["degraded", { synced: false, holds: ["i-b"] }],
  ])("says of a NAT whose replication is %s: %j", (state, flows) => {
    const peers = ["i-b", "i-c"].map((instanceId) => ({ instanceId, synced: state === "synced" || instanceId === "i-b" }));
    const replication = {
      state,
      ...(state === "off" ? {} : { peers: state === "alone" ? [] : peers }),
    } as Healthz["replication"];

    expect(weigh(A, [answered({ replication })], [])).toEqual({ kind: "healthy", by: "healthz", ...flows });
  });

  test("is its own answer, when any prober got one", () => {
    expect(weigh(A, [failed("timeout"), answered()], [])).toMatchObject({ kind: "healthy", by: "healthz", synced: true });
    expect(
      weigh(A, [answered({ healthy: false, reasons: ["rules gone"], ruleset: { ok: false, digest: "", expected: "" } })], []),
    ).toMatchObject({
      kind: "unhealthy",
      reasons: ["rules gone"],
    });
  });

  test("is the newest answer, and the worse one of the same moment", () => {
    const later = { at: "2026-03-01T12:00:00.100Z" };

    expect(weigh(A, [answered({ healthy: false }), answered(later)], []).kind).toBe("healthy");
    expect(weigh(A, [answered(), answered({ healthy: false })], []).kind).toBe("unhealthy");
  });

  test("is silence when probers are alive and none got through", () => {
    expect(weigh(A, [failed("timeout"), failed("timeout"), unreached], [])).toEqual({ kind: "silent", probers: 2 });
  });

  test("is no observation when no prober could be reached", () => {
    expect(weigh(A, [unreached], []).kind).toBe("unobserved");
    expect(weigh(A, [], []).kind).toBe("unobserved");
    expect(weigh(A, [{ lane: "l1", reached: true, results: [] }], []).kind).toBe("unobserved");
  });

  test("is no observation when what answered cannot be read or is somebody else", () => {
    expect(weigh(A, [failed("malformed"), failed("timeout")], []).kind).toBe("unobserved");
    expect(weigh(A, [answered({ instanceId: "i-other" })], []).kind).toBe("unobserved");
  });

  test("is no silence while the instance boots, and nothing else once it does not run", () => {
    expect(weigh({ ...A, state: "pending" }, [failed("timeout")], []).kind).toBe("unobserved");
    expect(weigh({ ...A, state: "shutting-down" }, [answered()], [])).toEqual({ kind: "gone", state: "shutting-down" });
  });
});

describe("the word of NATs", () => {
  test("counts only where no prober could be reached", () => {
    const words = [suspicion("i-b", "i-a"), suspicion("i-c", "i-a")];

    expect(weigh(A, [answered()], words).kind).toBe("healthy");
    expect(weigh(A, [unreached], words)).toEqual({ kind: "accused", by: ["i-b", "i-c"] });
  });

  test("needs two that say so themselves, each with a healthy self-probe", () => {
    expect(weigh(A, [unreached], [suspicion("i-b", "i-a")]).kind).toBe("unobserved");
    expect(weigh(A, [unreached], [suspicion("i-b", "i-a"), suspicion("i-b", "i-a")]).kind).toBe("unobserved");
    expect(weigh(A, [unreached], [suspicion("i-b", "i-a"), suspicion("i-c", "i-a", false)]).kind).toBe("unobserved");
  });

  test("is believed about itself", () => {
    expect(weigh(A, [unreached], [suspicion("i-a", "i-b")])).toEqual({ kind: "healthy", by: "word", synced: false });
    expect(weigh(A, [unreached], [suspicion("i-a", "i-b"), suspicion("i-a", "i-a", false)])).toMatchObject({
      kind: "unhealthy",
      by: "word",
    });
  });
});
