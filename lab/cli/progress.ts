/** A record of the lab's journal, as far as a progress line tells it. */
export interface JournalRecord {
  readonly number: number;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** The line for a record; undefined for what a person waiting need not read. */
export function progressLine(record: JournalRecord): string | undefined {
  const field = (name: string): string => String(record[name]);
  switch (record.kind) {
    case "instance":
      return `nat-${field("name")}: ${field("state")} (${field("because")})`;
    case "hook":
      return `${field("instanceId")}: hook ${field("hook")} ${field("result")}`;
    case "route":
      return `${field("routeTableId")}: ${field("destination")} → ${field("target")}`;
    case "public-address":
      return `${field("publicIp")} → ${field("target")}`;
    case "scaling":
      return `${field("group")}: ${field("from")} → ${field("to")} instances (${field("because")})`;
    case "function":
      return record["result"] === "ok" ? undefined : `${field("name")} failed after ${field("ms")} ms: ${field("detail")}`;
    case "command":
      return record["status"] === "Success" || record["status"] === "Failed"
        ? `${field("instanceId")}: ${field("document")} ${field("status")}`
        : undefined;
    case "fault":
      return `${field("task")}: ${field("error")}`;
    default:
      return undefined;
  }
}
