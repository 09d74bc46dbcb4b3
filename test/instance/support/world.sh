#!/usr/bin/env bash
# One NAT in bare namespaces: the real payload, the real kernel, and a VPC around it.
#
#   client-a 10.0.64.10 ─┐                                ┌─ internet 198.51.100.10, .11 (TCP and UDP echo, 7 and 881)
#   client-b 10.0.80.10 ─┼─ router (VPC, internet gateway)┤
#   (other lane)         │   10.0.0.1, 10.0.64.1, 10.0.80.1└─ drops every source but 10.0.0.0/24, as the gateway does
#                        └─ nat 10.0.0.10 (eth0), floating addresses 10.0.0.20, 10.0.0.21, guest 10.0.0.22
#
# world.sh hold DIR NODE_SCRIPTS: builds it, prints "ready", and lives until its stdin ends. Runs as the init of
#   `unshare --user --map-root-user --net --mount --pid --fork --mount-proc --kill-child`.
# world.sh in NODE COMMAND...: runs a command in a node, from inside the world.
set -Eeuo pipefail

link() { # link NODE ADDRESS/LEN ROUTER_ADDRESS/LEN ROUTER_DEVICE
  ip netns add "$1"
  ip -n "$1" link set lo up
  ip -n "$1" link add eth0 mtu 9001 type veth peer name "$4" mtu 9001 netns router
  ip -n "$1" addr add "$2" dev eth0
  ip -n "$1" link set eth0 up
  ip -n router addr add "$3" dev "$4"
  ip -n router link set "$4" up
  ip -n "$1" route add default via "${3%/*}"
}

build() {
  local lane
  ip netns add router
  ip -n router link set lo up
  ip netns exec router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  link client-a 10.0.64.10/20 10.0.64.1/20 a0
  link client-b 10.0.80.10/20 10.0.80.1/20 b0
  link internet 198.51.100.10/24 198.51.100.1/24 i0
  ip -n internet addr add 198.51.100.11/24 dev eth0
  link nat-link 10.0.0.10/24 10.0.0.1/24 n0
  # A lane's default route points at the NAT; the VPC's own prefixes stay local.
  for lane in a0 b0; do
    ip -n router rule add iif "$lane" lookup 100
  done
  ip -n router route add 10.0.0.0/24 dev n0 table 100
  ip -n router route add 10.0.64.0/20 dev a0 table 100
  ip -n router route add 10.0.80.0/20 dev b0 table 100
  ip -n router route add default via 10.0.0.10 dev n0 table 100
  for address in 10.0.0.20 10.0.0.21 10.0.0.22; do
    ip -n router route add "$address" via 10.0.0.10 dev n0
  done
  # The internet gateway: no public address, no passage. And counters of the MSS that the far side sees.
  ip netns exec router nft -f - <<'RULES'
table ip gateway {
  chain forward { type filter hook forward priority filter; policy accept; oifname "i0" ip saddr != 10.0.0.0/24 drop; }
}
RULES
  count_mss internet
  count_mss client-a
}

count_mss() {
  ip netns exec "$1" nft -f - <<'RULES'
table ip seen {
  counter clamped { }
  counter unclamped { }
  chain in {
    type filter hook prerouting priority raw; policy accept;
    tcp flags & syn == syn tcp option maxseg size 1460 counter name clamped
    tcp flags & syn == syn tcp option maxseg size > 1460 counter name unclamped
  }
}
RULES
}

# The NAT is a process with namespaces of its own, as in the lab: its /run and /opt are its own, so is its probe namespace.
start_nat() {
  ip netns exec nat-link unshare --mount --pid --fork --mount-proc --kill-child bash -c '
    mount -t tmpfs tmpfs /run
    mkdir -p /run/ha-nat
    exec sleep infinity' &
  until nat_pid=$(pgrep -f '^sleep infinity$' | head -1) && [[ -n $nat_pid ]]; do sleep 0.05; done
  printf '%s\n' "$nat_pid" >"$WORLD_DIR/nat.pid"
}

hold() {
  local scripts=$2
  export WORLD_DIR=$1
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns
  build
  start_nat
  ip netns exec internet node "$scripts/internet.mjs" &
  until [[ -e $WORLD_DIR/internet.up ]]; do sleep 0.05; done
  echo ready
  cat >/dev/null
}

run_in() {
  local node=$1
  shift
  if [[ $node == nat ]]; then
    exec nsenter --target "$(<"$WORLD_DIR/nat.pid")" --net --mount --pid -- "$@"
  fi
  exec ip netns exec "$node" "$@"
}

case $1 in
  hold) shift && hold "$@" ;;
  in) shift && run_in "$@" ;;
  *) echo "world.sh: unknown verb $1; hold or in" >&2 && exit 2 ;;
esac
