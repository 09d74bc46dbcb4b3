export { ControlPlane } from "./control-plane";
export type { ControlPlaneSettings, FunctionSpec } from "./functions";
export { names as controlPlaneNames } from "./names";
