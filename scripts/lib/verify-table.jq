# The verdict of verify.jq as a table for people: a row per lane, then each fault in words, then one line that sums up.

def pad($width): . + (" " * ([0, $width - length] | max));
def word: {"ok": "ok", "fail": "FAIL", "not evaluated": "-"}[.];

["route", "source/dest", "eip", "target", "path", "self-probe", "snat", "egress"] as $columns
| "\(.env) (\(.place)) in \(.region), account \(.account), looked at \(.at)",
  ("LANE" | pad(16)) + ("NAT" | pad(34)) + ([$columns[] | ascii_upcase | pad(12)] | join("")),
  (.lanes[]
   | (.lane | pad(16))
     + (((.nat // "none") + (if .instanceId then " \(.instanceId)" else "" end) + (if .away then " (away)" else "" end)) | pad(34))
     + ([.checks[] | .status | word | pad(12)] | join(""))),
  "egress: " + ([.lanes[] | "\(.lane) " + (.checks[] | select(.check == "egress").seen)] | join(", ")),
  "alarms: " + ([.fleet[] | select(.check | startswith("alarm")) | .status] | group_by(.) | map("\(length) \(.[0])") | join(", ")),
  (.fleet[] | select(.check == "hold" or .check == "leaving") | "\(.check | ascii_upcase): \(.seen)"),
  (.lanes[] | .lane as $lane | .checks[] | select(.status == "fail") | "FAIL \($lane) \(.check): \(.seen)"),
  (.fleet[] | select(.status == "fail") | "FAIL \(.alarm // .check): \(.seen)"),
  "\(if .ok then "ok" else "NOT OK" end): \(.counts.ok) ok, \(.counts.failed) failed, \(.counts.notEvaluated) not evaluated"
