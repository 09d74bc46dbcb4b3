/** An operator in the lab, and what the functions tell of what the operator did. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { root } from "../support/in-namespaces";
import type { Endpoint } from "./lab";
import { awsCli, endpointOf } from "./lab";

export const EVERYWHERE = "0.0.0.0/0";

/** With schedules 12 times as fast: a run that takes 20 s here takes 240 s on AWS, so that five minutes there leave 60 s for the mending. */
export const ACCELERATED = ["--schedule-factor", "12"];
const LIMIT_MS = 20_000 + 60_000;

const KEEPERS = ["config-guard", "eip-recover", "nat-route-failover"];

/** A line of drift in a function's log. */
export interface Line {
  readonly function: string;
  readonly message: string;
  readonly kind: string;
  readonly subject: string;
  readonly before: string;
  readonly after: string;
}

interface Address {
  readonly AllocationId?: string;
  readonly PublicIp?: string;
  readonly PrivateIpAddress?: string;
  readonly NetworkInterfaceId?: string;
}

export class Operator {
  private constructor(
    private readonly env: "prod" | "test",
    private readonly access: Endpoint,
  ) {}

  static async of(env: "prod" | "test"): Promise<Operator> {
    return new Operator(env, await endpointOf(env));
  }

  /** A call of the operator's. */
  async aws<T>(...args: readonly string[]): Promise<T> {
    const ended = await awsCli(this.access, ...args);
    if (ended.code !== 0) throw new Error(`aws ${args.join(" ")}: ${ended.stderr}`);
    return (ended.stdout.trim() === "" ? undefined : JSON.parse(ended.stdout)) as T;
  }

  /** What a function has logged with this message. */
  logged<T>(name: string, message: string): readonly T[] {
    return readFileSync(join(root, `.lab/${this.env}/logs/ha-nat-${this.env}-${name}.log`), "utf8")
      .split("\n")
      .filter((line) => line.includes(`"message":"${message}`))
      .map((line) => JSON.parse(line) as T);
  }

  /** Everything that the functions have told of drift. */
  told(): readonly Line[] {
    return KEEPERS.flatMap((name) => this.logged<Line>(name, "drift").map((line) => ({ ...line, function: name })));
  }

  /** Waits until it was told as found and as mended, with before and after, and the world shows it. */
  async mended(what: Partial<Line>, isRight: () => Promise<boolean>): Promise<Line> {
    const deadline = Date.now() + LIMIT_MS;
    const matches = (line: Line): boolean =>
      (what.kind ?? line.kind) === line.kind &&
      (what.subject ?? line.subject) === line.subject &&
      line.before.includes(what.before ?? "");
    for (;;) {
      const lines = this.told().filter(matches);
      const [found] = lines.filter(({ message }) => message === "drift");
      if (found && lines.some(({ message }) => message === "drift mended") && (await isRight())) return found;
      if (Date.now() > deadline)
        throw new Error(`${JSON.stringify(what)} is not mended; told: ${JSON.stringify(this.told(), null, 1)}`);
      await wait(500);
    }
  }

  /** The lane's Elastic IP, and where it is. */
  async addressOf(lane: string): Promise<Address> {
    const filters = ["--filters", `Name=tag:ha-nat:lane,Values=${lane}`];
    const { Addresses: found } = await this.aws<{ Addresses: readonly Address[] }>("ec2", "describe-addresses", ...filters);
    return found[0] ?? {};
  }

  /** Associates the Elastic IP of a lane with the address of another. */
  async stealAddress(from: string, to: string): Promise<{ readonly mine: Address; readonly thief: Address }> {
    const [mine, thief] = [await this.addressOf(from), await this.addressOf(to)];
    const where = ["--network-interface-id", `${thief.NetworkInterfaceId}`, "--private-ip-address", `${thief.PrivateIpAddress}`];
    await this.aws("ec2", "associate-address", "--allocation-id", `${mine.AllocationId}`, ...where, "--allow-reassociation");
    return { mine, thief };
  }
}

/** A stolen Elastic IP comes back, and the thief's own one stays with it. */
export async function expectStolenAddressBack(operator: Operator, lane: string, other: string): Promise<void> {
  const { mine, thief } = await operator.stealAddress(lane, other);
  const line = await operator.mended({ kind: "address", subject: lane }, async () => {
    const now = [await operator.addressOf(lane), await operator.addressOf(other)];
    return now.map(({ PrivateIpAddress }) => PrivateIpAddress).join() === [mine, thief].map((one) => one.PrivateIpAddress).join();
  });
  expect(line.before).toBe(`${mine.PublicIp} at ${thief.PrivateIpAddress} of ${thief.NetworkInterfaceId}`);
  expect(line.after).toBe(`${mine.PublicIp} at ${mine.PrivateIpAddress} of ${mine.NetworkInterfaceId}`);
}
