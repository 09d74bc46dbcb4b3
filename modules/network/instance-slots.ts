/**
 * IPv4 addresses per network interface of the arm64 instance types that make sensible NATs, smallest first.
 * Source: EC2 documentation, "IP addresses per network interface per instance type". A type that is not here is refused
 * by the configuration, because a lane that finds no free slot at takeover is a lane without egress.
 */
export const IPV4_SLOTS: Readonly<Record<string, number>> = {
  "t4g.nano": 2,
  "t4g.micro": 2,
  "t4g.small": 4,
  "t4g.medium": 6,
  "t4g.large": 12,
  "c6g.medium": 4,
  "c6g.large": 10,
  "c6g.xlarge": 15,
  "c6g.2xlarge": 15,
  "c6gn.medium": 4,
  "c6gn.large": 10,
  "c6gn.xlarge": 15,
  "c6gn.2xlarge": 15,
  "c7g.medium": 4,
  "c7g.large": 10,
  "c7g.xlarge": 15,
  "c7g.2xlarge": 15,
  "c7g.4xlarge": 30,
  "m7g.medium": 4,
  "m7g.large": 10,
  "m7g.xlarge": 15,
  "m7g.2xlarge": 15,
  "m7g.4xlarge": 30,
  "c7gn.medium": 4,
  "c7gn.large": 10,
  "c7gn.xlarge": 15,
  "c7gn.2xlarge": 15,
  "c7gn.4xlarge": 30,
  "c7gn.8xlarge": 30,
  "c7gn.16xlarge": 50,
};

/** The smallest type with that many slots: of the same family when there is one, else of any; undefined when none has as many. */
export function smallestTypeFor(slots: number, like: string): string | undefined {
  const fitting = Object.keys(IPV4_SLOTS).filter((type) => (IPV4_SLOTS[type] ?? 0) >= slots);
  const family = like.split(".")[0];
  return fitting.find((type) => type.split(".")[0] === family) ?? fitting[0];
}
