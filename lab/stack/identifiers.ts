import { createHash } from "node:crypto";

function digest(address: string): string {
  return createHash("sha256").update(address).digest("hex");
}

/** An ID shaped like EC2's (`subnet-` and 17 hex digits), the same for the same Terraform address. */
export function resourceId(prefix: string, address: string): string {
  return `${prefix}-${digest(address).slice(0, 17)}`;
}

/** The 16 hex digits that end the ARN of a load balancer and a target group. */
export function loadBalancerSuffix(address: string): string {
  return digest(address).slice(0, 16);
}

/** The UUID in an Auto Scaling group's ARN. */
export function uuidOf(address: string): string {
  const hex = digest(address);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** The host'th address of an IPv4 block, the network address not counted. */
export function hostAddress(cidr: string, host: number): string {
  const [network = "", prefix = ""] = cidr.split("/");
  const size = 2 ** (32 - Number(prefix));
  if (host < 1 || host > size - 2) {
    throw new Error(`${cidr} has ${size - 2} addresses, the stack wants ${host}; use fewer Elastic IPs`);
  }
  const value = network.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) + host;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
