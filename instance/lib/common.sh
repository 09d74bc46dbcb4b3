#!/usr/bin/env bash
# Shared by the programs in bin/. Sourced, never run. Words go to stderr, data to stdout.
# The seams: every outside thing has an environment variable with the value of a real machine as its default.
set -Eeuo pipefail
export LC_ALL=C

HA_NAT_HOME=${HA_NAT_HOME:-/opt/ha-nat}
HA_NAT_RUN_DIR=${HA_NAT_RUN_DIR:-/run/ha-nat}
HA_NAT_UPLINK=${HA_NAT_UPLINK:-}

# shellcheck disable=SC2034 # read by the programs that source this file
{
  config="$HA_NAT_HOME/etc/nat.json"
  # The digest of our ruleset as it was loaded, what it was loaded from, and the sysctls as they must stay.
  # nat-up writes all three; nat-check and the agent compare the kernel with them.
  digest_file="$HA_NAT_RUN_DIR/ruleset.sha256"
  source_file="$HA_NAT_RUN_DIR/ruleset.source"
  sysctls_file="$HA_NAT_RUN_DIR/sysctls"

  # The self-probe's namespace. Link-local, so that the addresses cannot collide with a VPC.
  probe_namespace=ha-nat-probe
  probe_link=ha-nat-probe
  probe_gateway=169.254.100.1
  probe_address=169.254.100.2

  # Says of a route that it is ours; a number that nobody has in iproute2's rt_protos.
  route_protocol=72
}

log() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  log "$*"
  exit 1
}

trap 'log "${BASH_SOURCE[0]}:$LINENO: \"$BASH_COMMAND\" failed with $?"' ERR

# retry_until SECONDS COMMAND...: until the command succeeds; fails at the deadline.
retry_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

default_route_device() {
  ip -j -4 route show default | jq -er 'sort_by(.metric // 0) | .[0].dev // empty'
}

# The device towards the internet, by the default route: interface names differ between instance types and images.
uplink() {
  if [[ -n $HA_NAT_UPLINK ]]; then
    printf '%s\n' "$HA_NAT_UPLINK"
  else
    default_route_device
  fi
}

# own_address DEVICE: the address by which peers and the control plane know this NAT, the one that its own traffic leaves with.
own_address() {
  ip -j -4 route get 1.1.1.1 oif "$1" 2>/dev/null | jq -er '.[0].prefsrc // empty'
}

# Digest of our table as the kernel holds it, without what changes while a NAT works: the counters' values, and the elements
# of named sets (terse). What must not change is in chains and anonymous sets. instance/agent/facts.ts computes the same.
ruleset_digest() {
  local listing
  listing=$(nft --terse list table ip ha_nat | sed -E 's/packets [0-9]+ bytes [0-9]+/packets bytes/') || return 1
  printf '%s\n' "$listing" | sha256sum | cut -d ' ' -f 1
}

# SNAT addresses of every lane, one a line.
lane_addresses() { jq -r '.lanes[].addresses[]' "$config"; }

# Addresses whose packets are dropped where the ruleset does not take them, one a line.
blackholed_addresses() { ip -j -4 route show table local type blackhole proto "$route_protocol" | jq -r '.[].dst'; }

# agent_get PATH: status line, headers and body of the agent's answer, within 2 s. --norc: where standard input is a socket, bash
# takes itself for a remote shell and reads ~/.bashrc first.
agent_get() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  timeout 2 bash --norc -c 'exec 3<>/dev/tcp/127.0.0.1/880 && printf "GET %s HTTP/1.0\r\n\r\n" "$1" >&3 && cat <&3' _ "$1" 2>/dev/null
}
