import { Resolver } from "node:dns/promises";
import { connect, isIPv4, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { connect as connectTls } from "node:tls";
import type { ProbeResult } from "../../../contract/prober";
import type { Endpoints } from "./endpoints";
import { describeError } from "./faults";

/** Queries sent before the deadline: one lost datagram must not look like a broken lane. */
const DNS_TRIES = 2;

/**
 * An address: TCP. A name: DNS, then TCP, then a TLS handshake whose certificate must be valid for the name.
 * Never throws; a check that fails ends the list, because what follows it cannot be asked. All within `deadlineMs`.
 */
export async function probeTarget(target: string, endpoints: Endpoints, deadlineMs: number): Promise<readonly ProbeResult[]> {
  const results: ProbeResult[] = [];
  const signal = AbortSignal.timeout(deadlineMs);
  let socket: Socket | undefined;

  async function check<T>(name: ProbeResult["check"], run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const value = await beforeAbort(run(), signal, `no ${name} answer within the deadline of ${deadlineMs} ms`);
      results.push({ target, check: name, ok: true, latencyMs: since(started) });
      return value;
    } catch (error) {
      results.push({ target, check: name, ok: false, latencyMs: since(started), error: describeError(error) });
      throw new CheckFailed();
    }
  }

  try {
    const address = isIPv4(target)
      ? target
      : await check("dns", () => resolveName(target, endpoints.dnsServers, deadlineMs, signal));
    socket = connect({ host: address, port: endpoints.tlsPort });
    const opened = socket;
    await check("tcp", () => connected(opened, "connect"));
    if (!isIPv4(target)) await check("tls", () => connected(handshake(opened, target, endpoints.ca), "secureConnect"));
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
  } finally {
    socket?.destroy();
  }
  return results;
}

/** Ends a target's list; its reason is already among the results. */
class CheckFailed extends Error {}

/** Asks all at once: who is down costs no time of the deadline. */
async function resolveName(name: string, servers: readonly string[], deadlineMs: number, signal: AbortSignal): Promise<string> {
  const resolvers = servers.map((server) => {
    const resolver = new Resolver({ timeout: Math.max(1, Math.floor(deadlineMs / DNS_TRIES)), tries: DNS_TRIES });
    resolver.setServers([server]);
    return resolver;
  });
  const cancel = (): void => resolvers.forEach((resolver) => resolver.cancel());
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [address] = await Promise.any(resolvers.map((resolver) => resolver.resolve4(name)));
    if (address === undefined) throw new Error(`${servers.join(", ")} know no IPv4 address of ${name}`);
    return address;
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

function handshake(socket: Socket, name: string, ca: string | undefined): Socket {
  return connectTls({ socket, servername: name, ...(ca === undefined ? {} : { ca }) });
}

function connected(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    // Stays for the socket's life: an error after the handshake must not end the process.
    socket.on("error", reject);
    socket.once("close", () => reject(new Error(`the peer closed the connection before ${event}`)));
  });
}

function beforeAbort<T>(work: Promise<T>, signal: AbortSignal, message: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Milliseconds with one decimal. */
function since(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10;
}
