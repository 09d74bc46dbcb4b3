import { FAULTS } from "../../lab/faults/catalogue";
import type { Expectation } from "../../lab/faults/fault";
import { page } from "../../lab/gameday/page";
import type { FaultRecord, GamedayRecord } from "../../lab/gameday/record";
import { distribution } from "../../lab/report/crowd";
import { read } from "./support/tree";

const record = JSON.parse(read("docs/reference/gameday.json")) as GamedayRecord;

const number = (value: number | undefined): string => value?.toLocaleString("en-US") ?? "–";

function asked({ stallMs, outageMs, failures }: Expectation): string {
  return `${number(stallMs)}; ${failures === undefined ? number(outageMs) : `${failures} failed`}`;
}

/** The cells of a fault's row behind its name. */
function cellsOf({ runs, stallMs, expects }: FaultRecord): readonly string[] {
  const total = (key: "alive" | "connections" | "failures" | "tries"): string =>
    number(runs.reduce((sum, run) => sum + run[key], 0));
  const outages = distribution(runs.flatMap(({ outageMs }) => outageMs ?? []));
  const held = runs.filter(({ reasons }) => reasons.length === 0).length;
  return [
    `${held} of ${runs.length}`,
    `${total("alive")} of ${total("connections")}`,
    `${number(stallMs?.median)}, ${number(stallMs?.worst)}`,
    runs.some(({ outageMs }) => outageMs === null)
      ? "not all came back"
      : `${number(outages?.median)}, ${number(outages?.worst)}`,
    `${total("failures")} of ${total("tries")}`,
    asked(expects),
  ];
}

/** Rows of the README's table: the fault's name, then its figures; what is printed bold is the same figure. */
const rows = [...read("README.md").matchAll(/^\| `([a-z-]+)`[^|]* \|(.+)\|$/gm)].map(([, fault = "", cells = ""]) => ({
  fault,
  cells: cells.split("|").map((cell) => cell.replaceAll("**", "").trim()),
}));

describe("figures of the gameday", () => {
  test("the page is what its data say", () => {
    expect(read("docs/reference/gameday.md")).toBe(page(record));
  });

  test.each(record.faults)(
    "of $fault were measured with the fault as it is now; else: npm run lab -- gameday --faults $fault --write",
    (measured) => {
      const { does, by, expects } = measured;
      const now = FAULTS.find(({ name }) => name === measured.fault);

      expect({ does, by, expects }).toEqual({ does: now?.does, by: now?.by, expects: now?.expects });
    },
  );

  test("the README has a table of them", () => {
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(rows)("the README's $fault", ({ fault, cells }) => {
    const found = record.faults.find((candidate) => candidate.fault === fault);

    expect(found && cellsOf(found)).toEqual(cells);
  });
});
