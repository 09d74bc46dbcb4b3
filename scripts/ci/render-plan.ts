/** `terraform show -json PLAN | node --import tsx scripts/ci/render-plan.ts ENV COMMIT`: the plan comment on stdout. */
import { readFileSync } from "node:fs";
import { renderPlan } from "./plan-comment";

const [env, commit] = process.argv.slice(2);
if (env === undefined || commit === undefined) {
  process.stderr.write("usage: render-plan.ts ENV COMMIT < plan.json\n");
  process.exitCode = 2;
} else {
  process.stdout.write(`${renderPlan(JSON.parse(readFileSync(0, "utf8")), { env, commit })}\n`);
}
