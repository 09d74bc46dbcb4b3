import { NFT_TABLE } from "../../contract/nat-config";

/** Source ports that the kernel gives out for one SNAT address, protocol and destination: 1024–65535. */
export const PORTS = 64_512;
/** Beyond so many, a new flow searches long and often finds no port: the kernel tries 240, at this many every fifth fails. */
export const USABLE_PORTS = 64_100;
/** Fewer in use are not looked at: less than half. */
export const LEAST = PORTS / 2;

/** Where ports are taken from: one address and protocol, towards one destination. */
export interface PortPool {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly destination: string;
  readonly port: number;
}

/** Ports of a pool in use. */
export interface PortUse extends PortPool {
  readonly count: number;
}

/** How many flows more the kernel lets begin before it refuses. Never 0, which nft takes for 5. */
export interface Budget extends PortPool {
  readonly left: number;
}

/** By `keyOf`: first packets of flows since the budget was written, those that were refused included. */
export type Arrivals = ReadonlyMap<string, number>;

export const keyOf = ({ protocol, address, destination, port }: PortPool): string =>
  `${protocol} ${address} ${destination} ${port}`;

/** Of the flows that arrived, how many the budget let in. */
export function admitted(budget: Budget, arrived: Arrivals): number {
  return Math.min(budget.left, arrived.get(keyOf(budget)) ?? 0);
}

/**
 * What is left of each pool that was counted. Counting takes a while, and goes through the table in the order of its hash: of the flows
 * that began meanwhile it has seen half.
 */
export function budgetsOf(
  uses: readonly PortUse[],
  written: readonly Budget[],
  arrived: { readonly before: Arrivals; readonly after: Arrivals },
): readonly Budget[] {
  const before = new Map(written.map((budget) => [keyOf(budget), budget]));
  return uses.map(({ count, ...pool }) => {
    const budget = before.get(keyOf(pool));
    const meanwhile = budget === undefined ? 0 : admitted(budget, arrived.after) - admitted(budget, arrived.before);
    return { ...pool, left: Math.max(1, USABLE_PORTS - count - Math.round(meanwhile / 2)) };
  });
}

export const scarceSetOf = (address: string): string => `scarce_${address.replaceAll(".", "_")}`;

/** The nft commands that make the sets of these addresses hold exactly these budgets. */
export function scarceSetCommands(addresses: readonly string[], budgets: readonly Budget[], seconds: number): string {
  const replace = (set: string, elements: readonly string[]): readonly string[] => {
    const listed = elements.map((element) => `${element} timeout ${seconds}s`).join(", ");
    const name = `ip ${NFT_TABLE} ${set}`;
    return [`flush set ${name}\n`, ...(elements.length === 0 ? [] : [`add element ${name} { ${listed} }\n`])];
  };
  const each = addresses.flatMap((address) => {
    const ours = budgets.filter((budget) => budget.address === address);
    // A day's refill is no refill: what the burst allows, and nothing more.
    const elements = ours.map(
      ({ protocol, destination, port, left }) =>
        `${protocol} . ${destination} . ${port} counter limit rate over 1/day burst ${left} packets`,
    );
    return replace(scarceSetOf(address), elements);
  });
  return [...replace("scarce", [...new Set(budgets.map(({ destination }) => destination))]), ...each].join("");
}
