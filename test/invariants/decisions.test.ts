import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
const FUNCTIONS = join(ROOT, "lambdas/functions");
const names = readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, "decide.ts")));

const headerOf = (source: string): readonly string[] => (/^\/\*\*?\n([\s\S]*?)\n \*\//.exec(source)?.[1] ?? "").split("\n");

/** `10b` comes after `10a` and `9`. */
const inOrder = (rows: Iterable<string>): readonly string[] =>
  [...new Set(rows)].toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));

/**
 * Row numbers of each numbered table of the header comment, in order. A table starts where the numbers start anew. A row with parts (`10a`)
 * is no row by itself.
 */
export function headerTables(source: string): readonly (readonly string[])[] {
  const tables: string[][] = [];
  for (const line of headerOf(source)) {
    const row = /^ \* ?\|? *(\d+[a-z]?)(?: *\||  )/.exec(line)?.[1];
    if (row === undefined) continue;
    if (/^1a?$/.test(row)) tables.push([]);
    tables.at(-1)?.push(row);
  }
  return tables.map((rows) => rows.filter((row) => !rows.includes(`${row}a`)));
}

/** Lines of Markdown tables that decide something and have no number of their own: no test could name them. */
export function unnumberedRows(source: string): readonly string[] {
  const found: string[] = [];
  let isDecided = false;
  for (const line of headerOf(source)) {
    const [first = "", ...rest] = line.startsWith(" * |") ? line.slice(4, -1).split("|") : [""];
    if (rest.length === 0 || /^-+$/.test(first) || first.trim() === "#") continue;
    if (!/^ *(\d+[a-z]? *)?$/.test(first)) found.push(line);
    if (first.trim() !== "") isDecided = false;
    const decides = rest.at(-1)?.trim() !== "";
    if (decides && isDecided) found.push(line);
    isDecided ||= decides;
  }
  return found;
}

/**
 * Numbers that the titles of each describe block begin with (`3: …`, `2, 3: …`, `3 …`); blocks without any are left out. A table starts
 * where the numbers start anew.
 */
export function testTables(source: string): readonly (readonly string[])[] {
  const blocks = source.split(/^describe[.(]/m).slice(1);
  const tables: string[][] = [];
  for (const block of blocks) {
    const titles = block.matchAll(/(?:\btest\(|\[|^\s*)"(\d+[a-z]?(?:, \d+[a-z]?)*)(?::| )/gm);
    const rows = [...titles].flatMap(([, list]) => (list ?? "").split(", "));
    if (rows.some((row) => /^1a?$/.test(row)) || tables.length === 0) tables.push([]);
    tables.at(-1)?.push(...rows);
  }
  return tables.map(inOrder).filter((rows) => rows.length > 0);
}

/** A single table may be tested in several blocks. */
const merged = (tables: readonly (readonly string[])[]) => [inOrder(tables.flat())];

test.each(names)("every row of the decisions of %s has a test that names it, and no test names another", (name) => {
  const rows = headerTables(readFileSync(join(FUNCTIONS, name, "decide.ts"), "utf8"));
  const folder = join(ROOT, "test/lambdas/functions", name);
  const files = readdirSync(folder).filter((file) => /^(decide\.((gateway|path)\.)?|sweep\.)test\.ts$/.test(file));
  const tested = files.toSorted().flatMap((file) => testTables(readFileSync(join(folder, file), "utf8")));

  expect(rows.length).toBeGreaterThan(0);
  expect(rows.length === 1 ? merged(tested) : tested).toEqual(rows);
});

test.each(names)("every outcome in the decisions of %s has a row with a number", (name) => {
  expect(unnumberedRows(readFileSync(join(FUNCTIONS, name, "decide.ts"), "utf8"))).toEqual([]);
});

const header = (...rows: readonly string[]) =>
  `/*\n${["| # | seen | then |", "|---|---|---|", ...rows].map((row) => ` * ${row}\n`).join("")} */\n`;

test("a row that no test names, and a test that names no row, are seen", () => {
  expect(headerTables(header("| 1 | a | b |", "| 2 | c | d |", "| 10 | each: | |", "| 10a | e | f |"))).toEqual([
    ["1", "2", "10a"],
  ]);
  expect(testTables('describe("x", () => {\n  test.each([\n    ["1: a", 1],\n    [\n      "3, 10b: c",\n')).toEqual([
    ["1", "3", "10b"],
  ]);
});

test("a row without a number is seen, and one that goes on in the next line is none", () => {
  const second = "|   | otherwise | nothing |";

  expect(unnumberedRows(header("| 1 | a, and | |", "|   | b | c |", "| 2 | a | b,|", "|   | c | |"))).toEqual([]);
  expect(unnumberedRows(header("| 1 | a | b |", second))).toEqual([` * ${second}`]);
  expect(unnumberedRows(header("| an instance | a | b |"))).toEqual([" * | an instance | a | b |"]);
});
