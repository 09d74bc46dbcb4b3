const started = performance.now();

/** Words go to stderr, data to stdout. */
const colours = process.stderr.isTTY && process.env["NO_COLOR"] === undefined;

function paint(code: number, text: string): string {
  return colours ? `\u001b[${code}m${text}\u001b[0m` : text;
}

export const bold = (text: string): string => paint(1, text);
export const red = (text: string): string => paint(31, text);
export const green = (text: string): string => paint(32, text);

/** A progress line with the time since the command started. */
export function say(text: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`${bold(`[${seconds.padStart(6)}s]`)} ${text}\n`);
}

/** JSON for machines, lines for people. */
export function print(json: boolean, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value, undefined, 2)}\n` : lines.map((line) => `${line}\n`).join(""));
}

/** What the command could not do, or what it found: ends it with an exit code. */
export class CommandError extends Error {
  constructor(
    message: string,
    /** 1: what it did or found is not right. 2: it could not do it. */
    readonly exitCode: 1 | 2 = 2,
  ) {
    super(message);
    this.name = "CommandError";
  }
}
