import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { lineReader } from "../runtime/protocol";
import type { ChurnRecord, ConnectionRecord, MemberMessage, MemberOrder, ServerOrder, ServerReport } from "./kinds";
import { shareOf } from "./kinds";

/** How the crowd gets into a node: starts a program there, with pipes. */
export type Spawn = (node: string, argv: readonly string[]) => ChildProcess;

export interface CrowdOptions {
  readonly spawn: Spawn;
  /** Folder of the bundles. */
  readonly programs: string;
  /** Lanes, each with a node `client-<lane>`, and how many connections each gets. */
  readonly lanes: readonly { readonly lane: string; readonly connections: number }[];
  /** Address of the internet that they talk to. */
  readonly host: string;
  /** After the end is told, how long a connection may take for its last exchange. @default 6000 */
  readonly deadlineMs?: number;
}

/** What one lane's member reported. */
export interface MemberReport {
  readonly lane: string;
  readonly connections: readonly ConnectionRecord[];
  readonly churn: ChurnRecord;
}

export interface CrowdEnd {
  readonly members: readonly MemberReport[];
  /** How long the slowest of the crowd's processes stood still since the mark: nothing that took less can be told. */
  readonly lagMs: number;
}

/** A TCP sender that lost packets for 3 s repeats after 3.2 s more at the latest. */
const DEFAULT_DEADLINE_MS = 6000;
const OPEN_DEADLINE_MS = 60_000;
const REPORT_GRACE_MS = 5000;

/** Connections of every lane's client to one server on the internet, made anew; ended by `end`, whatever happened. */
export class Crowd {
  private constructor(
    private readonly server: ChildProcess,
    private readonly members: readonly Member[],
    private readonly deadlineMs: number,
  ) {}

  /** Resolves when every connection has had its first exchange. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const { spawn, programs, lanes, host, deadlineMs = DEFAULT_DEADLINE_MS } = options;
    const server = spawn("internet", ["node", join(programs, "crowd-server.cjs"), host]);
    const members: Member[] = [];
    const crowd = new Crowd(server, members, deadlineMs);
    try {
      await firstWord(server);
      for (const { lane, connections } of lanes) {
        const share = JSON.stringify(shareOf(connections));
        const argv = ["node", join(programs, "crowd-member.cjs"), host, share, String(deadlineMs)];
        members.push(new Member(lane, spawn(`client-${lane}`, argv)));
      }
      await Promise.all(members.map((member) => member.next("ready", OPEN_DEADLINE_MS)));
      return crowd;
    } catch (error) {
      crowd.end();
      throw error;
    }
  }

  /** What happened so far does not count. */
  mark(): void {
    for (const member of this.members) member.order("mark");
    this.tellServer("mark");
  }

  /** Resolves when every connection is known to be alive or dead. */
  async finish(): Promise<CrowdEnd> {
    for (const member of this.members) member.order("finish");
    const within = this.deadlineMs + REPORT_GRACE_MS;
    const serverLag = this.serverLagMs(within);
    this.tellServer("speak");
    const reports = await Promise.all(
      this.members.map(async (member) => ({ lane: member.lane, ...(await member.next("report", within)) })),
    );
    const members = reports.map(({ lane, connections, churn }) => ({ lane, connections, churn }));
    return { members, lagMs: Math.max(await serverLag, ...reports.map(({ lagMs }) => lagMs)) };
  }

  /** One that says nothing has stood still for as long; of one that has ended, its connections tell. */
  private serverLagMs(within: number): Promise<number> {
    const { server } = this;
    if (server.exitCode !== null || server.signalCode !== null) return Promise.resolve(0);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(within), within);
      const heard = (lagMs: number): void => {
        clearTimeout(timer);
        resolve(lagMs);
      };
      server.once("close", () => heard(0));
      server.stdout?.on(
        "data",
        lineReader((line) => heard((JSON.parse(line) as ServerReport).lagMs)),
      );
    });
  }

  private tellServer(order: ServerOrder): void {
    this.server.stdin?.write(`${order}\n`);
  }

  end(): void {
    // Their own way out first: a member ends its pings.
    for (const { child } of this.members) child.stdin?.end();
    this.server.stdin?.end();
  }
}

/** Every lane's number; what cannot be divided goes to the first ones. */
export function divide(connections: number, lanes: readonly string[]): CrowdOptions["lanes"] {
  const each = Math.floor(connections / lanes.length);
  const rest = connections % lanes.length;
  return lanes.map((lane, index) => ({ lane, connections: each + (index < rest ? 1 : 0) }));
}

class Member {
  private readonly said: MemberMessage[] = [];
  private ended: string | undefined;
  private words = "";
  private wake: () => void = () => undefined;

  constructor(
    readonly lane: string,
    readonly child: ChildProcess,
  ) {
    const heard = lineReader((line) => {
      this.said.push(JSON.parse(line) as MemberMessage);
      this.wake();
    });
    child.stdout?.on("data", heard);
    child.stderr?.on("data", (chunk: Buffer) => (this.words += chunk.toString()));
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => (this.words += error.message));
    child.once("close", (code) => {
      this.ended = `it ended with ${code} ${this.words.trim()}`;
      this.wake();
    });
  }

  order(order: MemberOrder): void {
    this.child.stdin?.write(`${order}\n`);
  }

  async next<S extends MemberMessage["say"]>(say: S, withinMs: number): Promise<Extract<MemberMessage, { say: S }>> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.wake();
    }, withinMs);
    try {
      for (;;) {
        const message = this.said.shift();
        if (message?.say === say) return message as Extract<MemberMessage, { say: S }>;
        if (message?.say === "failed") throw new Error(`crowd of lane ${this.lane}: ${message.why}`);
        if (message !== undefined) continue;
        if (this.ended !== undefined) throw new Error(`crowd of lane ${this.lane}: ${this.ended}`);
        if (late) throw new Error(`crowd of lane ${this.lane}: no ${say} within ${withinMs} ms`);
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function firstWord(child: ChildProcess): Promise<void> {
  let words = "";
  child.stderr?.on("data", (chunk: Buffer) => (words += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`the crowd's server ended with ${code}: ${words.trim()}`)));
    child.stdout?.once("data", () => resolve());
  });
}
