import fc from "fast-check";
import type { Leave } from "../../contract/messages";
import { LeaveWatch, type LeaveAnswer, type LeaveSources } from "../../instance/agent/leave-watch";
import { standingOf } from "../../instance/agent/leave-sources";
import { createLog } from "../../instance/agent/log";
import {
  decideLeave,
  LINGER_MS,
  SAY_AGAIN_MS,
  type LeaveInput,
  type LeaveMemory,
  type LeaveRequest,
  type Notices,
  type Standing,
} from "../../instance/agent/leaving";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const quiet: Notices = { spotAction: false, rebalance: false, targetLifecycle: "InService" };
const drain: LeaveRequest = { id: "r1", because: "drain", force: false, until: NOW + 60_000 };
const serving: Standing = { lanes: ["use1-az1-l1"], leaving: false, refusal: null };
const free: Standing = { lanes: [], leaving: true, refusal: null };

function memoryOf(input: Partial<LeaveInput>, saidAt: number): LeaveMemory {
  const { memory } = decide({ ...input, now: saidAt, memory: null });
  if (memory === null) throw new Error("no cause");
  return memory;
}

const decide = (input: Partial<LeaveInput>) =>
  decideLeave({ now: NOW, notices: quiet, request: null, standing: null, memory: null, ...input });

describe("whether and why a NAT leaves", () => {
  test.each<readonly [string, Partial<LeaveInput>, Leave["because"] | undefined]>([
    ["nothing", {}, undefined],
    ["Spot", { notices: { ...quiet, spotAction: true, rebalance: true }, request: drain }, "spot-interruption"],
    ["a group that ends it", { notices: { ...quiet, targetLifecycle: "Terminated" } }, "shutdown"],
    ["a machine that stops", { request: { ...drain, because: "shutdown" } }, "shutdown"],
    ["a person", { request: drain, notices: { ...quiet, rebalance: true } }, "drain"],
    ["a rebalance", { notices: { ...quiet, rebalance: true } }, "rebalance"],
    ["a request that nobody waits for any more", { request: { ...drain, until: NOW } }, undefined],
  ])("%s", (_, input, because) => {
    const { cause, say, outcome } = decide(input);

    expect(cause?.because).toBe(because);
    expect({ say, outcome }).toEqual(because === undefined ? { say: false, outcome: "none" } : { say: true, outcome: "asked" });
  });

  test("a request is answered under its ID, whatever else presses", () => {
    expect(decide({ request: drain, notices: { ...quiet, spotAction: true } }).cause?.request).toBe("r1");
  });
});

describe("how long it asks", () => {
  const since = (ms: number, standing: Standing | null, request: LeaveRequest = drain) =>
    decide({ request, standing, memory: memoryOf({ request }, NOW - ms) });

  test("again after three seconds, not before", () => {
    expect(since(SAY_AGAIN_MS - 1, serving)).toMatchObject({ outcome: "asked", say: false });
    expect(since(SAY_AGAIN_MS, serving)).toMatchObject({
      outcome: "asked",
      say: true,
      why: expect.stringContaining("use1-az1-l1"),
    });
  });

  test("at once when the cause becomes another one", () => {
    const memory = memoryOf({ request: drain }, NOW - 10);

    expect(decide({ request: { ...drain, id: "r2", force: true }, memory }).say).toBe(true);
    expect(decide({ request: drain, notices: { ...quiet, spotAction: true }, memory }).say).toBe(true);
  });

  test("until no lane was served by it for a while: EC2 shows a move before it works", () => {
    const lingering = since(SAY_AGAIN_MS, free);
    expect(lingering).toMatchObject({ outcome: "asked", say: false, memory: { freeSince: NOW } });

    const { memory } = lingering;
    const after = (ms: number) => decide({ request: drain, standing: free, memory, now: NOW + ms });
    expect(after(LINGER_MS - 1)).toMatchObject({ outcome: "asked", say: false });
    expect(after(LINGER_MS)).toMatchObject({ outcome: "handed-over", say: false });
  });

  test("anew when a lane comes back, and the while begins anew", () => {
    const { memory } = decide({ request: drain, standing: free, memory: since(SAY_AGAIN_MS, free).memory, now: NOW + LINGER_MS });

    const back = decide({ request: drain, standing: serving, memory });
    expect(back).toMatchObject({ outcome: "asked", say: true, memory: { freeSince: null } });
    expect(decide({ request: drain, standing: free, memory: back.memory })).toMatchObject({ outcome: "asked", say: false });
  });

  test("a drain of a standby waits until its leaving is on record: nobody may elect it when it stops", () => {
    const unrecorded = { ...free, leaving: false };
    const later = (request: LeaveRequest) =>
      decide({ request, standing: unrecorded, memory: since(100, unrecorded, request).memory, now: NOW + LINGER_MS });

    expect(later(drain)).toMatchObject({ outcome: "asked", say: true });
    expect(later({ ...drain, because: "shutdown" })).toMatchObject({ outcome: "handed-over" });
  });

  test("what was never read is not a state without lanes", () => {
    expect(since(60, null)).toMatchObject({ outcome: "asked", why: "the state parameter has not been read since" });
  });
});

