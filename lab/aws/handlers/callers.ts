import type { KeyRing } from "../../world/fabric";
import { digest } from "../state/ids";
import type { Call } from "../wire/call";
import { AwsError } from "../wire/call";

/** `AROA` and 17 characters, the same for the same role. */
export function roleId(roleName: string): string {
  return `AROA${digest(["role", roleName], 17).toUpperCase()}`;
}

/** Who calls, as services show it: `<roleId>:<sessionName>` and the ARN of the session. */
export interface Caller {
  readonly userId: string;
  readonly arn: string;
}

export function callerOf(keyRing: KeyRing, accountId: string, call: Pick<Call, "accessKeyId">): Caller {
  const session = keyRing.find(call.accessKeyId);
  if (session === undefined)
    throw new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
  const { roleName, sessionName } = session;
  return {
    userId: `${roleId(roleName)}:${sessionName}`,
    arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
  };
}
