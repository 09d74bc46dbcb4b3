import type { NatConfig } from "../../contract/nat-config";

/** EC2 refuses more, counted before base64. Bytes. */
export const MAX_USER_DATA_BYTES = 16_384;

/** What fills the placeholders of `instance/user-data.sh`. */
export interface UserDataValues {
  readonly config: NatConfig;
  /** `s3://bucket/key` of the payload. */
  readonly artifactUri: string;
  /** Hex. */
  readonly artifactSha256: string;
  readonly region: string;
}

/** The user data of a NAT; throws when a placeholder is missing or left over, or when EC2 would refuse the size. Pure. */
export function renderUserData(template: string, values: UserDataValues): string {
  const config = JSON.stringify(values.config);
  if (config.includes("'"))
    throw new Error("NAT configuration holds a single quote, which would end the quoting in user data; remove it");
  const placeholders: Readonly<Record<string, string>> = {
    "@NAT_CONFIG@": config,
    "@ARTIFACT_URI@": values.artifactUri,
    "@ARTIFACT_SHA256@": values.artifactSha256,
    "@REGION@": values.region,
  };
  let text = template;
  for (const [placeholder, value] of Object.entries(placeholders)) {
    if (!text.includes(placeholder)) throw new Error(`instance/user-data.sh lacks the placeholder ${placeholder}; add it`);
    text = text.replaceAll(placeholder, () => value);
  }
  const left = /@[A-Z][A-Z0-9_]+@/.exec(text);
  if (left)
    throw new Error(
      `instance/user-data.sh has an unknown placeholder ${left[0]}; known are ${Object.keys(placeholders).join(", ")}`,
    );
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_USER_DATA_BYTES) {
    throw new Error(`user data has ${bytes} bytes, EC2 takes ${MAX_USER_DATA_BYTES}; use fewer lanes or zones`);
  }
  return text;
}
