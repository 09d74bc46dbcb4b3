#!/usr/bin/env bash
# Init of a node: the machine between power-on and the first line of user data, and after it. Runs as process 1 of the node's PID
# namespace: when it ends, for whatever reason, the kernel ends every process of the node and takes its network interface away.
#
# Descriptor 3 tells the holder that the namespaces are ready; stdin then gives one line:
#   ADDRESS PREFIX_LENGTH GATEWAY
set -Eeuo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/lib/session-weight.sh"

: "${LAB_NODE:?name of the node}" "${LAB_USER_DATA:?path of the user data}" "${LAB_AGENT:?path of the agent bundle}"
: "${LAB_KEEP:?directory with the parts of hidden folders that must stay visible}"

# The machine's own folders are the node's alone: what user data writes there never reaches the host.
hide_host_folders() {
  local folder keep path
  for folder in /opt /tmp; do
    mount -t tmpfs -o mode=1777 lab "$folder"
  done
  for keep in "$LAB_KEEP"/*; do
    [[ -d $keep/tree ]] || continue
    path=$(<"$keep/path")
    mkdir -p "$path"
    mount --rbind "$keep/tree" "$path"
  done
  mount -t tmpfs -o mode=755 lab /run
  # The second folder is how a program tells that systemd runs.
  mkdir -p /run/netns /run/systemd/system /run/lab-units "$HOME"
}

# As DHCP would; neighbours are reached by the router, as for every ENI of the lab (lab/world/namespaces.ts says why).
configure_network() {
  local address=$1 prefix_length=$2 gateway=$3
  ip -batch - <<-END
	link set lo up
	addr add $address/$prefix_length dev ens5 noprefixroute
	link set ens5 up
	route add $gateway dev ens5 scope link src $address
	route add default via $gateway dev ens5 src $address
	END
}

trap 'echo "$LAB_NODE: powered off" >&2; exit 0' TERM

# A machine boots on cores of its own. Here they are everybody's, so a boot has a tenth of the weight of those that serve; what it starts as
# a service has a session, and with it a weight, of its own.
weigh_session 10 3>&- &

hide_host_folders
echo ready >&3
read -r address prefix_length gateway
exec 3>&- </dev/null
configure_network "$address" "$prefix_length" "$gateway"

setsid node "$LAB_AGENT" &
bash "$LAB_USER_DATA" &

# Reaps whatever the node leaves behind, for ever: only TERM, or a SIGKILL from outside, ends the machine.
sleep infinity &
while true; do
  wait -n || true
done
