/** The part of a Command document (schema 2.2) that the lab runs: one `aws:runShellScript` step. */
export interface CommandDocument {
  readonly lines: readonly string[];
  /** Default value per parameter; undefined when the caller must give it. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly timeoutSeconds: number;
}

/** Documents that AWS has in every account, as far as the lab runs them. */
export const AWS_DOCUMENTS: readonly (readonly [string, CommandDocument])[] = [
  [
    "AWS-RunShellScript",
    { lines: ["{{ commands }}"], parameters: { commands: undefined, executionTimeout: "3600" }, timeoutSeconds: 3600 },
  ],
];

/** SSM's default for a step without timeoutSeconds. */
const DEFAULT_TIMEOUT_SECONDS = 3600;

export function parseCommandDocument(name: string, content: string): CommandDocument {
  const refuse = (what: string): Error =>
    new Error(`SSM document ${name}: ${what}; the lab runs schema 2.2 with one aws:runShellScript step`);
  const document = JSON.parse(content) as {
    readonly schemaVersion?: unknown;
    readonly parameters?: Readonly<Record<string, { readonly default?: unknown }>>;
    readonly mainSteps?: readonly { readonly action?: unknown; readonly inputs?: Readonly<Record<string, unknown>> }[];
  };
  if (document.schemaVersion !== "2.2") throw refuse(`schemaVersion is ${String(document.schemaVersion)}`);
  const [step, ...more] = document.mainSteps ?? [];
  if (step?.action !== "aws:runShellScript" || more.length > 0)
    throw refuse(`its steps are ${JSON.stringify(document.mainSteps)}`);
  const lines = step.inputs?.["runCommand"];
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === "string")) throw refuse("runCommand is no list of lines");
  const timeout = step.inputs?.["timeoutSeconds"];
  const parameters = Object.entries(document.parameters ?? {}).map(
    ([key, { default: value }]) => [key, typeof value === "string" ? value : undefined] as const,
  );
  return {
    lines,
    parameters: Object.fromEntries(parameters),
    timeoutSeconds: timeout === undefined ? DEFAULT_TIMEOUT_SECONDS : Number(timeout),
  };
}

/** Seconds that the command may take: the caller's `executionTimeout` where the document has such a parameter. */
export function timeoutOf(document: CommandDocument, given: Readonly<Record<string, readonly string[]>>): number {
  return Number(given["executionTimeout"]?.[0] ?? document.timeoutSeconds);
}

/** argv of the document's script with `{{ name }}` replaced. Throws, naming the parameter, when one is unknown or missing. */
export function renderCommand(document: CommandDocument, given: Readonly<Record<string, readonly string[]>>): readonly string[] {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(document.parameters, key)) throw new Error(`parameter ${key} is not defined in the document`);
  }
  const script = document.lines.join("\n").replace(/\{\{\s*(\w+)\s*\}\}/g, (_text, key: string) => {
    // A list stands for its lines, as in `runCommand: {{ commands }}`.
    const value = given[key]?.join("\n") ?? document.parameters[key];
    if (value === undefined) throw new Error(`parameter ${key} has no value`);
    return value;
  });
  return ["/bin/sh", "-c", script];
}
