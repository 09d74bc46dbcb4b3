import { launch } from "../../../lab/cli/launch";

/** A launcher that waits for ever: the test kills it. */
const [root = "", env = "", folder = "", programs = ""] = process.argv.slice(2);

launch({ root, env, folder, stackDirectory: folder, programs, settings: {} }).then(
  ({ record }) => process.stdout.write(`${record.pid}\n`),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
setInterval(() => undefined, 60_000);
