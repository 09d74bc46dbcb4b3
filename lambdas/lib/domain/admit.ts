/**
 * What was asked for, judged: pure, before anything is decided about a lane.
 *
 * | asked                                                  | then                                                      |
 * |--------------------------------------------------------|-----------------------------------------------------------|
 * | leave (Spot, rebalance, terminating, shutdown, forced) | the NAT leaves; its lanes move at once                    |
 * | drain, and another healthy NAT of its zone stays       | likewise                                                  |
 * | drain of the last healthy NAT of its zone              | refused; so is one that was admitted and still has lanes  |
 * | drain by the NAT itself, during a hold                 | refused                                                   |
 * | move of a lane to a healthy NAT that stays             | it goes there, whatever cooldown and hold say             |
 * | move to any other NAT, or of an unknown lane           | refused                                                   |
 * | hold                                                   | nothing moves by itself until then (lib/domain/hold.ts)   |
 * | hold that has ended before it was heard                | refused                                                   |
 * | resume                                                 | ends the hold; with an instance, takes its drain back     |
 * | replace                                                | Auto Scaling replaces it, as lib/domain/marking.ts allows |
 *
 * A shutdown is over when the NAT answers healthy from another boot, ten minutes later in any case; a drain said before or meanwhile stands.
 */
import type { FleetRecord, LeaveCause, Notice } from "../../../contract/parameters";
import { electOther } from "./election";
import { isHealthy } from "./evidence";
import { isForwarding, isServer, serverOf } from "./fleet";
import type { Lane, Nat, Server, World } from "./fleet";
import { bootOf, laterNotice, refusalOf, standing } from "./leaving";

export type Request =
  | {
      readonly kind: "leave";
      readonly instanceId: string;
      readonly because: LeaveCause;
      readonly force: boolean;
      readonly by: Notice["by"];
    }
  | { readonly kind: "move"; readonly lane: string; readonly to: string; readonly by: string }
  | { readonly kind: "hold"; readonly until: string; readonly by: string; readonly because: string }
  | { readonly kind: "resume"; readonly by: string; readonly instanceId?: string }
  | { readonly kind: "replace"; readonly by: string; readonly instanceId: string; readonly because: string };

export interface Asked {
  readonly target: Server;
  readonly because: string;
}

export interface Admitted {
  readonly world: World;
  readonly record: FleetRecord;
  /** Lane → where an operator wants it. */
  readonly moves: ReadonlyMap<string, Asked>;
  /** Instance → why somebody wants it replaced. */
  readonly replacements: ReadonlyMap<string, string>;
  /** One sentence per request that is not carried out. */
  readonly refused: readonly string[];
}

export function admit(world: World, record: FleetRecord, requests: readonly Request[], now: Date): Admitted {
  const known = withoutReturned(world, unexpired(record, now), now);
  const judged = requests.reduce<Admitted>((so, request) => admitOne(so, request, now), {
    ...known,
    moves: new Map(),
    replacements: new Map(),
    refused: [],
  });
  return withoutVainMoves(rejudgeDrains(judged, now));
}

function admitOne(so: Admitted, request: Request, now: Date): Admitted {
  switch (request.kind) {
    case "leave":
      return admitLeave(so, request, now);
    case "move":
      return admitMove(so, request);
    case "hold": {
      const { until, by, because } = request;
      if (Date.parse(until) <= now.getTime()) return refuse(so, `the hold of ${by} ended at ${until}, before it was heard`);
      return { ...so, record: { ...so.record, hold: { until, by, because } } };
    }
    case "replace": {
      const because = `${request.by} found: ${request.because}`;
      return { ...so, replacements: new Map(so.replacements).set(request.instanceId, because) };
    }
    case "resume":
      return request.instanceId === undefined ? { ...so, record: withoutHold(so.record) } : takeBack(so, request.instanceId);
  }
}

function admitLeave(so: Admitted, request: Request & { readonly kind: "leave" }, now: Date): Admitted {
  const { instanceId, because, force, by } = request;
  const { world, record } = so;
  const nat = world.nats.find((known) => known.instanceId === instanceId);
  if (nat === undefined) {
    // EC2 tells of every instance of the account, and of those that are gone.
    return by === "control-plane" ? so : refuse(so, `${instanceId} is no NAT of this fleet`);
  }
  const before = record.notices?.[instanceId];
  if (because === "drain" && !force && before === undefined) {
    const held = by === "nat" && record.hold !== undefined ? `moves are ${holdWords(record.hold)}` : undefined;
    const why = held ?? refusalOf(instanceId, world);
    if (why !== undefined) return refuseDrain(so, instanceId, why, now);
  }
  const bootId = because === "shutdown" ? bootOf(nat) : undefined;
  const notice = laterNotice(before, { at: now.toISOString(), because, force, by, ...(bootId === undefined ? {} : { bootId }) });
  return { ...so, ...withLeavers(world, { ...record, notices: { ...record.notices, [instanceId]: notice } }) };
}

/**
 * Its zone may have lost the NAT that was to take over, while the drain waited for it.
 * @param called NATs that are about to get a lane, because nobody who stays is healthy
 * @returns the same object when no drain is refused
 */
