import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { temporaryFolder } from "../support/temporary-folder";

const ROOT = resolve(__dirname, "../..");

/** Answers of the fake AWS CLI; an operation without one fails. */
const WRITES = [
  "create-bucket",
  "put-public-access-block",
  "put-bucket-versioning",
  "put-bucket-encryption",
  "put-bucket-policy",
];

function bootstrap(
  args: readonly string[],
  options: { readonly there?: boolean; readonly account?: string; readonly denied?: boolean } = {},
) {
  const directory = temporaryFolder("bootstrap");
  const answers = [...WRITES.map((write) => `s3api-${write}`), ...(options.there ? ["s3api-head-bucket"] : [])];
  for (const name of answers) writeFileSync(join(directory, `${name}.json`), "{}");
  writeFileSync(join(directory, "sts-get-caller-identity.json"), JSON.stringify({ Account: options.account ?? "123456789012" }));
  writeFileSync(join(directory, "calls"), "");
  const path = [join(ROOT, "test/fixtures/fake-aws"), process.env["PATH"]].join(delimiter);
  const missing = options.denied ? "(403) Forbidden" : "(404) Not Found";
  const env = {
    ...process.env,
    PATH: path,
    FAKE_AWS: directory,
    FAKE_AWS_ERROR: missing,
    HA_NAT_ACCOUNT_ID_TEST: "123456789012",
  };
  const { status, stderr } = spawnSync(join(ROOT, "scripts/bootstrap_backend.sh"), [...args], { env, encoding: "utf8" });
  const calls = readFileSync(join(directory, "calls"), "utf8").trim().split("\n");
  return { status, stderr, calls, writes: calls.filter((call) => / (create|put)-/.test(call)).map((call) => call.split(" ")[1]) };
}

describe("bootstrap_backend.sh", () => {
  test("creates the bucket that the backend file names, versioned, encrypted, private, TLS only", () => {
    const { status, writes, calls } = bootstrap(["test"]);

    expect(status).toBe(0);
    expect(writes).toEqual(WRITES);
    expect(calls.every((call) => !call.includes("--bucket ") || call.includes("--bucket ha-nat-test-terraform-state"))).toBe(
      true,
    );
    expect(calls.join("\n")).toContain("aws:SecureTransport");
    // What Terraform asks for with every object: the default must not promise more.
    expect(calls.find((call) => call.includes("put-bucket-encryption"))).toContain('"SSEAlgorithm":"AES256"');
  });

  test("does not create what is there, and sets the same again", () => {
    expect(bootstrap(["test"], { there: true }).writes).toEqual(WRITES.slice(1));
  });

  test("writes nothing to a bucket that is somebody else's", () => {
    const { status, stderr, writes } = bootstrap(["test"], { denied: true });

    expect({ status, writes }).toEqual({ status: 2, writes: [] });
    expect(stderr).toContain("cannot be used");
  });

  test("writes nothing in the wrong account", () => {
    const { status, stderr, writes } = bootstrap(["test"], { account: "999999999999" });

    expect({ status, writes }).toEqual({ status: 2, writes: [] });
    expect(stderr).toContain("wrong account");
  });

  test.each([[[]], [["staging"]], [["test", "prod"]]])("refuses %j and calls nothing", (args) => {
    const { status, calls, stderr } = bootstrap(args);

    expect({ status, calls }).toEqual({ status: 2, calls: [""] });
    expect(stderr).toContain("allowed: prod");
  });
});
