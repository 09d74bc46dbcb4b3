/** DATA: what each field of an environment's configuration does. Read by `npm run docs`. */
import type { FIELDS } from "./fields";

export const FIELD_WORDS: Readonly<Record<keyof typeof FIELDS, string>> = {
  env: "Names the environment: in every resource's name, in tags and in parameters.",
  region: "Where the stack is deployed.",
  accountId: "Where the stack is deployed: credentials of another account are refused.",
  zones:
    "Zones with NATs and private subnets, by AZ ID: names of zones differ between accounts. Append only: the order is the address plan.",
  vpcCidr: "The network of the VPC that is made.",
  connectedCidrs:
    "Networks that this VPC is, or will be, connected with: vpcCidr must not overlap them. Nothing is routed to them, nor translated for them.",
  publicPrefix: "Size of a zone's public subnet, in which its NATs are.",
  privatePrefix: "Size of a lane's private subnet, in which its clients are.",
  lanesPerZone: "Private route tables per zone, each with a subnet and public addresses of its own, served by one NAT at a time.",
  addressesPerLane: "Elastic IPs per lane: each carries 64,512 connections to one destination.",
  guests:
    "Whether other zones have an address for each lane, to which its first Elastic IP moves when no NAT of its own zone is healthy.",
  replicate:
    "Which flows the other NATs are told of, and so survive a move: all that are established, those of more than 16 packets, or none.",
  replicateTo: "Who is told: the NATs of the zone, or every NAT that could serve the lane.",
  addressSelection:
    "By what a lane with several addresses chooses among them: client (a client keeps its address) or flow (one client can use the ports of all).",
  natsPerZoneMin: "NATs of a zone at least. With 1 there is no standby: another zone takes over.",
  natsPerZoneMax: "NATs of a zone at most. Above natsPerZoneMin, and with several lanes, the number follows the load.",
  scaleAtMbps: "What a NAT of a zone sends on average when their number is right, Mbit/s; target of the scaling policy.",
  scaleAtConntrackPercent:
    "How full of its own lanes' flows a NAT's connection table is on average when their number is right; target of the other policy.",
  instanceType: "Type of the NATs.",
  imageId: "Image of the NATs. A parameter is resolved at each launch; a NAT that runs keeps its image.",
  steering: "nlb: a Network Load Balancer gives a second opinion on health ($16 a month). eip: without it.",
  lastResort: "Where a lane goes when no NAT is healthy anywhere: nowhere, or to a NAT Gateway in its zone.",
  securityGroup:
    "untracked: the NATs' group is open, so that EC2 keeps no state of flows; nftables and the network ACL keep others out. strict: open to the VPC only.",
  probeTargets: "What every lane's egress-prober asks through its lane, by DNS, TCP and TLS.",
  selfProbeTargets: "What each NAT connects to by itself, in turn, to see whether it forwards.",
  probeIntervalSeconds: "From the start of a round of probes to the start of the next.",
  probeDeadlineMs: "How long a prober has for the checks of a round.",
  breachFailures: "Failed rounds, among the last breachWindow, that make a breach: nat-route-failover then looks at the lane.",
  breachWindow: "Rounds that are remembered per lane.",
  cooldownSeconds: "At most one move per lane in this time, unless its NAT is broken or leaves.",
  returnAfterSeconds: "How long a NAT of the lane's own zone must be healthy before the lane returns from another zone.",
  settleMs: "How long nat-route-failover waits to see its changes in EC2's answers before it looks anew.",
  healthzDeadlineMs: "How long a prober waits for a NAT's answer on port 880.",
  launchDeadlineSeconds: "How long a new NAT has to boot, pass its checks and be elected where it must, before it is abandoned.",
  logRetentionDays: "How long the logs of the functions and of the NATs are kept.",
  flowLogGlacierAfterDays: "When files of the VPC flow logs move to Glacier.",
  flowLogExpireAfterDays: "When files of the VPC flow logs are deleted.",
  alertEmails:
    "Who is told of every alarm, once the mail of SNS is confirmed. Empty: nobody, unless something subscribes to the topic ha-nat-<env>-alerts.",
  tags: "Further tags of the resources that Terraform makes. The NATs and their volumes, which Auto Scaling launches, do not get them.",
};
