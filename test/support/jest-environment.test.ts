import { AsyncLocalStorage } from "node:async_hooks";

interface Environment {
  setup(): Promise<void>;
  teardown(): Promise<void>;
}
type EnvironmentClass = new (config: unknown) => Environment;

test("a file that is over leaves no store enabled: each makes the promises of all files after it dearer", async () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- jest loads it so, as CommonJS
  const JestEnvironment = require("./jest-environment.cjs") as EnvironmentClass;
  const projectConfig = { testEnvironmentOptions: {}, globals: {}, fakeTimers: {} };
  const environment = new JestEnvironment({ projectConfig });
  await environment.setup();
  const store = new AsyncLocalStorage<string>();

  await store.run("of this file", async () => {
    expect(store.getStore()).toBe("of this file");
    await environment.teardown();
    expect(store.getStore()).toBeUndefined();
  });
});
