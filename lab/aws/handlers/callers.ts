import type { LabKeyRing } from "../iam/key-ring";
import type { Call } from "../wire/call";
import { AwsError } from "../wire/call";

/** Who calls, as services show it: `<roleId>:<sessionName>` and the ARN of the session. */
export interface Caller {
  readonly userId: string;
  readonly arn: string;
}

export function callerOf(keyRing: LabKeyRing, accountId: string, call: Pick<Call, "accessKeyId">): Caller {
  const session = keyRing.find(call.accessKeyId);
  const userId = keyRing.userIdOf(call.accessKeyId);
  if (session === undefined || userId === undefined) {
    throw new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
  }
  return { userId, arn: `arn:aws:sts::${accountId}:assumed-role/${session.roleName}/${session.sessionName}` };
}
