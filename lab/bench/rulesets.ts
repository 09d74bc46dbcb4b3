import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NatConfig } from "../../contract/nat-config";
import { run } from "../world/command";
import type { Needs } from "./model";
import type { Path, Role } from "./network";
import { DEVICE, INSIDE_AND_OUTSIDE, NET } from "./network";

/** A way to be a router or a NAT. */
export interface Ruleset {
  readonly name: string;
  readonly does: string;
  readonly needs?: Needs;
  readonly apply: (path: Path) => Promise<void>;
}

const ALL_DEVICES = [DEVICE.inside, DEVICE.outside];

async function forwardOnly(path: Path): Promise<void> {
  await path.setSysctls("nat", "net.ipv4.ip_forward = 1");
}

async function masquerade(path: Path): Promise<void> {
  await forwardOnly(path);
  const chain = `type nat hook postrouting priority srcnat; oifname "${DEVICE.outside}" masquerade;`;
  await path.exec("nat", ["nft", "-f", "-"], `table ip nat {\nchain postrouting { ${chain} }\n}\n`);
}

/** fck-nat's service/fck-nat.sh: every rp_filter off, one MASQUERADE, no filter. */
async function fckNat(path: Path): Promise<void> {
  await forwardOnly(path);
  const off = ["all", "default", ...ALL_DEVICES].map((device) => `net.ipv4.conf.${device}.rp_filter = 0`);
  await path.setSysctls("nat", off.join("\n"));
  await path.exec("nat", ["iptables-nft", "-t", "nat", "-F"]);
  const rule = ["-o", DEVICE.outside, "-j", "MASQUERADE", "-m", "comment", "--comment", "NAT routing rule installed"];
  await path.exec("nat", ["iptables-nft", "-t", "nat", "-A", "POSTROUTING", ...rule]);
}

/** alternat's scripts/alternat.sh: one masquerade for each VPC CIDR, no filter. */
async function alternat(path: Path): Promise<void> {
  const off = ["all", ...ALL_DEVICES].map((device) => `net.ipv4.conf.${device}.send_redirects = 0`);
  const lines = ["net.ipv4.ip_forward = 1", ...off, "net.ipv4.ip_local_port_range = 1024 65535"];
  await path.setSysctls("nat", lines.join("\n"));
  const rule = `ip saddr ${NET.clientCidr} oifname "${DEVICE.outside}" masquerade`;
  const chain = `chain postrouting { type nat hook postrouting priority 100; ${rule}; }`;
  await path.exec("nat", ["nft", "-f", "-"], `table ip nat {\n${chain}\n}\n`);
}

export interface Ours {
  readonly addresses: number;
  readonly selection: NatConfig["addressSelection"];
  readonly role?: Role;
  /** The other NAT, admitted by the rule set. */
  readonly peer?: string;
  readonly replication?: NatConfig["replication"];
}

const ONE_ADDRESS: Ours = { addresses: 1, selection: "client" };

/** A nat.json of one lane, as user data would write it. */
export function natConfig({ addresses, selection, replication = { flows: "off", scope: "zone" } }: Ours): NatConfig {
  const snat = NET.snat.slice(0, addresses);
  return {
    schema: 1,
    env: "bench",
    region: "us-east-1",
    zone: "use1-az1",
    vpcCidrs: [NET.clientCidr],
    healthSourceCidrs: [NET.clientCidr],
    lanes: [
      {
        lane: "use1-az1-l1",
        home: true,
        homeZone: "use1-az1",
        clientCidrs: ["10.0.1.0/24"],
        addresses: snat,
        addressesByZone: { "use1-az1": snat },
      },
    ],
    addressSelection: selection,
    queueUrl: "http://bench.invalid",
    peersParameter: "/bench/peers",
    heartbeatKeyParameter: "/bench/key",
    stateParameter: "/bench/state",
    selfProbeTargets: [],
    timing: {
      heartbeatIntervalMs: 100,
      selfProbeIntervalMs: 100,
      selfProbeTimeoutMs: 100,
      missThreshold: 3,
      observerBackoffMs: 300,
      peersRefreshMs: 5000,
    },
    replication,
  };
}

/**
 * The payload's own files, rendered and loaded as nat-up does. A NAT on AWS has one interface; here the clients' side has one of
 * its own, so that no router between dilutes what is measured, and the uplink is a pattern that means both.
 */
export async function applyOurs(path: Path, ours: Ours = ONE_ADDRESS): Promise<void> {
  const { root } = path.options;
  const { role = "nat" } = ours;
  const devices = role === "nat" ? ALL_DEVICES : [DEVICE.peer];
  const uplink = role === "nat" ? INSIDE_AND_OUTSIDE : DEVICE.peer;
  const config = join(path.folder, `nat-${role}.json`);
  writeFileSync(config, JSON.stringify(natConfig(ours)));
  const own = role === "nat" ? NET.active : NET.standby;
  const given = { uplink, own_address: own, probe_link: "ha-nat-probe", probe_address: "169.254.100.2" };
  const names = Object.entries(given).flatMap(([name, value]) => ["--arg", name, value]);
  writeFileSync(
    join(path.folder, "config.nft"),
    await run("jq", ["-er", ...names, "-f", join(root, "instance/lib/config.nft.jq"), config]),
  );
  const { peer } = ours;
  writeFileSync(join(path.folder, "peers.nft"), peer === undefined ? "\n" : `add element ip ha_nat peers { ${peer} }\n`);
  await path.exec(role, ["nft", "-I", path.folder, "-f", join(root, "instance/nftables/nat.nft")]);
  for (const { addresses: owned } of natConfig(ours).lanes)
    for (const address of owned) await path.exec(role, ["ip", "route", "add", "blackhole", address, "table", "local"]);
  await path.setSysctls(role, readFileSync(join(root, "instance/sysctl.d/90-ha-nat.conf"), "utf8"), devices);
}

export const RULESETS: readonly Ruleset[] = [
  { name: "forward", does: "a router: no connection tracking at all", apply: forwardOnly },
  { name: "masquerade", does: "one nftables masquerade, no filter", apply: masquerade },
  { name: "ours", does: "instance/nftables/nat.nft and instance/sysctl.d as they are", apply: (path) => applyOurs(path) },
  {
    name: "fck-nat",
    does: "iptables MASQUERADE out of the uplink, rp_filter off, no filter",
    needs: { program: "iptables-nft", package: "iptables" },
    apply: fckNat,
  },
  { name: "alternat", does: "an nftables masquerade for each VPC CIDR, no filter", apply: alternat },
];
