# Lists what was skipped and what failed, by title, from jest's --json report. A skipped test carries its reason in its title.
[.testResults[] | (.name | sub(".*/test/"; "test/")) as $file | .assertionResults[] | {file: $file, status, title: .fullName}] as $tests
| [.testResults[] | select(.status == "failed" and (.assertionResults | length) == 0) | (.name | sub(".*/test/"; "test/"))] as $broken
| ($tests[] | select(.status == "pending" or .status == "todo") | "skipped: \(.file): \(.title)"),
  ($tests[] | select(.status == "failed") | "failed: \(.file): \(.title)"),
  ($broken[] | "failed: \(.): the file could not be run")