describe("a refusal", () => {
  const refused = (at: number): Standing => ({
    ...serving,
    refusal: { at: new Date(at).toISOString(), because: "the last one" },
  });
  const since = (ms: number, standing: Standing, request: LeaveRequest = drain) =>
    decide({ request, standing, memory: memoryOf({ request }, NOW - ms) });

  test("ends an unforced drain, with its reason", () => {
    expect(since(2_000, refused(NOW - 1_000))).toMatchObject({ outcome: "refused", why: "the last one", say: false });
  });

  test("of an earlier drain counts only when it stays", () => {
    expect(since(2_000, refused(NOW - 60_000))).toMatchObject({ outcome: "asked" });
    expect(since(10_000, refused(NOW - 60_000))).toMatchObject({ outcome: "refused" });
  });

  test("stops neither force nor what happens anyway", () => {
    expect(since(2_000, refused(NOW), { ...drain, force: true })).toMatchObject({ outcome: "asked" });
    expect(since(2_000, refused(NOW), { ...drain, because: "shutdown" })).toMatchObject({ outcome: "asked" });
  });
});

const inputs = fc.record({
  notices: fc.record({
    spotAction: fc.boolean(),
    rebalance: fc.boolean(),
    targetLifecycle: fc.constantFrom("InService", "Terminated", null),
  }),
  request: fc.option(
    fc.record({
      id: fc.constantFrom("r1", "r2"),
      because: fc.constantFrom("drain" as const, "shutdown" as const),
      force: fc.boolean(),
      until: fc.constantFrom(NOW - 1, NOW + 3_600_000),
    }),
  ),
  standing: fc.option(fc.constantFrom(serving, free, { ...free, leaving: false })),
});

test("whatever happens: never handed over with a lane known, never silent for long while asked, never two messages at once", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(inputs, fc.integer({ min: 1, max: 5_000 })), { maxLength: 40 }), (steps) => {
      let memory: LeaveMemory | null = null;
      let now = NOW;
      for (const [input, ms] of steps) {
        now += ms;
        const before: LeaveMemory | null = memory;
        const decision = decideLeave({ ...input, now, memory });
        memory = decision.memory;
        if (decision.outcome === "handed-over") expect(input.standing?.lanes).toEqual([]);
        const lingers = memory !== null && memory.freeSince !== null;
        if (decision.outcome === "asked" && !lingers) expect(now - (memory?.saidAt ?? 0)).toBeLessThan(SAY_AGAIN_MS);
        if (decision.outcome === "handed-over") expect(now - (memory?.freeSince ?? now)).toBeGreaterThanOrEqual(LINGER_MS);
        if (decision.say && before !== null && JSON.stringify(before.cause) === JSON.stringify(decision.cause)) {
          expect(now - before.saidAt).toBeGreaterThanOrEqual(SAY_AGAIN_MS);
        }
        expect(decision.cause === null).toBe(decision.outcome === "none");
      }
    }),
  );
});

test("the record's word about this NAT, and about it alone", () => {
  const record = {
    lanes: Object.fromEntries(
      Object.entries({ b: "i-1", a: "i-1", c: "i-2", d: null }).map(([lane, servedBy]) => [lane, { servedBy, movedAt: null }]),
    ),
    leaving: { "i-2": "2026-11-21T12:00:00Z" },
    refusals: { "i-1": { at: "2026-11-21T12:00:00Z", because: "no" } },
  };

  expect(standingOf(record, "i-1")).toEqual({
    lanes: ["a", "b"],
    leaving: false,
    refusal: { at: "2026-11-21T12:00:00Z", because: "no" },
  });
  expect(standingOf(record, "i-2")).toEqual({ lanes: ["c"], leaving: true, refusal: null });
  expect(standingOf(undefined, "i-1")).toEqual({ lanes: [], leaving: false, refusal: null });
});

