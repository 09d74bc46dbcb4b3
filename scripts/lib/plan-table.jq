# The plan of nat-route-failover for people: what it sees, what it would do and why. Instances go by their names where they have one.

def pad($width): . + (" " * ([0, $width - length] | max));
def named: reduce $peers.peers[] as $peer (.; gsub($peer.instanceId; $peer.name));

def nat:
  "NAT  \(.instanceId | named | pad(16))\(.instanceId | pad(22))\(.evidence)"
  + (if .evidence == "healthy" and (.synced | not) then ", does not hold the flows of its peers" else "" end)
  + (if .leaving then ", leaves" else "" end);

(.lanes | map({key: .lane, value: (.servedBy // "nobody" | named)}) | from_entries) as $servers
| "\(.env), looked at \(.at)" + (if .hold then "; held by \(.hold.by) until \(.hold.until): \(.hold.because)" else "" end),
  (.nats | sort_by(.instanceId | named)[] | nat),
  (.actions | group_by(.lane)[]
   | (.[0].lane // "") as $lane
   | if .[0].kind == "none" then "STAY \($lane | pad(16))\($servers[$lane]): \(.[0].because | named)"
     else (.[] | select(.kind != "record") | "DO   \($lane | pad(16))\(.what | named) (\(.because | named))") end),
  (if .refused then "REFUSED: \(.refused | named)" else empty end)
