import type { HealthzResult } from "../../../../contract/prober";
import type { Suspicion } from "../../../../contract/messages";
import { isBroken, isHealthy, isSeenBroken, isSynced, weigh } from "../../../../lambdas/lib/domain/evidence";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import { healthzWith } from "../../support/healthz";

const unhealthy = (by: "healthz" | "word"): Evidence => ({ kind: "unhealthy", by, reasons: [] });

describe("what follows from evidence", () => {
  test.each<[string, Evidence, readonly ("healthy" | "synced" | "broken" | "seen broken")[]]>([
    ["healthy and synced", { kind: "healthy", by: "healthz", synced: true }, ["healthy", "synced"]],
    ["healthy, its flows not copied", { kind: "healthy", by: "healthz", synced: false }, ["healthy"]],
    ["unhealthy by its own answer", unhealthy("healthz"), ["broken", "seen broken"]],
    ["unhealthy by its own word, unseen", unhealthy("word"), ["broken"]],
    ["silent", { kind: "silent", probers: 2 }, ["broken", "seen broken"]],
    ["gone: its group knows, nobody need replace it", { kind: "gone", state: "stopped" }, ["broken"]],
    ["accused by others", { kind: "accused", by: ["i-1", "i-2"] }, ["broken"]],
    ["unobserved", { kind: "unobserved", because: "x" }, []],
  ])("of a NAT that is %s", (_how, evidence, expected) => {
    const found = [
      isHealthy(evidence) ? ["healthy"] : [],
      isSynced(evidence) ? ["synced"] : [],
      isBroken(evidence) ? ["broken"] : [],
      isSeenBroken(evidence) ? ["seen broken"] : [],
    ];

    expect(found.flat()).toEqual(expected);
  });
});

describe("evidence says why", () => {
  const A = { instanceId: "i-a", state: "running" };
  const healthz = healthzWith();
  const look = (...results: readonly HealthzResult[]) => [{ lane: "l1", reached: true, results }] as const;
  const failed = (outcome: "timeout" | "refused" | "malformed"): HealthzResult => ({ instanceId: "i-a", outcome, error: "x" });
  const answered: HealthzResult = { instanceId: "i-a", outcome: "answered", healthz };
  const nothing = { ok: false, consecutiveFailures: 0, lastLatencyMs: null, lastOkAt: null };
  const newborn: HealthzResult = {
    ...answered,
    healthz: healthzWith({ healthy: false, reasons: ["self-probe: no result"], selfProbe: nothing }),
  };
  const failing = { ...healthz.selfProbe, consecutiveFailures: 3, lastOkAt: healthz.at };
  const shutIn: HealthzResult = {
    instanceId: "i-b",
    outcome: "answered",
    healthz: healthzWith({ instanceId: "i-b", healthy: false, selfProbe: failing }),
  };
  const itself = { kind: "suspicion", reporter: "i-a", suspect: "i-a", reporterSelfProbe: { ok: false } } as unknown as Suspicion;

  test.each<[string, () => Evidence, string]>([
    ["the agent refuses", () => weigh(A, look(failed("refused")), []), "the agent is down, the data plane may well work"],
    ["the answer cannot be read", () => weigh(A, look(failed("malformed")), []), "cannot be read, or in another instance's name"],
    ["it boots", () => weigh({ ...A, state: "pending" }, look(failed("timeout")), []), "it is booting"],
    ["no prober was reached", () => weigh(A, [], []), "no prober could be reached"],
    ["its agent has just come back", () => weigh(A, look(newborn), []), "its own probe has no result yet"],
    [
      "it reaches what another does not, and may only be slower to notice",
      () => weigh(A, look(answered, shutIn), []),
      "what ails that one may ail it",
    ],
    ["it suspects itself", () => weigh(A, [], [itself]), "it suspects itself"],
  ])("when %s", (_what, found, why) => {
    const evidence = found();
    const words = "because" in evidence ? [evidence.because] : "reasons" in evidence ? evidence.reasons : [];

    expect(words).toEqual([expect.stringContaining(why)]);
  });

  test("and a NAT that answers that it is not well was seen: it may be replaced for that", () => {
    const unwell = { ...answered, healthz: { ...healthz, healthy: false } };

    expect(isSeenBroken(weigh(A, look(unwell), []))).toBe(true);
  });

  test("and one that does not answer is silent, whatever another finds behind itself", () => {
    const shutIn = { ...healthz, instanceId: "i-b", healthy: false };
    const other: HealthzResult = { instanceId: "i-b", outcome: "answered", healthz: shutIn };

    expect(weigh(A, look(failed("timeout"), other), []).kind).toBe("silent");
  });

  test("and an instance that is starting is asked like any other", () => {
    expect(isHealthy(weigh({ ...A, state: "pending" }, look(answered), []))).toBe(true);
    expect(weigh({ ...A, state: "pending" }, look(failed("malformed")), []).kind).toBe("unobserved");
  });

  test("its own word that it misses another says nothing against it; nor does what others say of others", () => {
    const says = (reporter: string, suspect: string) =>
      ({ ...itself, reporter, suspect, reporterSelfProbe: { ok: true } }) as Suspicion;

    expect(weigh(A, [], [says("i-a", "i-b")]).kind).toBe("healthy");
    expect(weigh(A, [], [says("i-b", "i-x"), says("i-c", "i-x")]).kind).toBe("unobserved");
    expect(weigh(A, [], [says("i-b", "i-a"), says("i-c", "i-x")]).kind).toBe("unobserved");
  });
});
