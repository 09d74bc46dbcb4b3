import type { Flow } from "./flow";
import type { KernelTable } from "./kernel";
import { ERRNO } from "./netlink";

/** A flow of a peer: what it is now, by the one that carries it. */
export interface Copy {
  readonly flow: Flow;
  /** What it does to what is here; `spare`: nothing, it is created where there is nothing. */
  readonly how: "replace" | "refresh" | "spare";
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

  const absent: Flow[] = [];
  table.apply("update", of("refresh"), (flow, errno) => (errno === ERRNO.noEntry ? absent.push(flow) : done(flow, errno)));
  const taken: Flow[] = [];
  const create = (flow: Flow, errno: number) => (errno === ERRNO.exists ? taken.push(flow) : done(flow, errno));
  table.apply("create", [...of("replace"), ...absent], create);
  if (taken.length > 0) {
    table.apply("delete-original", taken, () => undefined);
    table.apply("delete-reply", taken, () => undefined);
    table.apply("create", taken, done);
  }

  table.apply("create", of("spare"), (flow, errno) => (errno === ERRNO.exists ? 0 : done(flow, errno)));
  return count;
}

function flowsOf(copies: readonly Copy[]): readonly Flow[] {
  return copies.map(({ flow }) => flow);
}
