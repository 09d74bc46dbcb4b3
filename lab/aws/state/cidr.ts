/** Dotted IPv4 to its number. */
export function addressNumber(address: string): number {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new Error(`${address} is not an IPv4 address; write four numbers from 0 to 255`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** First and last address of a block, as numbers. */
export function cidrRange(cidr: string): { readonly first: number; readonly last: number } {
  const [base = "", prefix = ""] = cidr.split("/");
  const bits = Number(prefix);
  if (!Number.isInteger(bits) || prefix === "" || bits < 0 || bits > 32) {
    throw new Error(`${cidr} is not a CIDR block; write it as 10.0.0.0/24`);
  }
  const size = 2 ** (32 - bits);
  const first = Math.floor(addressNumber(base) / size) * size;
  return { first, last: first + size - 1 };
}

export function isInCidr(address: string, cidr: string): boolean {
  const { first, last } = cidrRange(cidr);
  const number = addressNumber(address);
  return number >= first && number <= last;
}

/** AWS keeps the first four addresses and the last one of every subnet. */
export function isUsableInSubnet(address: string, cidr: string): boolean {
  const { first, last } = cidrRange(cidr);
  const number = addressNumber(address);
  return number >= first + 4 && number < last;
}
