import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { EmittedMetrics } from "./fabric";

/** The end of a log that is read: many minutes of it. Bytes. */
const TAIL_BYTES = 256 * 1024;

/** What an instance wrote to its node's log in the embedded metric format; a name may have had several instances. */
export function emittedIn(logPath: string, instanceId: string): readonly EmittedMetrics[] {
  // The first line of a tail may be half of one; the last one may still be written.
  const lines = tailOf(logPath).split("\n").slice(0, -1);
  return lines
    .filter((line) => line.startsWith('{"_aws":') && line.endsWith("}"))
    .map((line) => JSON.parse(line) as EmittedMetrics)
    .filter((emitted) => emitted["InstanceId"] === instanceId);
}

function tailOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, TAIL_BYTES);
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, size - length);
    return bytes.toString();
  } finally {
    closeSync(file);
  }
}
