import { projectFiles, read } from "./support/tree";

const COMMENT = /^\s*(#|\/\/|\/?\*)/;

/** Lines that are neither blank nor comment. */
const linesOfCode = (text: string): number => text.split("\n").filter((line) => line.trim() !== "" && !COMMENT.test(line)).length;

const isSource = (path: string): boolean =>
  /\.(ts|mjs|cjs|sh|jq|nft|ya?ml)$/.test(path) || (!/\.[^/]*$/.test(path) && read(path).startsWith("#!"));

describe("file size", () => {
  test("no source file has more than 250 lines of code (tests 300)", () => {
    const long = projectFiles()
      .filter(isSource)
      .map((path) => ({ path, lines: linesOfCode(read(path)), limit: path.startsWith("test/") ? 300 : 250 }))
      .filter(({ lines, limit }) => lines > limit);

    expect(long).toEqual([]);
  });

  test("comments and blank lines are not code", () => {
    expect(linesOfCode("# why\n\n// why\n/** why */\n * why\ncode\n")).toBe(1);
  });
});
