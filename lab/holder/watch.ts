import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { AwsActs, Fault } from "../faults/catalogue";
import { outageLimitMs } from "../faults/catalogue";
import type { Attempt, LaneOutage } from "../report/watch";
import { summarise } from "../report/watch";
import { lineReader } from "../runtime/protocol";
import type { StackModel } from "../stack/model";
import { INTERNET } from "../world/fabric";
import type { World } from "../world/world";
import { lanesOf } from "./lanes";
import type { NodeDirectory } from "./node-directory";
import { spawnIn } from "./node-directory";

export interface FaultReport {
  readonly fault: string;
  readonly does: string;
  readonly node: string;
  /** ISO time. */
  readonly at: string;
  readonly watchedSeconds: number;
  /** Empty without a watch. */
  readonly lanes: readonly LaneOutage[];
  readonly ok: boolean;
}

export interface FaultSources {
  readonly model: StackModel;
  readonly world: World;
  readonly directory: NodeDirectory;
  readonly acts: AwsActs;
  /** Folder of the bundles. */
  readonly programs: string;
}

const ECHO_PORT = 7;
const ASK_EVERY_MS = 20;
const ASK_DEADLINE_MS = 200;
const SETTLED_TRIES = 10;
const START_DEADLINE_MS = 5000;

/** Injects a fault and, while it works, lets every lane's client ask the internet again and again. */
export async function runFault(
  sources: FaultSources,
  fault: Fault,
  asked: string | undefined,
  seconds: number,
): Promise<FaultReport> {
  const { directory, model } = sources;
  const node = asked ?? (await chooseNode(sources, fault));
  const limitMs = outageLimitMs(fault, directory.natsOf(directory.zoneOf(node)).length);
  const askers = seconds > 0 ? lanesOf(model).map(({ lane }) => new Asker(sources, lane)) : [];
  try {
    await Promise.all(askers.map((asker) => asker.hasStarted()));
    let at = now();
    await fault.inject(directory, node, sources.acts, async () => void (at = now()));
    if (seconds > 0) await wait(seconds * 1000);
    const until = now();
    await Promise.all(askers.map((asker) => asker.stop()));
    const lanes = lanesOf(model).flatMap(({ lane, publicAddresses }) => {
      const asker = askers.find((candidate) => candidate.lane === lane);
      return asker === undefined ? [] : [summarise({ lane, addresses: publicAddresses, limitMs }, asker.attempts, at, until)];
    });
    const ok = lanes.every((lane) => lane.ok);
    return { fault: fault.name, does: fault.does, node, at: new Date(at).toISOString(), watchedSeconds: seconds, lanes, ok };
  } finally {
    for (const asker of askers) asker.kill();
  }
}

/** Node that serves each lane now; null for nobody. */
export async function servers({ model, directory }: FaultSources): Promise<Readonly<Record<string, string | null>>> {
  const served = lanesOf(model).map(async (lane) => [lane.lane, await directory.serverOf(lane)] as const);
  return Object.fromEntries(await Promise.all(served));
}

/** The NAT that serves the first lane, or its standby: whichever the fault is about. */
export async function chooseNode(sources: FaultSources, fault: Fault): Promise<string> {
  const { directory, model } = sources;
  const first = lanesOf(model)[0];
  if (first === undefined) throw new Error("the stack has no lane; no route table carries the lane's tag");
  const served = await servers(sources);
  const server = served[first.lane];
  if (server === null || server === undefined) {
    throw new Error(`no NAT serves lane ${first.lane} now; wait for it or name one with --node`);
  }
  if (fault.strikes === "server") return server;
  const zone = directory.zoneOf(server);
  const standby = directory.natsOf(zone).find((nat) => !Object.values(served).includes(nat));
  if (standby === undefined) throw new Error(`zone ${zone} has no NAT without a lane; ${fault.name} needs a standby`);
  return standby;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** A client that asks; see lab/faults/asker.ts. */
class Asker {
  readonly attempts: Attempt[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(
    { directory, programs }: FaultSources,
    readonly lane: string,
  ) {
    const where = [INTERNET.website, String(ECHO_PORT), String(ASK_EVERY_MS), String(ASK_DEADLINE_MS)];
    this.child = spawnIn(directory.enter(`client-${lane}`, ["node", join(programs, "asker.cjs"), ...where]));
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.stdout?.on(
      "data",
      lineReader((line) => this.attempts.push(JSON.parse(line) as Attempt)),
    );
  }

  /** Resolves when the lane answers steadily: a fault on a lane that is broken already would measure nothing. */
  async hasStarted(): Promise<void> {
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!this.isSteady()) {
      if (Date.now() > deadline) throw new Error(`lane ${this.lane} does not reach the internet before the fault; see status`);
      await wait(ASK_EVERY_MS);
    }
  }

  /** Ends the asking; resolves when the last try is in. */
  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.ended;
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  private isSteady(): boolean {
    const last = this.attempts.slice(-SETTLED_TRIES);
    return last.length === SETTLED_TRIES && last.every(({ address }) => address !== undefined);
  }
}
