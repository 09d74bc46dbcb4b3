/**
 * Whether every lane's public address is where it must be: on its floating address of the NAT that serves the lane, or, while another
 * zone serves it, on that zone's guest address. `steering: eip` has no other keeper. Pure; asked after every look.
 *
 * | # | the lane's default route   | its addresses                        | a look ago           | since | then                        |
 * |---|----------------------------|--------------------------------------|----------------------|-------|-----------------------------|
 * | 1 | at its gateway, or no NAT  | -                                    | -                    | -     | nothing: routes come first  |
 * | 2 | at a NAT of its zone       | each on the NAT, with its EIP        | -                    | -     | nothing                     |
 * | 3 | at a NAT of another zone   | the guest one on it, with the EIP    | -                    | -     | nothing                     |
 * | 4 | at a NAT of another zone   | the zone has no guest address        | -                    | -     | nothing: given up by choice |
 * | 5 | at a NAT                   | otherwise                            | not looked           | -     | look again: it may move now |
 * | 6 | at a NAT                   | otherwise                            | right, or other drift| -     | nothing: it moved meanwhile |
 * | 7 | at a NAT                   | otherwise                            | the same drift       | asked for nothing yet | report; ask the door to repair |
 * | 8 | at a NAT                   | as reported                          | -                    | time left | look again              |
 * | 9 | at a NAT                   | as reported                          | -                    | time is up | report as left: the next run asks again |
 * |10 | -                          | no longer as reported                | -                    | -     | report as mended            |
 * |11 | -                          | released: EC2 does not have it       | not looked, or so too | -    | as 5 and 7; only a deployment makes a new one |
 *
 * A move changes route and addresses side by side: for a second or two they differ. Hence the second look (rows 5 to 7).
 */
import { addressDrift, sameDrift } from "../../lib/domain/drift";
import type { Drift } from "../../lib/domain/drift";
import type { World } from "../../lib/domain/fleet";

export type Step =
  | { readonly kind: "end" }
  | { readonly kind: "look-again"; readonly suspected: readonly Drift[] }
  | { readonly kind: "repair"; readonly drifts: readonly Drift[] };

/** Rows 1 to 4, and 11: what is not where it must be. */
export function strays(world: World, vanished: readonly Drift[] = []): readonly Drift[] {
  return [...world.lanes.flatMap((lane) => addressDrift(lane, world)), ...vanished];
}

/** Rows 5 to 7. @param earlier what the look before found; null before the second look. */
export function decide(now: readonly Drift[], earlier: readonly Drift[] | null): Step {
  if (now.length === 0) return { kind: "end" };
  if (earlier === null) return { kind: "look-again", suspected: now };
  const drifts = now.filter((drift) => earlier.some((before) => sameDrift(drift, before)));
  return drifts.length === 0 ? { kind: "end" } : { kind: "repair", drifts };
}

export interface Outcome {
  readonly mended: readonly Drift[];
  readonly left: readonly Drift[];
}

/** Rows 8 to 10: what has become of what was reported. */
export function judge(reported: readonly Drift[], now: readonly Drift[]): Outcome {
  const isLeft = (drift: Drift): boolean =>
    now.some((other) => other.kind === drift.kind && other.subject === drift.subject && other.after === drift.after);
  return { mended: reported.filter((drift) => !isLeft(drift)), left: reported.filter(isLeft) };
}
