import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FUNCTION_NAMES } from "../../contract/functions";
import { alarmCatalogue } from "../../modules/observability/alarm-catalogue";
import { read, ROOT } from "./support/tree";

const SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "When not to"];

const kinds = new Set(
  alarmCatalogue({
    env: "test",
    lanes: ["use1-az1-l1"],
    zones: [{ zone: "use1-az1", asgName: "group" }],
    hasStandbys: true,
    hasNatGateways: true,
    deadLetterQueues: ["queue"],
    functions: Object.values(FUNCTION_NAMES).map((bundle) => ({
      bundle,
      names: [`ha-nat-test-${bundle}`],
      everyMinutes: bundle === FUNCTION_NAMES.lifecycleHandler ? undefined : 1,
    })),
  }).map(({ kind }) => kind),
);

const runbooks = readdirSync(join(ROOT, "docs/runbooks"));

describe("runbooks", () => {
  test("every alarm has one, and every runbook an alarm", () => {
    expect([...runbooks].sort()).toEqual([...kinds].map((kind) => `${kind}.md`).sort());
  });

  test.each(runbooks)("%s has its title and the five sections, in order, none empty", (name) => {
    const text = read(`docs/runbooks/${name}`);
    const sections = [...text.matchAll(/^## (.+)\n\n(.+)/gm)];

    expect(text.startsWith(`# ${name.replace(".md", "")}\n`)).toBe(true);
    expect(sections.map(([, title]) => title)).toEqual(SECTIONS);
    expect(sections.every(([, , body]) => body !== undefined && !body.startsWith("## "))).toBe(true);
  });

  test.each(runbooks)("%s gives commands to run", (name) => {
    expect(read(`docs/runbooks/${name}`)).toMatch(/^```bash\n(aws|scripts)/m);
  });
});
