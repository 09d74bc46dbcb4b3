import type * as sts from "@aws-sdk/client-sts";
import type { LabKeyRing } from "../iam/key-ring";
import type { Handlers } from "../endpoint";
import { callerOf } from "./callers";

export function stsHandlers(accountId: string, keyRing: LabKeyRing): Handlers<typeof sts> {
  return {
    GetCallerIdentity: (_input, call) => {
      const caller = callerOf(keyRing, accountId, call);
      return { Account: accountId, UserId: caller.userId, Arn: caller.arn };
    },
  };
}
