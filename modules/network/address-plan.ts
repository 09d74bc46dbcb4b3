/**
 * Carves a VPC. Every place has a fixed slot, so a lane or zone that is added later moves nothing that exists.
 *
 *   VPC  ├────────────── first half ──────────────┼───── third quarter ─────┼──── fourth quarter ────┤
 *        private, slot (lane-1)×4 + zone           public, slot zone         probe /28, as private
 *
 *   a public subnet
 *        ├ .0-.3 AWS ┬ primary addresses of NATs, load balancer ─┼──── RESERVED ────┼─ more of the same ┬ .last AWS ┤
 *                                        half ───────────────────┘                  └─ three quarters
 *
 *   RESERVED (third quarter of the subnet: an explicit CIDR reservation, nothing is given out from it by AWS)
 *        ├ floating: (address)×4 + (lane-1) upwards ──►      ◄── guests: (home zone)×4 + (lane-1) downwards ┤
 */
import { laneName } from "../../contract/project";
import type { Problem } from "../shared/problem";
import { formatAddress, formatCidr, parseCidr, sizeOf } from "./cidr";
import type { Cidr } from "./cidr";

/** Most lanes a zone can have, and most zones a fleet can have: the stride of all slots above. */
export const MAX_LANES = 4;
export const MAX_ZONES = 4;
/** Prefix of a probe subnet: the smallest that AWS allows. */
export const PROBE_PREFIX = 28;

export interface AddressPlanProps {
  readonly vpcCidr: string;
  /** AZ IDs; their order is their slot and must not change once deployed (append). */
  readonly zones: readonly string[];
  readonly lanesPerZone: number;
  readonly addressesPerLane: number;
  /** Whether a lane keeps its public address when its zone is lost. */
  readonly guests: boolean;
  readonly publicPrefix: number;
  readonly privatePrefix: number;
}

export interface LanePlan {
  readonly lane: string;
  readonly zone: string;
  readonly privateCidr: string;
  readonly probeCidr: string;
  /** Floating addresses, in the home zone's public subnet. */
  readonly addresses: readonly string[];
  /** Foreign zone → the address under which that zone serves this lane. Empty without guests. */
  readonly guests: Readonly<Record<string, string>>;
}

export interface ZonePlan {
  readonly zone: string;
  readonly publicCidr: string;
  readonly reservationCidr: string;
  readonly lanes: readonly LanePlan[];
}

export interface AddressPlan {
  readonly vpcCidr: string;
  readonly zones: readonly ZonePlan[];
}

/** IPv4 addresses that one network interface must be able to hold: its own, all of its zone's, and one per foreign lane. */
export function slotsNeeded(props: Omit<AddressPlanProps, "vpcCidr" | "publicPrefix" | "privatePrefix">): number {
  const guests = props.guests ? props.lanesPerZone * (props.zones.length - 1) : 0;
  return 1 + props.lanesPerZone * props.addressesPerLane + guests;
}

/** Why these props cannot be carved; empty when they can. */
export function planProblems(props: AddressPlanProps): readonly Problem[] {
  const vpc = parseCidr(props.vpcCidr);
  if (!vpc) return [{ field: "vpcCidr", value: props.vpcCidr, limit: "an IPv4 network", fix: "write it like 10.0.0.0/16" }];
  const problems: Problem[] = [];
  if (vpc.prefix > largestVpcPrefix(props)) {
    problems.push({
      field: "vpcCidr",
      value: props.vpcCidr,
      limit: `/${largestVpcPrefix(props)} or larger for ${props.zones.length} zones × ${props.lanesPerZone} lanes with public /${props.publicPrefix} and private /${props.privatePrefix} subnets`,
      fix: `use a /${largestVpcPrefix(props)} network, or raise privatePrefix or publicPrefix`,
    });
  }
  if (props.publicPrefix > largestPublicPrefix(props)) {
    problems.push({
      field: "publicPrefix",
      value: props.publicPrefix,
      limit: `/${largestPublicPrefix(props)} or larger: a quarter of it must hold the floating and guest addresses`,
      fix: `set publicPrefix to ${largestPublicPrefix(props)}, or use fewer lanes or addressesPerLane`,
    });
  }
  return problems;
}

