import { outputOf, scratchTree } from "./support/tree";

/** File → its text and the rule that must refuse it. */
const REFUSED: Readonly<Record<string, { readonly text: string; readonly rule: string; readonly title: string }>> = {
  "lambdas/functions/f/decide.ts": {
    title: "a decision that reads the clock",
    text: "export const decide = (): number => Date.now();\n",
    rule: "no-restricted-syntax",
  },
  "lambdas/lib/domain/env.ts": {
    title: "the domain touching the process",
    text: "export const id = (): number => process.pid;\n",
    rule: "no-restricted-globals",
  },
  "lambdas/functions/f/settings.ts": {
    title: "a function reading the environment behind lib/runtime",
    text: 'export const env = process.env["A"];\n',
    rule: "n/no-process-env",
  },
  "stacks/any.ts": {
    title: "any",
    text: "export const x = (y: any): number => (y ? 1 : 2);\n",
    rule: "@typescript-eslint/no-explicit-any",
  },
  "stacks/bang.ts": {
    title: "a non-null assertion",
    text: "export const x = (y?: string): number => y!.length;\n",
    rule: "@typescript-eslint/no-non-null-assertion",
  },
  "stacks/float.ts": {
    title: "a promise that nobody waits for",
    text: "export const x = (y: () => Promise<void>): void => { y(); };\n",
    rule: "@typescript-eslint/no-floating-promises",
  },
  "stacks/default.ts": { title: "a default export", text: "export default 1;\n", rule: "no-restricted-syntax" },
  "stacks/long.ts": {
    title: "a file of more than 250 lines",
    text: Array.from({ length: 251 }, (_, i) => `export const x${i} = ${i};\n`).join(""),
    rule: "max-lines",
  },
};

interface FileResult {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly severity: number }[];
}

describe("lint", () => {
  const root = scratchTree(Object.fromEntries(Object.entries(REFUSED).map(([path, { text }]) => [path, text])));
  const results = JSON.parse(outputOf(root, "eslint", ["--format", "json", "."])) as readonly FileResult[];

  test.each(Object.entries(REFUSED).map(([path, { title, rule }]) => ({ path, title, rule })))(
    "refuses $title",
    ({ path, rule }) => {
      const messages = results.find(({ filePath }) => filePath.endsWith(path))?.messages ?? [];

      expect(messages.filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId)).toContain(rule);
    },
  );
});
