import { createHash } from "node:crypto";

/** Shaped like EC2's IDs (`i-0` and 16 hex digits), the same for the same parts: a second run of the lab gives the same names. */
export function ec2Id(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}-0${digest(parts, 16)}`;
}

/** Hex digits of a hash over the parts. */
export function digest(parts: readonly (string | number)[], length: number): string {
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, length);
}

/**
 * The zone's name as this account sees it. Shifted by one on purpose: names and IDs differ between accounts, and code that takes
 * `us-east-1a` for `use1-az1` must fail in the lab as well.
 */
export function zoneName(region: string, zoneId: string): string {
  const number = Number(/-az(\d+)$/.exec(zoneId)?.[1]);
  if (!Number.isInteger(number))
    throw new Error(`zone ID ${zoneId} is not of the form use1-az1; use the AZ ID, not the zone's name`);
  return `${region}${String.fromCharCode("a".charCodeAt(0) + (number % 6))}`;
}
