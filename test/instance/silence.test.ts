import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { watchSilence } from "../../instance/agent/silence";
import { until } from "./support/world";

const LIMIT_MS = 200;

test("silence is told once, and again after a word", async () => {
  let silences = 0;
  const silence = watchSilence(LIMIT_MS, () => (silences += 1));

  await until(() => silences === 1, 2_000, "the first silence");
  await wait(2 * LIMIT_MS);
  expect(silences).toBe(1);
  silence.heard();
  await until(() => silences === 2, 2_000, "the second silence");
  silence.end();
});

test("what this process did not hear while it stood still itself is no silence", async () => {
  const source = `setInterval(() => require("node:worker_threads").parentPort.postMessage("word"), 10)`;
  const speaker = new Worker(source, { eval: true });
  await new Promise((resolve) => speaker.once("message", resolve));
  let silences = 0;
  const silence = watchSilence(LIMIT_MS, () => (silences += 1));
  speaker.on("message", () => silence.heard());

  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 * LIMIT_MS);
  await wait(LIMIT_MS / 2);

  silence.end();
  await speaker.terminate();
  expect(silences).toBe(0);
});
