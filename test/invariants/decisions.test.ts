import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");
const FUNCTIONS = join(ROOT, "lambdas/functions");
const names = readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, "decide.ts")));

/** Row numbers of each numbered table of the header comment, in order. A table starts where the numbers start anew. */
export function headerTables(source: string): readonly (readonly number[])[] {
  const header = /^\/\*\*?\n([\s\S]*?)\n \*\//.exec(source)?.[1] ?? "";
  const tables: number[][] = [];
  for (const line of header.split("\n")) {
    const number = Number(/^ \* ?\|? *(\d+)(?: *\||  )/.exec(line)?.[1] ?? NaN);
    if (Number.isNaN(number)) continue;
    if (number === 1) tables.push([]);
    tables.at(-1)?.push(number);
  }
  return tables;
}

/** Numbers that the titles of each describe block begin with (`3: …`, `2, 3: …`, `3 …`); blocks without any are left out. */
export function testTables(source: string): readonly (readonly number[])[] {
  const blocks = source.split(/^describe[.(]/m).slice(1);
  const numbered = blocks.map((block) =>
    [...block.matchAll(/(?:\btest\(|\[|^\s*)"(\d+(?:, \d+)*)(?::| )/gm)].flatMap(([, list]) =>
      (list ?? "").split(", ").map(Number),
    ),
  );
  return numbered.map((rows) => [...new Set(rows)].toSorted((a, b) => a - b)).filter((rows) => rows.length > 0);
}

/** A single table may be tested in several blocks. */
const merged = (tables: readonly (readonly number[])[]) => [[...new Set(tables.flat())].toSorted((a, b) => a - b)];

test.each(names)("every row of the decisions of %s has a test that names it, and no test names another", (name) => {
  const rows = headerTables(readFileSync(join(FUNCTIONS, name, "decide.ts"), "utf8"));
  const folder = join(ROOT, "test/lambdas/functions", name);
  const files = readdirSync(folder).filter((file) => /^decide\.((gateway|path)\.)?test\.ts$/.test(file));
  const tested = files.toSorted().flatMap((file) => testTables(readFileSync(join(folder, file), "utf8")));

  expect(rows.length).toBeGreaterThan(0);
  expect(rows.length === 1 ? merged(tested) : tested).toEqual(rows);
});

test("a row that no test names, and a test that names no row, are seen", () => {
  const header = "/*\n * | # | seen | then |\n * |---|---|---|\n * | 1 | a | b |\n * | 2 | c | d |\n */\n";

  expect(headerTables(header)).toEqual([[1, 2]]);
  expect(testTables('describe("x", () => {\n  test.each([\n    ["1: a", 1],\n    [\n      "3: c",\n')).toEqual([[1, 3]]);
});
