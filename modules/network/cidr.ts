/** IPv4 arithmetic on plain numbers. Addresses are unsigned 32-bit integers. */
export interface Cidr {
  readonly base: number;
  readonly prefix: number;
}

const OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ADDRESS = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);

/** The number of a dotted address, or undefined when it is none. */
export function parseAddress(text: string): number | undefined {
  const match = ADDRESS.exec(text);
  return match ? match.slice(1).reduce((sum, octet) => sum * 256 + Number(octet), 0) : undefined;
}

/** A network in CIDR form with no host bits set, or undefined when the text is none. */
export function parseCidr(text: string): Cidr | undefined {
  const [address, prefix, rest] = text.split("/");
  if (address === undefined || prefix === undefined || rest !== undefined || !/^(\d|[12]\d|3[0-2])$/.test(prefix))
    return undefined;
  const base = parseAddress(address);
  if (base === undefined || base % sizeOf(Number(prefix)) !== 0) return undefined;
  return { base, prefix: Number(prefix) };
}

/** Addresses in a network of this prefix length. */
export function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

/** Dotted form. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** `10.0.0.0/16`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.prefix}`;
}

/** Whether two networks share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + sizeOf(b.prefix) && b.base < a.base + sizeOf(a.prefix);
}

/** Whether the outer network holds all of the inner one. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return inner.base >= outer.base && inner.base + sizeOf(inner.prefix) <= outer.base + sizeOf(outer.prefix);
}