export function rejudgeDrains(so: Admitted, now: Date, called: ReadonlySet<string> = new Set()): Admitted {
  const waiting = Object.entries(so.record.notices ?? {}).filter(([, { because, force }]) => because === "drain" && !force);
  return waiting.reduce<Admitted>((current, [instanceId]) => {
    const serves = current.world.lanes.some((lane) => serverOf(lane, current.world.nats)?.instanceId === instanceId);
    const why = serves || called.has(instanceId) ? refusalOf(instanceId, current.world) : undefined;
    return why === undefined ? current : refuseDrain(forget(current, instanceId), instanceId, why, now);
  }, so);
}

function admitMove(so: Admitted, { lane: name, to, by }: Request & { readonly kind: "move" }): Admitted {
  const lane = so.world.lanes.find((known) => known.lane === name);
  if (lane === undefined) return refuse(so, `${name} is no lane of this fleet`);
  const found = to === "auto" ? bestOther(lane, so.world) : named(to, so.world);
  if (typeof found === "string") return refuse(so, `${name} stays where it is: ${found}`);
  return { ...so, moves: new Map(so.moves).set(name, { target: found, because: `${by} asked for it` }) };
}

/** Who was asked to serve a lane may have been asked to leave since. */
function withoutVainMoves(so: Admitted): Admitted {
  const vain = [...so.moves].filter(([, { target }]) =>
    so.world.nats.some(({ instanceId, leaving }) => leaving && instanceId === target.instanceId),
  );
  const moves = new Map([...so.moves].filter(([lane]) => !vain.some(([name]) => name === lane)));
  return vain.reduce<Admitted>(
    (current, [lane, { target }]) => refuse(current, `${lane} stays where it is: ${target.instanceId} is about to leave`),
    { ...so, moves },
  );
}

function bestOther(lane: Lane, world: World): Server | string {
  return electOther(lane, world) ?? "no other healthy NAT stays";
}

function named(instanceId: string, { nats }: World): Server | string {
  const nat = nats.find((known) => known.instanceId === instanceId);
  if (nat === undefined) return `${instanceId} is no NAT of this fleet`;
  if (!isServer(nat)) return `${instanceId} has no network interface`;
  if (!isHealthy(nat.evidence)) return `${instanceId} is ${nat.evidence.kind}; a lane goes to a healthy NAT only`;
  if (!isForwarding(nat)) return `the source/destination check of ${instanceId} is on: EC2 would drop what it forwards`;
  return nat.leaving ? `${instanceId} is about to leave` : nat;
}

function takeBack(so: Admitted, instanceId: string): Admitted {
  const notice = so.record.notices?.[instanceId];
  if (notice === undefined) return refuse(so, `no drain of ${instanceId} is known`);
  if (notice.because === "drain") return forget(so, instanceId);
  const { lasting, ...rest } = notice;
  if (lasting?.because !== "drain")
    return refuse(so, `${instanceId} leaves because of ${notice.because}; only a drain can be taken back`);
  return { ...so, record: { ...so.record, notices: { ...so.record.notices, [instanceId]: rest } } };
}

function forget(so: Admitted, instanceId: string): Admitted {
  const record = {
    ...so.record,
    notices: without(so.record.notices, instanceId),
    refusals: without(so.record.refusals, instanceId),
  };
  // Only a notice makes it leave here; a group that takes it out has said `terminating`.
  const nats = so.world.nats.map((nat) => (nat.instanceId === instanceId ? { ...nat, leaving: nat.departing } : nat));
  return { ...so, record, world: { ...so.world, nats } };
}

function refuseDrain(so: Admitted, instanceId: string, because: string, now: Date): Admitted {
  const refusals = { ...so.record.refusals, [instanceId]: { at: now.toISOString(), because } };
  return refuse({ ...so, record: { ...so.record, refusals } }, because);
}

function refuse(so: Admitted, because: string): Admitted {
  return { ...so, refused: [...so.refused, because] };
}

/** With everybody who leaves, and without the notices of those that have rebooted. */
function withoutReturned(world: World, record: FleetRecord, now: Date): ReturnType<typeof withLeavers> {
  const notices = standing(record.notices, now, world.nats);
  const wasNoticed = ({ instanceId }: Nat) => record.notices?.[instanceId] !== undefined;
  const nats = world.nats.map((nat) => (wasNoticed(nat) ? { ...nat, leaving: nat.departing } : nat));
  return withLeavers({ ...world, nats }, record.notices === undefined ? record : { ...record, notices });
}

function withLeavers(world: World, record: FleetRecord): { readonly world: World; readonly record: FleetRecord } {
  const nats = world.nats.map((nat) => ({ ...nat, leaving: nat.leaving || record.notices?.[nat.instanceId] !== undefined }));
  return { world: { ...world, nats }, record };
}

function unexpired(record: FleetRecord, now: Date): FleetRecord {
  return record.hold !== undefined && Date.parse(record.hold.until) <= now.getTime() ? withoutHold(record) : record;
}

function withoutHold(record: FleetRecord): FleetRecord {
  const { hold, ...rest } = record;
  return hold === undefined ? record : rest;
}

function without<T>(record: Readonly<Record<string, T>> = {}, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

export function holdWords({ until, by, because }: NonNullable<FleetRecord["hold"]>): string {
  return `held by ${by} until ${until}: ${because}`;
}
