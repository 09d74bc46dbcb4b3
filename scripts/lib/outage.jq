# What `lab fault NAME --watch N --json` saw, in words: a line per lane. Argument: limit, milliseconds.
def seen: if .publicAddressBefore == .publicAddressAfter then "public address \(.publicAddressBefore // "unknown"), unchanged"
  else "public address \(.publicAddressBefore // "unknown") before, \(.publicAddressAfter // "unknown") after" end;

"fault: \(.fault) on \(.node)",
(.lanes[] | "\(.lane): " +
  (if .outageMs == null then "new connections still failed at the end of the watch"
   elif .failed == 0 then "no new connection failed (\(.attempts) tries)"
   else "new connections failed for \(.outageMs) ms (\(.failed) of \(.attempts) tries)\(if .outageMs > $limit then ", more than \($limit) ms" else "" end)" end)
  + "; " + seen,
  (.reasons[] | "  not right: \(.)"))
