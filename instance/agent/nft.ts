import { spawn } from "node:child_process";

/** Carries out nft commands in one transaction. Rejects with nft's own words. */
export function nft(commands: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("nft", ["-f", "-"], { stdio: ["pipe", "ignore", "pipe"], timeout: 5_000 });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`nft: ${complaint.trim().slice(0, 300)}`))));
    child.stdin.on("error", () => undefined);
    child.stdin.end(commands);
  });
}
