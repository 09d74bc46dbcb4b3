import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { inNamespace } from "../world/namespaces";
import type { Path, Service } from "./network";
import { NET } from "./network";

/** What one holding process found; times in milliseconds. */
interface Opened {
  readonly opened: number;
  readonly refused: number;
  readonly failed: number;
  readonly unanswered: number;
  readonly refusedAfterP50Ms: number;
  readonly refusedAfterMaxMs: number;
}

interface Holder {
  readonly service: Service;
  readonly opened: Promise<Opened>;
  readonly alive: () => Promise<number>;
}

export interface Held extends Opened {
  /** Connections that still carry a byte there and back. */
  readonly alive: () => Promise<number>;
  readonly release: () => Promise<void>;
}

export interface Holding {
  readonly count: number;
  /** New connections a second, all processes together. */
  readonly rate: number;
  /** How long to wait for answers after the last SYN. */
  readonly patienceSeconds: number;
  /** Which of the clients' addresses; each gives one process. */
  readonly firstClient?: number;
}

export const HELD_PORT = 9443;
/** Below the hard limit of open files that distributions give an ordinary user (20,000 and more). */
const MOST_A_PROCESS = 16_000;

/** Opens connections to one destination and keeps them open. */
export async function holdConnections(path: Path, holding: Holding): Promise<Held> {
  const { count, rate, firstClient = 0 } = holding;
  const processes = Math.ceil(count / MOST_A_PROCESS);
  if (firstClient + processes > NET.clients) throw new Error(`${count} connections need ${processes} clients' addresses`);
  const holders = Array.from({ length: processes }, (_, n) => {
    const share = Math.floor(count / processes) + (n < count % processes ? 1 : 0);
    return startHolder(path, firstClient + n, { ...holding, count: share, rate: rate / processes });
  });
  const found = await Promise.all(holders.map(({ opened }) => opened));
  const sum = (key: keyof Opened): number => found.reduce((total, one) => total + one[key], 0);
  const refusing = found.filter(({ refused }) => refused > 0);
  return {
    opened: sum("opened"),
    refused: sum("refused"),
    failed: sum("failed"),
    unanswered: sum("unanswered"),
    refusedAfterP50Ms: Math.max(0, ...refusing.map((one) => one.refusedAfterP50Ms)),
    refusedAfterMaxMs: Math.max(0, ...refusing.map((one) => one.refusedAfterMaxMs)),
    alive: async () => (await Promise.all(holders.map(({ alive }) => alive()))).reduce((total, one) => total + one, 0),
    release: async () => void (await Promise.all(holders.map(({ service }) => service.stop()))),
  };
}

function startHolder(path: Path, client: number, { count, rate, patienceSeconds }: Holding): Holder {
  const arguments_ = [NET.server, HELD_PORT, count, rate, clientAddress(client), 1, patienceSeconds].map(String);
  const [program = "", ...argv] = inNamespace(path.namespace("client"), [path.options.load, "hold", ...arguments_]);
  const child = spawn(program, argv, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
    if (done === true) throw new Error(`${path.name}: a holder of ${count} connections ended; its words are above`);
    return JSON.parse(value) as T;
  };
  const alive = async (): Promise<number> => {
    child.stdin.write("alive\n");
    return (await answer<{ readonly alive: number }>()).alive;
  };
  return { service: path.keep(child), opened: answer<Opened>(), alive };
}

export function clientAddress(n: number): string {
  const cut = NET.client.lastIndexOf(".") + 1;
  return `${NET.client.slice(0, cut)}${Number(NET.client.slice(cut)) + n}`;
}
