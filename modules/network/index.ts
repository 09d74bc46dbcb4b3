export { LAMBDA_INTERFACES_GONE, Network } from "./network";
export type { LaneNetwork, NetworkProps, ZoneNetwork } from "./network";
export { planAddresses } from "./address-plan";
export type { AddressPlan, LanePlan, ZonePlan } from "./address-plan";
