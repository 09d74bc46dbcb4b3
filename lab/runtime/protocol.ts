/** Between the runner and a function's process: one JSON object a line, on descriptor 3, both ways. One invocation at a time. */
export interface InvokeMessage {
  readonly requestId: string;
  /** The event, JSON text. */
  readonly payload: string;
  /** When the process will be killed, ms since the epoch. */
  readonly deadlineMs: number;
  readonly functionArn: string;
}

export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type ResultMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "init-error"; readonly error: ErrorDocument }
  | { readonly kind: "result"; readonly requestId: string; readonly payload: string }
  | { readonly kind: "error"; readonly requestId: string; readonly error: ErrorDocument };

/** Calls back for every whole line of a stream of text chunks. */
export function lineReader(onLine: (line: string) => void): (chunk: Buffer | string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