describe("the watch", () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  function watching(change: Partial<LeaveSources> = {}) {
    const said: { readonly message: Leave; readonly id: string }[] = [];
    const answers: LeaveAnswer[] = [];
    const lines: Record<string, unknown>[] = [];
    const state = { now: NOW, elapsed: 0, notices: quiet, request: null as LeaveRequest | null, standing: serving, reads: 0 };
    const sources: LeaveSources = {
      now: () => state.now,
      elapsed: () => state.elapsed,
      notices: async () => state.notices,
      request: () => state.request,
      standing: async () => {
        state.reads += 1;
        return state.standing;
      },
      answer: (answer) => answers.push(answer),
      say: (message, id) => said.push({ message, id }),
      ...change,
    };
    const log = createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>));
    const watch = new LeaveWatch({ env: "test", instanceId: "i-1", bootId: "boot" }, sources, log);
    const run = async (ms: number) => {
      for (const end = state.elapsed + ms; state.elapsed < end; state.elapsed += 250, state.now += 250) {
        watch.tick();
        await settle();
      }
    };
    return { said, answers, lines, state, run };
  }

  test("asks nobody anything but metadata while there is no cause", async () => {
    const { said, answers, state, run } = watching();

    await run(20_000);

    expect({ said, reads: state.reads, outcomes: answers.map(({ outcome }) => outcome) }).toEqual({
      said: [],
      reads: 0,
      outcomes: ["none"],
    });
  });

  test("says it of itself, under IDs that no suspicion has, until the record frees it", async () => {
    const { said, answers, state, run } = watching();
    state.request = drain;
    await run(7_000);
    state.standing = free;
    await run(10_000);

    expect(said.map(({ id }) => id)).toEqual(["boot-leave-1", "boot-leave-2", "boot-leave-3"]);
    expect(said[0]?.message).toMatchObject({
      ...{ schema: 1, kind: "leave", env: "test", reporter: "i-1", instanceId: "i-1", because: "drain", force: false },
      correlationId: "r1",
    });
    expect(answers.at(-1)).toMatchObject({ request: "r1", outcome: "handed-over", lanes: [] });
  });

  test("does not take what was answered to one request for the answer to the next", async () => {
    const { answers, state, run } = watching();
    state.request = drain;
    state.standing = { ...serving, refusal: { at: new Date(NOW).toISOString(), because: "the last one" } };
    await run(500);
    expect(answers.at(-1)).toMatchObject({ request: "r1", outcome: "refused" });

    state.standing = serving;
    state.request = { ...drain, id: "r2" };
    await run(1_000);

    expect(answers.filter(({ request }) => request === "r2").map(({ outcome }) => outcome)).not.toContain("refused");
  });

  test("a Spot notice is heard within five seconds", async () => {
    const { said, state, run } = watching();
    await run(1_000);
    state.notices = { ...quiet, spotAction: true };

    await run(5_000);

    expect(said[0]?.message.because).toBe("spot-interruption");
  });

  test("a Spot notice is heard within five seconds of a clock that was set back by an hour", async () => {
    const { said, state, run } = watching();
    await run(1_000);
    state.now -= 3_600_000;
    state.notices = { ...quiet, spotAction: true };

    await run(5_000);

    expect(said[0]?.message.because).toBe("spot-interruption");
  });

  test("metadata, state or request that cannot be read change nothing of what is known", async () => {
    const broken = {
      notices: () => Promise.reject(new Error("no metadata")),
      standing: () => Promise.reject(new Error("throttled")),
    };
    const { said, answers, lines, state, run } = watching(broken);
    state.request = drain;
    await run(5_000);

    expect(said).toHaveLength(2);
    expect(answers.at(-1)).toMatchObject({ outcome: "asked", lanes: null });
    expect(lines.map(({ why }) => why)).toEqual(expect.arrayContaining(["no metadata", "throttled"]));
  });

  test("an answer that cannot be written is logged once, and written as soon as it can be", async () => {
    let full = true;
    const written: LeaveAnswer[] = [];
    const { lines, state, run } = watching({
      answer: (answer) => {
        if (full) throw new Error("ENOSPC");
        written.push(answer);
      },
    });
    state.request = drain;
    await run(5_000);
    expect(lines.filter(({ message }) => message === "leaving").map(({ lanes }) => lanes)).toEqual([null, serving.lanes]);

    full = false;
    await run(250);
    expect(written).toMatchObject([{ request: "r1", outcome: "asked" }]);
  });
});
