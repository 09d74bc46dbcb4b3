import { type Flow, translatedKey } from "./flow";
import type { KernelTable } from "./kernel";
import { ERRNO } from "./netlink";

/** A flow of a peer: what it is now, by the one that carries it. */
export interface Copy {
  readonly flow: Flow;
  /**
   * What it does to what is here. `replace` and `first` differ in what is expected, not in the end: nothing, and the same flow, which was
   * announced or told of by the NAT that carried it before. `spare`: nothing, it is created where there is nothing.
   */
  readonly how: "replace" | "first" | "refresh" | "spare";
}

export interface Injected {
  readonly injected: number;
  /** The kernel would not take it. */
  readonly refused: number;
}

/**
 * Brings copies into the kernel's table.
 *
 * | record                    | is here                          | then                                              |
 * |---------------------------|----------------------------------|---------------------------------------------------|
 * | gone (lifetime 0)         | -                                | the entry with its public side is deleted         |
 * | announced, or first swept | nothing                          | created                                           |
 * | announced, or first swept | the same flow                    | lifetime and state are set                        |
 * | announced, or first swept | its client's or its public side  | deleted (an older flow's copy), created           |
 * | refreshed                 | its client's side                | lifetime and state are set                        |
 * | refreshed                 | nothing                          | created, as above                                 |
 * | any that is spare         | -                                | created where there is nothing; else left alone   |
 */
export function inject(copies: readonly Copy[], table: KernelTable): Injected {
  const count = { injected: 0, refused: 0 };
  const done = (_: Flow, errno: number) => (errno === 0 ? (count.injected += 1) : (count.refused += 1));
  const of = (how: Copy["how"]) => flowsOf(copies.filter((copy) => copy.how === how && copy.flow.lifetime > 0));
  const gone = copies.filter(({ flow, how }) => flow.lifetime === 0 && how !== "spare");
  table.apply("delete-reply", flowsOf(gone), (_, errno) => (errno === 0 ? (count.injected += 1) : 0));

  const update = (flows: readonly Flow[]): readonly Flow[] => {
    const absent: Flow[] = [];
    table.apply("update", flows, (flow, errno) => (errno === ERRNO.noEntry ? absent.push(flow) : done(flow, errno)));
    return absent;
  };
  /** Updates those that are here; gives the others. */
  const settle = (flows: readonly Flow[]): readonly Flow[] => {
    const here = new Set<string>();
    table.find(flows, (flow) => here.add(translatedKey(flow)));
    const isHere = (flow: Flow): boolean => here.has(translatedKey(flow));
    return [...flows.filter((flow) => !isHere(flow)), ...update(flows.filter(isHere))];
  };

  const taken: Flow[] = [];
  const create = (flow: Flow, errno: number) => (errno === ERRNO.exists ? taken.push(flow) : done(flow, errno));
  table.apply("create", [...of("replace"), ...settle(of("first")), ...update(of("refresh"))], create);
  const older = settle(taken);
  table.apply("delete-original", older, () => undefined);
  table.apply("delete-reply", older, () => undefined);
  table.apply("create", older, done);

  table.apply("create", of("spare"), (flow, errno) => (errno === ERRNO.exists ? 0 : done(flow, errno)));
  return count;
}

function flowsOf(copies: readonly Copy[]): readonly Flow[] {
  return copies.map(({ flow }) => flow);
}
