import type { Clock } from "./clock";

export type ParameterType = "String" | "StringList" | "SecureString";

export interface ParameterRecord {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: Date;
}

/** Versions that AWS keeps of a parameter. */
const MAX_HISTORY = 100;

/** Parameter Store: every value a parameter had, newest last. */
export class Parameters {
  private readonly history = new Map<string, ParameterRecord[]>();

  constructor(
    private readonly clock: Clock,
    initial: readonly { readonly name: string; readonly type: string; readonly value: string }[],
  ) {
    for (const { name, type, value } of initial) this.put(name, parameterType(name, type), value);
  }

  /** Of the version asked for, else the newest. */
  find(name: string, version?: number): ParameterRecord | undefined {
    const versions = this.history.get(name);
    return version === undefined ? versions?.at(-1) : versions?.find((record) => record.version === version);
  }

  put(name: string, type: ParameterType, value: string): ParameterRecord {
    const versions = this.history.get(name) ?? [];
    const record = { name, type, value, version: (versions.at(-1)?.version ?? 0) + 1, modifiedAt: this.clock.date() };
    this.history.set(name, [...versions, record].slice(-MAX_HISTORY));
    return record;
  }

  /** Newest versions. */
  all(): readonly ParameterRecord[] {
    return [...this.history.values()].flatMap((versions) => versions.slice(-1));
  }
}

function parameterType(name: string, type: string): ParameterType {
  if (type === "String" || type === "StringList" || type === "SecureString") return type;
  throw new Error(`parameter ${name} has type ${type}; use String, StringList or SecureString`);
}
