/** IPv4 addresses that one ENI of the type can hold, the primary included (EC2 user guide, "IP addresses per network interface"). */
const IPV4_PER_ENI: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  burstable: { nano: 2, micro: 2, small: 4, medium: 6, large: 12, xlarge: 15, "2xlarge": 15 },
  graviton: { medium: 4, large: 10, xlarge: 15, "2xlarge": 15, "4xlarge": 30, "8xlarge": 30, "12xlarge": 30, "16xlarge": 50 },
};

const FAMILIES: Readonly<Record<string, keyof typeof IPV4_PER_ENI>> = {
  t3: "burstable",
  t3a: "burstable",
  t4g: "burstable",
  c6g: "graviton",
  c6gn: "graviton",
  c7g: "graviton",
  c7gn: "graviton",
  c8g: "graviton",
  m6g: "graviton",
  m7g: "graviton",
};

export function ipv4Slots(instanceType: string): number {
  const [family = "", size = ""] = instanceType.split(".");
  const slots = IPV4_PER_ENI[FAMILIES[family] ?? ""]?.[size];
  if (slots === undefined) {
    throw new Error(`the lab does not know how many IPv4 addresses an ENI of ${instanceType} holds; add it to IPV4_PER_ENI`);
  }
  return slots;
}
