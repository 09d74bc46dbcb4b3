/** The functions by their one name: folder, deployed name suffix, log group, metric dimension, alarm prefix. */
export const FUNCTION_NAMES = {
  healthProbe: "nat-health-probe",
  egressProber: "egress-prober",
  routeFailover: "nat-route-failover",
  lifecycleHandler: "asg-lifecycle-handler",
  eipRecover: "eip-recover",
  configGuard: "config-guard",
} as const;

export type FunctionName = (typeof FUNCTION_NAMES)[keyof typeof FUNCTION_NAMES];

/** Deployed name of a lane's egress-prober (a caller cannot choose a function's subnet, hence one function per lane). */
export function egressProberName(env: string, lane: string): string {
  return `ha-nat-${env}-${FUNCTION_NAMES.egressProber}-${lane}`;
}
