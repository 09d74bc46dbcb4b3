import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { NatConfig } from "../../contract/nat-config";
import type { Boot } from "./agent";
import { type FleetStanding, parseLeaveRequest } from "./documents";
import { readFleetRecord } from "./fleet-record";
import { type Identity, readNotices } from "./imds";
import { LeaveWatch, type LeaveSources, watchLeaving } from "./leave-watch";
import type { Standing } from "./leaving";
import type { Log } from "./log";
import type { FailoverQueue } from "./queue";

export interface LeavingParts {
  readonly config: NatConfig;
  readonly identity: Identity;
  readonly boot: Boot;
  readonly ssm: SSMClient;
  readonly queue: FailoverQueue;
  readonly runDir: string;
  readonly log: Log;
}

/** Watches for reasons to leave, from now on. */
export function startLeaving(parts: LeavingParts): void {
  const { config, identity, boot, log } = parts;
  const self = { env: config.env, instanceId: identity.instanceId, bootId: boot.bootId };
  void watchLeaving(new LeaveWatch(self, leaveSources(parts), log));
}

/** `leave.json` is nat-drain's, `leaving.json` is ours; both in the run directory, both replaced whole. */
export function leaveSources({ config, identity, ssm, queue, runDir }: LeavingParts): LeaveSources {
  const answerFile = join(runDir, "leaving.json");
  return {
    now: Date.now,
    elapsed: () => performance.now(),
    notices: () => readNotices(),
    request: () => {
      const text = textOf(join(runDir, "leave.json"));
      return text === null ? null : parseLeaveRequest(text);
    },
    standing: async () => standingOf(await readFleetRecord(ssm, config.stateParameter), identity.instanceId),
    answer: (answer) => {
      writeFileSync(`${answerFile}.new`, `${JSON.stringify(answer)}\n`);
      renameSync(`${answerFile}.new`, answerFile);
    },
    say: (message, deduplicationId) => queue.send(message, deduplicationId),
  };
}

export function standingOf(record: FleetStanding | undefined, instanceId: string): Standing {
  const lanes = Object.entries(record?.lanes ?? {}).filter(([, { servedBy }]) => servedBy === instanceId);
  return {
    lanes: lanes.map(([lane]) => lane).sort(),
    leaving: record?.leaving?.[instanceId] !== undefined,
    refusal: record?.refusals?.[instanceId] ?? null,
  };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
