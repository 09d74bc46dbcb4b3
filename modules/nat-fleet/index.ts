export { Artifact } from "./artifact";
export type { Targets } from "./elasticity";
export { FrontDoor } from "./front-door";
export { InstanceRole } from "./instance-role";
export { LaneAddresses } from "./addresses";
export { LastResort } from "./last-resort";
export { NatFleet } from "./nat-fleet";
export { natGroupBlocks } from "./security-group";
