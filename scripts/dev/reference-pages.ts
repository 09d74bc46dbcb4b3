/** The pages of docs/reference, computed from the data that the code itself runs on. Pure. */
import type { Alarm } from "../../modules/observability/alarm-catalogue";
import type { FunctionSpec } from "../../modules/control-plane/functions";
import type { FIELDS } from "../../stacks/fields";

export interface Sources {
  readonly alarms: readonly Alarm[];
  readonly fields: typeof FIELDS;
  /** Field → what it does. */
  readonly fieldWords: Readonly<Record<keyof typeof FIELDS, string>>;
  /** Key in contract/environment.ts → variable. */
  readonly variables: Readonly<Record<string, string>>;
  readonly functions: readonly FunctionSpec[];
  /** Function → text of its decide.ts; absent when the function decides nothing. */
  readonly decisions: Readonly<Record<string, string>>;
  /** Function → text of its settings.ts. */
  readonly settings: Readonly<Record<string, string>>;
}

/** File name → Markdown. Throws when a source does not say what it should. */
export function referencePages(sources: Sources): Readonly<Record<string, string>> {
  return {
    "alarms.md": page("Alarms", "modules/observability/alarm-catalogue.ts", alarmTable(sources.alarms)),
    "configuration.md": page(
      "Configuration of an environment",
      "stacks/fields.ts and stacks/field-words.ts",
      fieldTable(sources),
    ),
    "environment-variables.md": page("Environment variables of the functions", "contract/environment.ts", variableTable(sources)),
    "decisions.md": page("Decision matrices", "lambdas/functions/*/decide.ts", matrices(sources.decisions)),
  };
}

const page = (title: string, source: string, body: string): string =>
  `# ${title}\n\n<!-- Generated from ${source} by \`npm run docs\`; edit that, not this. -->\n\n${body}\n`;

const cell = (value: string): string => value.replaceAll("|", "\\|").replaceAll("\n", " ");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

function alarmTable(alarms: readonly Alarm[]): string {
  const rows = alarms.map((alarm) => [
    `[${alarm.kind}](../runbooks/${alarm.kind}.md)`,
    alarm.severity,
    `${alarm.namespace} ${alarm.metric}`,
    `${alarm.statistic} ${alarm.comparison === "LessThanThreshold" ? "<" : "≥"} ${alarm.threshold} in ${alarm.breaching} of ${alarm.of} periods of ${alarm.periodSeconds} s`,
    alarm.missing === "breaching" ? "is a fault" : "is no fault",
    alarm.description,
  ]);
  const intro = "Deployed as `ha-nat-<env>-<alarm>`, with its lane, zone or function where there are several.";
  return `${intro}\n\n${table(["Alarm", "Severity", "Metric", "Rings when", "No data", "Says"], unique(rows))}`;
}

/** One row per kind: the catalogue has one alarm per lane, zone and function. */
const unique = (rows: readonly (readonly string[])[]): readonly (readonly string[])[] => [
  ...new Map(rows.map((row) => [row[0], row])).values(),
];

function fieldTable({ fields, fieldWords }: Sources): string {
  const rows = Object.entries(fields).map(([name, { schema, limit, fix }]) => {
    const absent = schema.safeParse(undefined);
    return [
      `\`${name}\``,
      fieldWords[name as keyof typeof FIELDS],
      limit,
      absent.success ? `\`${JSON.stringify(absent.data)}\`` : "required",
      fix,
    ];
  });
  return table(["Field", "What it does", "Allowed", "Default", "When it is refused"], rows);
}

function variableTable({ variables, functions, settings }: Sources): string {
  const rows = Object.entries(variables).map(([key, name]) => [
    `\`${name}\``,
    readersOf(key, settings).join(", ") || "none",
    functions
      .filter(({ copies }) => copies.some(({ environment }) => name in environment))
      .map(({ bundle }) => bundle)
      .join(", ") || "none",
  ]);
  return table(["Variable", "Read by", "Set on"], rows);
}

const readersOf = (key: string, settings: Sources["settings"]): readonly string[] =>
  Object.entries(settings)
    .filter(([, text]) => new RegExp(`ENVIRONMENT\\.${key}\\b`).test(text))
    .map(([name]) => name);

function matrices(decisions: Sources["decisions"]): string {
  return Object.entries(decisions)
    .map(([name, text]) => `## ${name}\n\n${headerComment(name, text)}`)
    .join("\n\n");
}

/** The first block comment, without its stars; tables of Markdown stay tables, others are shown as they are written. */
function headerComment(name: string, text: string): string {
  const found = /^\/\*\*?\n([\s\S]*?)\n \*\//.exec(text)?.[1];
  if (found === undefined)
    throw new Error(`lambdas/functions/${name}/decide.ts must start with its decision matrix as a block comment`);
  const lines = found.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  return lines.some((line) => /^\| ?-/.test(line)) ? lines.join("\n") : ["```text", ...lines, "```"].join("\n");
}
