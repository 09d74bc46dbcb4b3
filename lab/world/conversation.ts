import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { lineReader } from "../runtime/protocol";

interface Question {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

const ANSWER_WITHIN_MS = 2000;

/**
 * A program that stays and answers each line with one line. Starting `ip` or `nft` anew costs ten times more than the answer, and
 * many times that on a busy machine. Whatever is not an answer (words on stderr, an end, silence) ends the program and rejects.
 */
export class Conversation {
  private child: ChildProcessWithoutNullStreams | undefined;
  private waiting: Question[] = [];

  constructor(
    private readonly program: string,
    private readonly args: readonly string[],
  ) {}

  ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = (this.child ??= this.start());
      const timer = setTimeout(() => this.fail(child, `no answer within ${ANSWER_WITHIN_MS} ms`), ANSWER_WITHIN_MS);
      this.waiting.push({
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      child.stdin.write(`${line}\n`);
    });
  }

  private start(): ChildProcessWithoutNullStreams {
    const child = spawn(this.program, this.args);
    child.stdout.on(
      "data",
      lineReader((line) => this.waiting.shift()?.resolve(line)),
    );
    child.stderr.on("data", (chunk: Buffer) => this.fail(child, chunk.toString().trim()));
    child.stdin.on("error", (error) => this.fail(child, error.message));
    child.once("error", (error) => this.fail(child, error.message));
    child.once("exit", (code) => this.fail(child, `it ended with ${code}`));
    return child;
  }

  /** Answers can no longer be told apart: everybody who waits is told, the next question starts anew. */
  private fail(child: ChildProcessWithoutNullStreams, why: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    child.kill("SIGKILL");
    const waiting = this.waiting;
    this.waiting = [];
    for (const { reject } of waiting) reject(new Error(`${this.program} ${this.args.join(" ")}: ${why}`));
  }
}
