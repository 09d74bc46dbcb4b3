export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /** At most one line a second per kind; says how many were swallowed since the last. */
  limited(kind: string, message: string, fields?: Fields): void;
  /** A ready JSON document on its own line (EMF). */
  raw(document: unknown): void;
}

const LIMIT_MS = 1_000;

/** JSON lines. `write` takes a whole line, newline included. */
export function createLog(write: (line: string) => void, now: () => number = Date.now): Log {
  const kinds = new Map<string, { at: number; swallowed: number }>();
  const line = (level: string, message: string, fields: Fields = {}) =>
    write(`${JSON.stringify({ level, message, timestamp: new Date(now()).toISOString(), service: "nat-agent", ...fields })}\n`);
  return {
    info: (message, fields) => line("INFO", message, fields),
    warn: (message, fields) => line("WARN", message, fields),
    limited: (kind, message, fields) => {
      const last = kinds.get(kind);
      if (last !== undefined && now() - last.at < LIMIT_MS) {
        last.swallowed += 1;
        return;
      }
      line("WARN", message, last?.swallowed ? { ...fields, kind, swallowed: last.swallowed } : { ...fields, kind });
      kinds.set(kind, { at: now(), swallowed: 0 });
    },
    raw: (document) => write(`${JSON.stringify(document)}\n`),
  };
}

/** The words of anything thrown. */
export function words(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
