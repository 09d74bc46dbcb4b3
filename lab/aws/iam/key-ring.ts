import { createHash, randomBytes } from "node:crypto";
import type { RoleModel } from "../../stack/model";
import type { KeyRing, SessionCredentials } from "../../world/fabric";

/** The person at the lab's command line: full rights, keys known to everybody. */
export const OPERATOR = {
  accessKeyId: "AKIALABOPERATOR00000",
  secretAccessKey: "lab",
  roleName: "lab-operator",
  sessionName: "operator",
} as const;

export interface LabKeyRing extends KeyRing {
  /** `aws:userid` of a key, `AROA…:<session>`: what SQS tells as SenderId. Undefined for an unknown key. */
  userIdOf(accessKeyId: string): string | undefined;
  /** `<role>/<session>` for logs; the key itself when it is nobody's. */
  describe(accessKeyId: string): string;
}

interface Identity {
  readonly roleName: string;
  readonly sessionName: string;
}

/** AWS's alphabet of key IDs (base 32). */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * Keys are deterministic in role, session and seed: the same session asked twice has the same keys, and a key that was
 * never issued is nobody's.
 */
export function createKeyRing(roles: readonly Pick<RoleModel, "name">[], options: { readonly seed?: string } = {}): LabKeyRing {
  const seed = options.seed ?? randomBytes(16).toString("hex");
  const names = new Set(roles.map((role) => role.name));
  const issued = new Map<string, Identity>([[OPERATOR.accessKeyId, OPERATOR]]);
  const digest = (...parts: string[]) =>
    createHash("sha256")
      .update([seed, ...parts].join("\0"))
      .digest();

  const issue = (roleName: string, sessionName: string): SessionCredentials => {
    if (!names.has(roleName)) {
      throw new Error(`cannot issue keys for role ${roleName}: the stack has ${[...names].sort().join(", ") || "no role"}`);
    }
    const accessKeyId = `ASIA${base32(digest("key", roleName, sessionName), 16)}`;
    issued.set(accessKeyId, { roleName, sessionName });
    return {
      accessKeyId,
      secretAccessKey: digest("secret", roleName, sessionName).toString("base64").slice(0, 40),
      sessionToken: digest("token", roleName, sessionName).toString("base64"),
    };
  };
  const find = (accessKeyId: string) => {
    const identity = issued.get(accessKeyId);
    return identity && { roleName: identity.roleName, sessionName: identity.sessionName };
  };
  return {
    issue,
    find,
    userIdOf(accessKeyId) {
      const identity = find(accessKeyId);
      return identity && `AROA${base32(digest("role", identity.roleName), 17)}:${identity.sessionName}`;
    },
    describe(accessKeyId) {
      const identity = find(accessKeyId);
      return identity ? `${identity.roleName}/${identity.sessionName}` : accessKeyId;
    },
  };
}

function base32(bytes: Buffer, length: number): string {
  return [...bytes.subarray(0, length)].map((byte) => BASE32.charAt(byte % 32)).join("");
}
