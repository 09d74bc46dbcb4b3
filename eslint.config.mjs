import { defineConfig, globalIgnores } from "eslint/config";
import nodePlugin from "eslint-plugin-n";
import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";

const pure = ["lambdas/lib/domain/**/*.ts", "lambdas/functions/*/decide.ts", "contract/**/*.ts"];

export default defineConfig([
  globalIgnores(["node_modules", "cdktf.out", "dist", ".lab", "coverage", ".stryker-tmp", "reports", "test/fixtures/lint"]),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { n: nodePlugin, jsdoc },
    rules: {
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 5],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Name what you export: one name per thing, everywhere." },
      ],
      "n/no-process-env": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    // Programs that meet the outside world: they may read the environment.
    files: ["main.ts", "lambdas/lib/runtime/**", "lab/**", "scripts/**", "test/**", "instance/agent/**"],
    rules: { "n/no-process-env": "off" },
  },
  {
    files: ["modules/**/*.ts", "contract/**/*.ts"],
    rules: {
      "jsdoc/require-jsdoc": [
        "error",
        { publicOnly: true, contexts: ["ExportNamedDeclaration > ClassDeclaration"], require: { FunctionDeclaration: true } },
      ],
    },
  },
  {
    // Decisions are pure: time, policy and state are arguments (style rule 3).
    files: pure,
    rules: {
      "no-restricted-globals": ["error", "process", "console", "setTimeout", "setInterval", "fetch"],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Name what you export." },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "The clock is an argument." },
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: "The clock is an argument.",
        },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: "Chance is an argument.",
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  {
    // The schema format of the SDK is untyped at run time; this one folder may touch it.
    files: ["lab/aws/wire/**/*.ts"],
    rules: {
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
]);
