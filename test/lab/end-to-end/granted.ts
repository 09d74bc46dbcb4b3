import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCalls } from "../../../lab/report/record-calls";
import { recorded } from "../../permissions/recording";
import { root } from "../support/in-namespaces";

/** Of the lab that ran last: no role was denied a call, and the permissions' tests, which read a recording, know every call that was made. */
export function expectGranted(env: string): void {
  const { calls, denied } = readCalls(readFileSync(join(root, ".lab", env, "logs/holder.log"), "utf8"), env);
  const unrecorded = Object.entries(calls).flatMap(([role, actions]) =>
    actions.filter((action) => recorded[role]?.includes(action) !== true).map((action) => `${role} ${action}`),
  );
  expect({ denied, unrecorded }).toEqual({ denied: [], unrecorded: [] });
}
