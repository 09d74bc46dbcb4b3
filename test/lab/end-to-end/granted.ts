import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCalls } from "../../../lab/report/record-calls";
import { BY_LAST_RESORT } from "../../permissions/gained";
import { recorded } from "../../permissions/recording";
import { UNRECORDED } from "../../permissions/unrecorded";
import { root } from "../support/in-namespaces";

/** Of the lab that ran last: no role was denied a call, and the permissions' tests, which read a recording, know every call that was made. */
export function expectGranted(env: string): void {
  const { calls, denied } = readCalls(readFileSync(join(root, ".lab", env, "logs/holder.log"), "utf8"), env);
  const chance = UNRECORDED.filter(({ byChance }) => byChance === true);
  const isKnown = (role: string, action: string): boolean =>
    recorded[role]?.includes(action) === true ||
    BY_LAST_RESORT.includes(`${role} ${action}`) ||
    chance.some(({ roles, actions: its }) => roles.includes(role) && its.includes(action));
  const unrecorded = Object.entries(calls).flatMap(([role, actions]) =>
    actions.filter((action) => !isKnown(role, action)).map((action) => `${role} ${action}`),
  );
  expect({ denied, unrecorded }).toEqual({ denied: [], unrecorded: [] });
}
