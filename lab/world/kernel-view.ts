import { run } from "./command";
import { Conversation } from "./conversation";
import type { IpRoute } from "./kernel-routes";

/**
 * One reading for everybody who asks while another runs. Each caller gets a reading that *began* after the call, so what was
 * written before is always seen; a process a caller would cost more than the reading.
 */
export class SharedReading<T> {
  private running: Promise<T> | undefined;
  private next: Promise<T> | undefined;

  constructor(private readonly readNow: () => Promise<T>) {}

  read(): Promise<T> {
    if (this.running === undefined) return this.begin();
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.begin();
      });
    return this.next;
  }

  private begin(): Promise<T> {
    const reading = this.readNow();
    this.running = reading;
    const done = (): void => {
      if (this.running === reading) this.running = undefined;
    };
    void reading.then(done, done);
    return reading;
  }
}

type NftListing = readonly Readonly<
  Record<
    string,
    { readonly name?: string; readonly elem?: readonly unknown[]; readonly chain?: string; readonly comment?: string }
  >
>[];

interface Concatenation {
  readonly concat: readonly string[];
}

/** Reads the router's routes and sets. Throws where the kernel's answer is not complete. */
export class KernelView {
  private readonly ip = new Conversation("ip", ["-4", "-json", "-batch", "-"]);
  private readonly nft = new Conversation("nft", ["-j", "-i"]);

  private readonly allRoutes = new SharedReading(async () => {
    const text = await this.ip
      .ask("route show table all")
      .catch(() => run("ip", ["-4", "-json", "route", "show", "table", "all"]));
    return JSON.parse(text) as readonly IpRoute[];
  });

  private readonly listing = new SharedReading(async () => {
    // An nft without its line editor has no -i; asked once, it tells what is wrong.
    const text = await this.nft.ask("list table ip vpc").catch(() => run("nft", ["-j", "list", "table", "ip", "vpc"]));
    return (JSON.parse(text) as { readonly nftables: NftListing }).nftables;
  });

  /** Routes of a table; `main` for the main one. */
  async routes(table: string): Promise<readonly IpRoute[]> {
    const routes = (await this.allRoutes.read()).filter((route) => (route.table ?? "main") === table);
    if (routes.length === 0) throw new Error(`kernel route table ${table} is empty: not even the VPC's own route is there`);
    return routes;
  }

  /** Elements of a set as text; a concatenation's parts are joined by one blank. */
  async elements(set: string): Promise<readonly string[]> {
    const found = await this.find("set", set);
    return found.map((element) => (isConcatenation(element) ? element.concat.join(" ") : String(element)));
  }

  async pairs(map: string): Promise<readonly (readonly [string, string])[]> {
    return (await this.find("map", map)).map((element) => {
      if (!Array.isArray(element))
        throw new Error(`nft lists ${map} in a form that the lab cannot read: ${JSON.stringify(element)}`);
      return [String(element[0]), String(element[1])] as const;
    });
  }

  /** Comments of a chain's rules, in their order; undefined for a rule without one. */
  async comments(chain: string): Promise<readonly (string | undefined)[]> {
    const listing = await this.listing.read();
    if (!listing.some((entry) => entry["chain"]?.name === chain)) throw new Error(`the router has no nftables chain ${chain}`);
    return listing.flatMap(({ rule }) => (rule?.chain === chain ? [rule.comment] : []));
  }

  private async find(kind: "set" | "map", name: string): Promise<readonly unknown[]> {
    const entry = (await this.listing.read()).find((candidate) => candidate[kind]?.name === name);
    if (entry === undefined) throw new Error(`the router has no nftables ${kind} ${name}`);
    return entry[kind]?.elem ?? [];
  }
}

function isConcatenation(element: unknown): element is Concatenation {
  return typeof element === "object" && element !== null && "concat" in element;
}
