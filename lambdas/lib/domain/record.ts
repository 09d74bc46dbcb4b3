import type { FleetRecord, LaneRecord } from "../../../contract/parameters";
import type { Action, MarkUnhealthy, PointRoute, PointRouteToGateway } from "./actions";
import { isHealthy, isSeenBroken } from "./evidence";
import { byInstance, byZone, serverOf } from "./fleet";
import type { Lane, Nat, World } from "./fleet";
import { resortOf } from "./last-resort";

/** The record before the first election. */
export const EMPTY_RECORD: FleetRecord = { schema: 1, updatedAt: new Date(0).toISOString(), lanes: {}, marks: {} };

export const EMPTY_LANE_RECORD: LaneRecord = { servedBy: null, movedAt: null, homeHealthySince: null };

/**
 * The record as if every move had been written down: a lane that is not where it was last seen was moved since, by a run that died
 * before it could say so, or by somebody else. Without this a second run would take the cooldown for over.
 */
export function withUnwrittenMoves({ lanes, nats }: World, record: FleetRecord, now: Date): FleetRecord {
  const moved = lanes.flatMap((lane): (readonly [string, LaneRecord])[] => {
    const before = record.lanes[lane.lane];
    const servedBy = servedByOf(lane, nats);
    if (before === undefined || servedBy === null || servedBy === before.servedBy) return [];
    return [[lane.lane, { ...before, servedBy, movedAt: now.toISOString() }]];
  });
  return moved.length === 0 ? record : { ...record, lanes: { ...record.lanes, ...Object.fromEntries(moved) } };
}

/** What the next look must remember, provided that every action succeeds. */
export function nextRecord(world: World, record: FleetRecord, actions: readonly Action[], now: Date): FleetRecord {
  const at = now.toISOString();
  const marks = actions.filter((action): action is MarkUnhealthy => action.kind === "mark-unhealthy");
  const moves = new Map(actions.flatMap((action) => (isMove(action) ? [[action.lane, action]] : [])));
  const mended = new Set(actions.flatMap((action) => (action.kind === "bring-public-address" ? [action.lane] : [])));
  const mending = ({ lane }: Lane): Partial<LaneRecord> => {
    if (moves.has(lane)) return {};
    const mendedAt = mended.has(lane) ? at : record.lanes[lane]?.mendedAt;
    return mendedAt === undefined ? {} : { mendedAt };
  };
  return {
    schema: 1,
    updatedAt: at,
    lanes: Object.fromEntries(
      world.lanes.map((lane) => [lane.lane, { ...laneRecord(lane, world, record, moves.get(lane.lane), at), ...mending(lane) }]),
    ),
    marks: { ...record.marks, ...Object.fromEntries(marks.map(({ zone, instanceId }) => [zone, { instanceId, at }])) },
    brokenSince: since(world.nats, record.brokenSince ?? {}, at, ({ evidence }) =>
      isSeenBroken(evidence) ? "holds" : isHealthy(evidence) ? "ended" : "unknown",
    ),
    leaving: since(world.nats, record.leaving ?? {}, at, ({ leaving }) => (leaving ? "holds" : "ended")),
    notices: only(record.notices, world.nats),
    refusals: only(
      record.refusals,
      world.nats.filter(({ leaving }) => !leaving),
    ),
    ...(record.hold === undefined ? {} : { hold: record.hold }),
  };
}

/** Forgets what was expected of lanes and zones whose actions failed: the next look must find them as they were. */
export function keepFailed(
  previous: FleetRecord,
  next: FleetRecord,
  failed: { readonly lanes: ReadonlySet<string>; readonly zones: ReadonlySet<string> },
): FleetRecord {
  const keep = <T>(before: Readonly<Record<string, T>>, after: Readonly<Record<string, T>>, names: ReadonlySet<string>) => ({
    ...Object.fromEntries(Object.entries(after).filter(([name]) => !names.has(name))),
    ...Object.fromEntries(Object.entries(before).filter(([name]) => names.has(name))),
  });
  return {
    ...next,
    lanes: keep(previous.lanes, next.lanes, failed.lanes),
    marks: keep(previous.marks, next.marks, failed.zones),
  };
}

/** Anything but the time of writing differs. */
export function differs(a: FleetRecord, b: FleetRecord): boolean {
  return canonical(a) !== canonical(b);
}

function canonical({ lanes, marks, brokenSince = {}, leaving = {}, notices = {}, refusals = {}, hold }: FleetRecord): string {
  const sorted = (record: Readonly<Record<string, unknown>>) => Object.entries(record).toSorted(([a], [b]) => a.localeCompare(b));
  return JSON.stringify([[lanes, marks, brokenSince, leaving, notices, refusals].map(sorted), hold ?? null]);
}

/** Entries of instances that still exist. */
function only<T>(record: Readonly<Record<string, T>> = {}, nats: readonly Nat[]): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([id]) => byInstance(nats).has(id)));
}

type Move = PointRoute | PointRouteToGateway;

function isMove(action: Action): action is Move {
  return action.kind === "point-route" || action.kind === "point-route-to-gateway";
}

/** The instance that serves the lane, or its NAT Gateway; null when nobody of ours does. */
export function servedByOf(lane: Lane, nats: readonly Nat[]): string | null {
  return serverOf(lane, nats)?.instanceId ?? resortOf(lane)?.natGatewayId ?? null;
}

function targetOf(move: Move): string {
  return move.kind === "point-route" ? move.instanceId : move.natGatewayId;
}

function laneRecord(lane: Lane, world: World, record: FleetRecord, move: Move | undefined, at: string): LaneRecord {
  const before = record.lanes[lane.lane] ?? EMPTY_LANE_RECORD;
  const servedBy = move === undefined ? servedByOf(lane, world.nats) : targetOf(move);
  const zone = byInstance(world.nats).get(servedBy ?? "")?.zone;
  const isHome = servedBy === null || zone === lane.zone;
  const homes = zone === undefined ? world.nats : (byZone(world.nats).get(lane.zone) ?? []);
  return {
    servedBy,
    movedAt: move === undefined ? before.movedAt : at,
    homeHealthySince: isHome ? null : homeHealthySince(homes, before, at),
  };
}

/** A home that nobody could observe neither starts the time nor ends it. */
function homeHealthySince(homes: readonly Nat[], before: LaneRecord, at: string): string | null {
  const home = homes.filter(({ leaving }) => !leaving);
  if (home.some(({ evidence }) => isHealthy(evidence))) return before.homeHealthySince ?? at;
  return home.some(({ evidence }) => evidence.kind === "unobserved") ? before.homeHealthySince : null;
}

function since(
  nats: readonly Nat[],
  before: Readonly<Record<string, string>>,
  at: string,
  stateOf: (nat: Nat) => "holds" | "ended" | "unknown",
): Readonly<Record<string, string>> {
  const entries = nats.flatMap((nat): (readonly [string, string])[] => {
    const known = before[nat.instanceId];
    const state = stateOf(nat);
    if (state === "holds") return [[nat.instanceId, known ?? at]];
    return state === "unknown" && known !== undefined ? [[nat.instanceId, known]] : [];
  });
  return Object.fromEntries(entries);
}
