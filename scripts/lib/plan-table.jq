# The plan of nat-route-failover for people: what it sees, what it would do and why.

def pad($width): . + (" " * ([0, $width - length] | max));

"\(.env), looked at \(.at)" + (if .hold then "; held by \(.hold.by) until \(.hold.until): \(.hold.because)" else "" end),
(.nats[] | "NAT  \(.instanceId | pad(21)) \(.zone | pad(10)) \(.evidence)"
  + (if .evidence == "healthy" and (.synced | not) then ", does not hold the flows of its peers" else "" end)
  + (if .leaving then ", leaves" else "" end)),
(.lanes[] | "LANE \(.lane | pad(21)) \(.zone | pad(10)) served by \(.servedBy // "nobody")"),
(.actions[] | select(.kind != "none" and .kind != "record") | "DO   \(.lane // "" | pad(21)) \(.what) (\(.because))"),
(.actions[] | select(.kind == "none") | "-    \(.lane | pad(21)) \(.because)"),
(if .refused then "REFUSED: \(.refused)" else empty end)
