# nat.json → config.nft: the definitions and the lanes of one zone's ruleset. Arguments: uplink, own_address, probe_link,
# probe_address.
# Only what looks like an address or a name reaches the ruleset; anything else ends the rendering.

def address: if test("^[0-9]{1,3}([.][0-9]{1,3}){3}(/[0-9]{1,2})?$") then . else error("nat.json: \(.) is not an IPv4 address or prefix") end;
def chain: if test("^[A-Za-z0-9_-]+$") then gsub("-"; "_") else error("nat.json: \(.) is not a lane name; letters, digits and dashes only") end;
def elements(field): if length > 0 then map(address) | "{ " + join(", ") + " }" else error("nat.json: \(field) must not be empty") end;

# The same seed on every NAT: left out, the kernel draws one at load, and a flow would change its address when its lane moves.
def one_of(addresses; key):
  if (addresses | length) == 1 then addresses[0] | address
  else "jhash \(key) mod \(addresses | length) seed 0x68616e61 map { "
    + (addresses | to_entries | map("\(.key) : \(.value | address)") | join(", ")) + " }"
  end;

def lane(selection):
  (.lane | chain) as $name
  | (if selection == "flow" then "ip saddr . ip daddr . th sport . th dport" else "ip saddr" end) as $ports_key
  | (if selection == "flow" then "ip saddr . ip daddr" else "ip saddr" end) as $other_key
  | if (.addresses | length) == 0 then error("nat.json: lane \(.lane) has no address") else . end
  | "  counter snat_\($name) { comment \"new flows of lane \(.lane)\"; }
  chain lane_\($name) {
    counter name snat_\($name)
    meta l4proto { tcp, udp } snat to \(one_of(.addresses; $ports_key)):1024-65535
    snat to \(one_of(.addresses; $other_key))
  }
";

# An address has 64,512 ports for each destination; a flow beyond would find none, and the kernel would drop its first packets with no
# word to the client. The agent lists destinations that come near, each with the number of flows that may still begin: the kernel counts down,
# and a new flow beyond is answered instead.
def scarce_set: "scarce_" + (address | gsub("[.]"; "_"));
def scarce_sets:
  [.lanes[].addresses[]] | unique
  | map("  set \(scarce_set) { type inet_proto . ipv4_addr . inet_service; flags timeout; size 4096; counter; limit rate over 1/day burst 1 packets; comment \"destinations near the end of the ports of \(.), written by nat-agent\"; }")
  | join("\n");

def scarce(selection):
  (.lane | chain) as $name
  | (if selection == "flow" then "ip saddr . ip daddr . th sport . th dport" else "ip saddr" end) as $key
  | (.addresses | length) as $count
  | "  counter ports_exhausted_\($name) { comment \"new flows of lane \(.lane) that were refused: no port left\"; }
  chain refused_\($name) {
    counter name ports_exhausted_\($name)
    meta l4proto tcp reject with tcp reset
    reject
  }
" + if $count == 1 then "  chain scarce_\($name) {
    meta l4proto . ip daddr . th dport @\(.addresses[0] | scarce_set) goto refused_\($name)
  }
" else ([.addresses[] | "  chain scarce_\($name)_\(scarce_set) {
    meta l4proto . ip daddr . th dport @\(scarce_set) goto refused_\($name)
  }
"] | join("")) + "  chain scarce_\($name) {
    jhash \($key) mod \($count) seed 0x68616e61 vmap { \([.addresses | to_entries[] | "\(.key) : goto scarce_\($name)_\(.value | scarce_set)"] | join(", ")) }
  }
" end;

# By which event of the kernel the agent learns of a flow: one event a flow, nothing per packet. `assured` comes with its full state; no echo is
# ever assured. The mask must be set before the flow is confirmed. A label event at the 17th packet leaves short flows out (nf_conntrack_acct counts).
def announce:
  if . == "all" then "  chain announce {
    meta l4proto icmp ct event set reply accept
    ct event set assured accept
  }"
  elif . == "long-lived" then "  chain announce { ct event set label accept; }
  chain announce_long_lived {
    type filter hook prerouting priority mangle; policy accept;
    ct packets 17 ct label set 1
  }"
  elif . == "off" then "  chain announce { accept; }"
  else error("nat.json: replication.flows is \(.); must be all, long-lived or off") end;

if .schema != 1 then error("nat.json: schema is \(.schema), this payload reads 1") else . end
| .addressSelection as $selection
| "# Written by nat-up from nat.json; the rules that use it are in nftables/nat.nft.
define uplink = \"\($uplink)\"
define own_address = \($own_address)
define probe_link = \"\($probe_link)\"
define probe = \($probe_address)
define vpc = \(.vpcCidrs | elements("vpcCidrs"))
define health_sources = \(.healthSourceCidrs | elements("healthSourceCidrs"))
define clients = \([.lanes[].clientCidrs[]] | elements("clientCidrs of lanes"))
define never_reached = \(.vpcCidrs + ["127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"] | elements("vpcCidrs"))

table ip ha_nat {
\([.lanes[] | lane($selection)] | join("\n"))
\(scarce_sets)
\([.lanes[] | scarce($selection)] | join("\n"))
  chain scarce {
    ip saddr vmap { \([.lanes[] | (.lane | chain) as $name | .clientCidrs[] | "\(address) : jump scarce_\($name)"] | join(", ")) }
  }
\(.replication.flows | announce)
  chain lanes {
    ip saddr vmap { \([.lanes[] | (.lane | chain) as $name | .clientCidrs[] | "\(address) : jump lane_\($name)"] | join(", ")) }
  }
}"
