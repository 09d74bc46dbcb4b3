/** What may happen to one call of a function. */
export const FAULTS = ["killed before", "killed after", "throttled", "timed out", "stale"] as const;
export type Fault = (typeof FAULTS)[number];

export class Death extends Error {
  constructor() {
    super("the function was killed");
  }
}

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** What functions have of their own: it dies with them, and cannot fail by itself. */
const OWN: ReadonlySet<string> = new Set([
  ...["clock", "waiter", "sleep", "log", "metrics", "drift", "newKey"],
  ...["sequences", "words", "whereabouts", "memory", "swept"],
]);

/**
 * The paths of all that these services call of AWS, e.g. `routes.pointAt`. Everything is that but what is listed as a function's own, so
 * that a new port is sabotaged without anybody's thinking of it.
 */
export function portsOf(services: object): readonly string[] {
  return Object.entries(services as Readonly<Record<string, unknown>>).flatMap(([key, value]) => {
    if (OWN.has(key)) return [];
    if (typeof value === "function") return [key];
    return typeof value === "object" && value !== null ? portsOf(value).map((path) => `${key}.${path}`) : [];
  });
}

/**
 * Stands between a function and its ports, counts every call, and lets one of them go wrong. After a death no call gets through:
 * promises that were under way die with the process.
 */
export class Saboteur {
  readonly calls: string[] = [];
  #isDead = false;

  constructor(private readonly plan?: { readonly fault: Fault; readonly at: number }) {}

  get isDead(): boolean {
    return this.#isDead;
  }

  /**
   * The same services, watched.
   * @param past services that answer what was true before the run, for a stale answer
   */
  watch<S extends object>(services: S, past: S = services): S {
    return portsOf(services).reduce(
      (watched, path) => replaced(watched, path.split("."), this.#around(path, services, past)),
      services,
    );
  }

  #around(path: string, services: object, past: object): Call {
    const now = callAt(services, path);
    const before = callAt(past, path);
    return async (...args) => {
      if (this.#isDead) throw new Death();
      const index = this.calls.push(path) - 1;
      if (this.plan === undefined || this.plan.at !== index) return now(...args);
      return this.#goWrong(this.plan.fault, { now: () => now(...args), before: () => before(...args), path });
    };
  }

  async #goWrong(
    fault: Fault,
    {
      now,
      before,
      path,
    }: { readonly now: () => Promise<unknown>; readonly before: () => Promise<unknown>; readonly path: string },
  ): Promise<unknown> {
    switch (fault) {
      case "killed before":
        this.#isDead = true;
        throw new Death();
      case "killed after":
        await now();
        this.#isDead = true;
        throw new Death();
      case "throttled":
        throw new Error(`${path}: Rate exceeded`);
      case "timed out":
        // Done, and nobody told.
        await now();
        throw new Error(`${path}: socket hang up`);
      case "stale":
        return isRead(path) ? before() : now();
    }
  }
}

const isRead = (path: string): boolean =>
  /(^|\.)(read\w*|recentTopology|instances|members|defaultRoutes|states|associations|acls|natGroup|check\.result)$/.test(path);

function callAt(services: object, path: string): Call {
  const found = path.split(".").reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], services);
  if (typeof found !== "function") throw new Error(`${path} is no call of these services`);
  return found as Call;
}

function replaced<S extends object>(services: S, [key = "", ...rest]: readonly string[], call: Call): S {
  const inner = (services as Readonly<Record<string, unknown>>)[key];
  return { ...services, [key]: rest.length === 0 ? call : replaced(inner as object, rest, call) };
}
