export { ControlPlane } from "./control-plane";
export { everyMinutesOf } from "./functions";
export type { ControlPlaneSettings, FunctionSpec } from "./functions";
export { names as controlPlaneNames } from "./names";
