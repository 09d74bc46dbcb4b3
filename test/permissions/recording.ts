import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Role without its environment → the IAM actions that labs saw it use; `npm run record-calls` writes it. */
export const recorded = JSON.parse(readFileSync(join(__dirname, "recorded-calls.json"), "utf8")) as Readonly<
  Record<string, readonly string[]>
>;
