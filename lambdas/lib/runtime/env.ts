import type { EnvironmentName } from "../../../contract/environment";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable of the environment: its name and how its text becomes a value. `parse` throws a sentence without the name. */
export interface Setting<T> {
  readonly variable: EnvironmentName;
  /** Used when the variable is not set; without it the variable is required. */
  readonly fallback?: T;
  readonly parse: (text: string) => T;
}

type Values<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** Text that is not empty. */
export function text(variable: EnvironmentName): Setting<string> {
  return {
    variable,
    parse: (value) => {
      if (value.trim() === "") throw new Error("must not be empty");
      return value;
    },
  };
}

/** A whole number within limits (both included). */
export function integer(
  variable: EnvironmentName,
  limits: { readonly min: number; readonly max: number; readonly fallback?: number },
): Setting<number> {
  return {
    variable,
    ...(limits.fallback === undefined ? {} : { fallback: limits.fallback }),
    parse: (value) => {
      const number = Number(value);
      if (value.trim() === "" || !Number.isInteger(number) || number < limits.min || number > limits.max)
        throw new Error(`must be a whole number from ${limits.min} to ${limits.max}`);
      return number;
    },
  };
}

/** A JSON array of at least `min` texts, none empty. */
export function textList(variable: EnvironmentName, limits: { readonly min: number }): Setting<readonly string[]> {
  const wanted = `must be a JSON array of at least ${limits.min} texts`;
  return {
    variable,
    parse: (value) => {
      const parsed = parseJson(value, wanted);
      if (
        !Array.isArray(parsed) ||
        parsed.length < limits.min ||
        !parsed.every((item) => typeof item === "string" && item !== "")
      )
        throw new Error(wanted);
      return parsed as string[];
    },
  };
}

/**
 * Reads all settings at once and names every fault, not the first only.
 * @throws Error naming variable, value, limit and fix.
 */
export function readSettings<S extends Readonly<Record<string, Setting<unknown>>>>(spec: S, environment: Environment): Values<S> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [key, setting] of Object.entries(spec)) {
    const value = environment[setting.variable];
    try {
      if (value !== undefined) values[key] = setting.parse(value);
      else if (setting.fallback !== undefined) values[key] = setting.fallback;
      else throw new Error("is required");
    } catch (error) {
      const got = value === undefined ? "it is not set" : `got ${JSON.stringify(value)}`;
      faults.push(`${setting.variable} ${error instanceof Error ? error.message : String(error)}, ${got}`);
    }
  }
  if (faults.length > 0) throw new Error(`${faults.join("; ")}; set it in the function's environment (modules/control-plane)`);
  return values as Values<S>;
}

function parseJson(value: string, wanted: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new Error(wanted, { cause: error });
  }
}
