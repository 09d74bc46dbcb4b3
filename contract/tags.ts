/** Tag keys. IAM statements are scoped by `env`; nothing of ours is found by name. */
export const TAGS = {
  /** Value: environment name. On every resource. */
  env: "ha-nat:env",
  /** Value: lane name. On the lane's route table, subnets and EIPs. */
  lane: "ha-nat:lane",
  /** Value: AZ ID. On subnets, NAT instances and their ENIs, EIPs. */
  zone: "ha-nat:zone",
  /** Value: one of ROLES. */
  role: "ha-nat:role",
} as const;

/** Values of the tag `ha-nat:role`. */
export const ROLES = {
  nat: "nat",
  publicSubnet: "public",
  privateSubnet: "private",
  probeSubnet: "probe",
  lane: "lane",
  /** A NAT Gateway and its EIP. */
  lastResort: "last-resort",
  /** An instance of the operator's in a private subnet, from which `scripts/measure_rto.sh` measures. */
  rtoProbe: "rto-probe",
} as const;
