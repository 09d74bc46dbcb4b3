import type { PartResult } from "../../../lab/bench/model";
import type { Conditions } from "../../../lab/bench/report";
import { lines, merged, page, report } from "../../../lab/bench/report";

const conditions: Conditions = {
  kernel: "6.18.1",
  cores: 2,
  memoryGiB: 24,
  rounds: 2,
  seconds: 0.5,
  at: "2026-11-21T12:00:00.000Z",
};

const result: PartResult = {
  part: "data-plane",
  measured: [
    { workload: "bulk TCP", subject: "ours", values: [1e9, 99e7] },
    { workload: "bulk TCP", subject: "fck-nat", values: [1e9, 1e9] },
  ],
  comparisons: [{ subject: "ours", base: "fck-nat", goal: 0.97 }],
  facts: [{ of: "1 address", name: "alive", value: 64_512, unit: "" }],
  skipped: ["alternat: this machine has no nft"],
};

describe("the report", () => {
  const one = report(result, conditions);

  test("has ratios and facts, and no absolute figure of a workload", () => {
    expect(one.ratios).toEqual([
      expect.objectContaining({ workload: "bulk TCP", subject: "ours", base: "fck-nat", median: 0.995, reached: true }),
    ]);
    expect(JSON.stringify(one)).not.toContain("1000000000");
  });

  test("as lines, for a terminal", () => {
    expect(lines(one)).toEqual([
      "data-plane",
      "  bulk TCP: ours / fck-nat 0.99 [0.99–1.00] (goal 0.97: reached)",
      "  1 address: alive 64512",
      "  skipped: alternat: this machine has no nft",
    ]);
  });

  test("as a page: tables, and what was skipped", () => {
    const text = page([one]);

    expect(text).toContain("| bulk TCP | 0.99 [0.99–1.00] |");
    expect(text).toContain("| 1 address | 64,512 |");
    expect(text).toContain("Skipped: alternat: this machine has no nft.");
    expect(text).toContain("Linux 6.18.1, 2 cores, 24 GiB, 2 rounds, 2026-11-21.");
  });

  test("a new part takes the place of the old one of its name, others stay", () => {
    const newer = { ...one, skipped: [] };
    const other = { ...one, part: "sync" as const };

    expect(merged([one, other], [newer])).toEqual([newer, other]);
  });
});
