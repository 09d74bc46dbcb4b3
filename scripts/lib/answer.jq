# What the record of nat-route-failover (the state parameter) answers to a request: "done", "refused: …", or nothing yet.
# $kind and $fields are the message's; $since is when it was first said.

$fields.instanceId as $id
# What stands when the machine is back: a shutdown does not.
| (.notices[$id // ""] | if .because == "shutdown" then .lasting else . end) as $stands
| if $kind == "leave" then
    if .refusals[$id] != null and .refusals[$id].at >= $since then "refused: \(.refusals[$id].because)"
    elif $stands != null and all(.lanes[]; .servedBy != $id) then "done"
    else empty end
  elif $kind == "move" then
    if .lanes[$fields.lane].servedBy == $fields.to then "done" else empty end
  elif $kind == "hold" then
    if .hold.until == $fields.until then "done" else empty end
  elif $id == null then
    if .hold == null then "done" else empty end
  elif $stands == null then "done"
  elif $stands.because != "drain" then "refused: \($id) leaves because of \($stands.because)"
  else empty end
