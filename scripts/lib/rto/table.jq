# The document of evaluate.jq as tables for people: a row per case, what went wrong, a row per assumption, one line that sums up.

def pad($width): tostring | . + (" " * ([0, $width - length] | max));
def of($d): if $d.n == 0 then "-" elif $d.n == 1 then "\($d.worst)" else "\($d.p50)/\($d.p99)" end;
def flow($kind): first(.flows[] | select(.kind == $kind)) | if .opened == 0 then "-" else "\(.survived)/\(.opened) \(of(.stallMs))" end;

["CASE", "MOVES", "CLIENT SPEAKS", "SERVER SPEAKS", "SERVER (UDP)", "NEW", "ROUTE", "ADDRESS", "ROUTE, PACKETS"] as $columns
| [12, 7, 18, 18, 18, 12, 14, 14, 14] as $widths
| def row: [., $widths] | transpose | map(.[1] as $width | .[0] | pad($width)) | join("") | sub(" +$"; "");
  "\(.env) (\(.place)) in \(.region), account \(.account), lane \(.lane), from \(.probe), against \(.peer // "1.1.1.1 (no --peer)"), at \(.at)",
  "survived/opened connections and their longest stall; longest time without a new connection; from the request until EC2 shows it, until packets go there. Milliseconds, median/99th percentile.",
  ($columns | row),
  (.cases[] | [.case, .moves, flow("echo"), flow("push"), flow("udpPush"), of(.newConnections.outageMs), of(.remapMs.routeApi), of(.remapMs.addressApi), of(.remapMs.routePacket)] | row),
  (.cases[] | .case as $case | (.skipped[] | "not done: \($case): \(.)"), (.failed[] | "FAILED \($case): \(.)"), (.flows[] | .kind as $kind | .ended[] | "ended \($case) \($kind): \(.)")),
  (if .clocksAgree then empty else "the probe's clock and this machine's differ: times from the request to packets are left out" end),
  (.assumptions[] | "\(.id)  \(.verdict | if . == "not held" then "NOT HELD" else . end | pad(12))\(.assumed): \(.seen)"),
  "\(if .ok then "ok" else "NOT OK" end): \([.assumptions[] | .verdict] | group_by(.) | map("\(length) \(.[0])") | join(", "))"
