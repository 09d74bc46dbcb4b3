import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./support/fleet";

/** The real ask_until_moved; AWS is what `looks` says: the interface that route and address are at, per look. */
function asked(looks: readonly (readonly [route: string, address: string])[]): { moved: boolean; asks: number } {
  const work = mkdtempSync(join(tmpdir(), "ha-nat-moves-"));
  const program = `
    set -Eeuo pipefail
    source scripts/lib/rto/moves.sh
    now_ms() { echo 0; }
    interface_of() { echo eni-from; }
    lane_now() { :; }
    ask_move() { echo "$1" >>"$DIR/asked"; }
    looks=0
    watch_remap() {
      looks=$((looks + 1))
      IFS=, read -r route address <<<"$(sed -n "\${looks}p" "$DIR/looks")"
      [[ -n $route ]] || { SECONDS=100 && return 1; }
      printf '{"routeEni":"%s"}\\n' "$route" >>"$1/polls.jsonl"
      [[ $route == eni-to && $address == eni-to ]]
    }
    printf '%s\\n' ${looks.map(([route, address]) => `${route},${address}`).join(" ")} >"$DIR/looks"
    ask_until_moved "$DIR" i-from i-to && moved=true || moved=false
    printf '{"moved":%s,"asks":%s}' "$moved" "$(wc -l <"$DIR/asked")"`;
  try {
    const options = { cwd: ROOT, env: { ...process.env, DIR: work }, encoding: "utf8" } as const;
    return JSON.parse(execFileSync("bash", ["--norc", "-c", program], options)) as ReturnType<typeof asked>;
  } finally {
    rmSync(work, { recursive: true });
  }
}

describe("a move that is measured is asked for", () => {
  const FROM = ["eni-from", "eni-from"] as const;
  const HALF = ["eni-to", "eni-from"] as const;
  const TO = ["eni-to", "eni-to"] as const;

  test.each([
    ["once, when it happens", [TO], { moved: true, asks: 1 }],
    ["again, when nothing has begun", [FROM, TO], { moved: true, asks: 2 }],
    ["not again, when the route has moved and its address has not", [HALF, TO], { moved: true, asks: 1 }],
    ["until the deadline", [FROM, FROM, FROM], { moved: false, asks: 4 }],
  ] as const)("%s", (_title, looks, expected) => {
    expect(asked(looks)).toEqual(expected);
  });
});