/** The plan; throws the first problem when there is one. */
export function planAddresses(props: AddressPlanProps): AddressPlan {
  const vpc = parseCidr(props.vpcCidr);
  const [problem] = planProblems(props);
  if (!vpc || problem) throw new Error(`cannot carve ${props.vpcCidr}: ${problem?.limit ?? "not a network"}`);
  const regions = regionsOf(vpc);
  const publics = props.zones.map((_, zone) => slice(regions.public, props.publicPrefix, zone));
  return {
    vpcCidr: props.vpcCidr,
    zones: props.zones.map((zone, z) => ({
      zone,
      publicCidr: formatCidr(at(publics, z)),
      reservationCidr: formatCidr(reservationOf(at(publics, z))),
      lanes: Array.from({ length: props.lanesPerZone }, (_, l) => ({
        lane: laneName(zone, l + 1),
        zone,
        privateCidr: formatCidr(slice(regions.private, props.privatePrefix, slot(l, z))),
        probeCidr: formatCidr(slice(regions.probe, PROBE_PREFIX, slot(l, z))),
        addresses: Array.from({ length: props.addressesPerLane }, (_, a) => floating(at(publics, z), a, l)),
        guests: props.guests ? guestsOf(props.zones, publics, z, l) : {},
      })),
    })),
  };
}

const slot = (lane: number, zone: number): number => lane * MAX_ZONES + zone;

function regionsOf(vpc: Cidr): { private: Cidr; public: Cidr; probe: Cidr } {
  const quarter = sizeOf(vpc.prefix + 2);
  return {
    private: { base: vpc.base, prefix: vpc.prefix + 1 },
    public: { base: vpc.base + 2 * quarter, prefix: vpc.prefix + 2 },
    probe: { base: vpc.base + 3 * quarter, prefix: vpc.prefix + 2 },
  };
}

const slice = (region: Cidr, prefix: number, index: number): Cidr => ({ base: region.base + index * sizeOf(prefix), prefix });

const reservationOf = (subnet: Cidr): Cidr => slice(subnet, subnet.prefix + 2, 2);

const floating = (subnet: Cidr, address: number, lane: number): string =>
  formatAddress(reservationOf(subnet).base + address * MAX_LANES + lane);

function guestsOf(zones: readonly string[], publics: readonly Cidr[], home: number, lane: number): Record<string, string> {
  const foreign = zones.map((zone, z) => ({ zone, z })).filter(({ z }) => z !== home);
  const last = (subnet: Cidr): number => reservationOf(subnet).base + sizeOf(reservationOf(subnet).prefix) - 1;
  return Object.fromEntries(foreign.map(({ zone, z }) => [zone, formatAddress(last(at(publics, z)) - slot(home, lane))]));
}

/** Longest prefix of a VPC that has room for every slot in use. */
function largestVpcPrefix(props: AddressPlanProps): number {
  const slots = slot(props.lanesPerZone - 1, props.zones.length - 1) + 1;
  const half = Math.max(slots * sizeOf(props.privatePrefix), 2 * props.zones.length * sizeOf(props.publicPrefix));
  return 31 - Math.ceil(Math.log2(Math.max(half, 2 * slots * sizeOf(PROBE_PREFIX))));
}

/** Longest prefix of a public subnet whose reserved quarter holds all floating and guest slots. */
function largestPublicPrefix(props: AddressPlanProps): number {
  const floats = (props.addressesPerLane - 1) * MAX_LANES + props.lanesPerZone;
  const guests = props.guests ? slot(props.zones.length - 1, props.lanesPerZone - 1) + 1 : 0;
  return Math.min(30 - Math.ceil(Math.log2(floats + guests)), 28);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`no item ${index} of ${items.length}`);
  return item;
}
