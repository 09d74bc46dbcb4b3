import { Socket } from "node:net";

/** Ends this process when the launcher dies before it has said `keep`: a lab that nobody waits for must not stay. */
export function holdLifeline(descriptor: number): void {
  const lifeline = new Socket({ fd: descriptor });
  let kept = false;
  lifeline.on("data", () => (kept = true));
  lifeline.on("error", () => undefined);
  lifeline.on("close", () => {
    if (!kept) process.exit(3);
  });
}
