import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { Healthz } from "../../contract/healthz";
import { natLogGroup } from "../../contract/metrics";
import { NAT_HOME, NAT_RUN_DIR, type NatConfig } from "../../contract/nat-config";
import { Agent } from "./agent";
import { readAllowances } from "./allowances";
import { nextBoot } from "./boot";
import { createClients } from "./clients";
import { parseFleetStanding, parseNatConfig } from "./documents";
import { machineSources, readFacts } from "./facts";
import { serveHealth } from "./health-server";
import { bindHeartbeats, type Heartbeats } from "./heartbeats";
import { type Identity, readHeldAddresses, readIdentity } from "./imds";
import { startLeaving } from "./leave-sources";
import { createLog, type Log, words } from "./log";
import { watchLoopDelay } from "./loop-delay";
import { type MetricLog, metricLog } from "./metric-log";
import { emfDocument } from "./metrics";
import { Ownership } from "./ownership";
import { readFleetDocuments } from "./peers";
import { writePeersSet } from "./peers-set";
import { PortWatch } from "./ports";
import { kernelPorts } from "./ports-kernel";
import { runProbe } from "./probe-runner";
import { failoverQueue } from "./queue";
import { startReplication } from "./replication/client";

const home = process.env.HA_NAT_HOME ?? NAT_HOME;
const runDir = process.env.HA_NAT_RUN_DIR ?? NAT_RUN_DIR;
const RETRY_MS = 1_000;
const FACTS_INTERVAL_MS = 2_000;
const METRICS_INTERVAL_MS = 60_000;
const FLEET_INTERVAL_MS = 200;
const HELD_INTERVAL_MS = 1_000;
const PORTS_INTERVAL_MS = 250;
// On a path that is slow for long, reading the kernel ten times a second would cost more than it tells.
const LATE_FACTS_INTERVAL_MS = 500;

async function main(log: Log): Promise<void> {
  const config = parseNatConfig(await readFile(join(home, "etc/nat.json"), "utf8"));
  const identity = await identify(log);
  const boot = await nextBoot(runDir, Date.now(), log);
  const { ssm, sqs, logs } = createClients(config.region);
  const queue = failoverQueue(sqs, config.queueUrl, log);
  const loop = watchLoopDelay();
  const wires: { heartbeats?: Heartbeats } = {};
  const replication = startReplication(config, { instanceId: identity.instanceId, ...boot }, home, log);
  const agent = new Agent(config, identity, boot, {
    now: () => performance.now(),
    date: () => new Date(),
    sendHeartbeat: (body, key, addresses) => wires.heartbeats?.send(body, key, addresses),
    sendSuspicion: (message) => queue.send(message, `${message.reporterBootId}-${message.sequence}`),
    replication: () => replication.health(),
    dropped: () => wires.heartbeats?.dropped() ?? { malformed: 0, foreign: 0, forged: 0, replayed: 0 },
    loopMaxMs: () => loop.maxMs(),
    onStall: (ms) => log.limited("stall", "the agent stood still; silence in that time is not counted", { ms }),
  });
  wires.heartbeats = await bindHeartbeats({
    log,
    context: () => agent.openContext(),
    onHeard: (body) => agent.takeHeartbeat(body),
  });
  const refreshFacts = factsReader(agent, log);
  await refreshFacts();
  startProbe(config, agent, refreshFacts, log);
  await serveHealth({
    livez: () => ({ ok: agent.livez().ok, body: agent.livez() }),
    healthz: () => {
      const body = agent.healthz();
      return { ok: body.healthy, body };
    },
  });
  log.info("agent is up", { ...identity, ...boot, env: config.env, zone: config.zone });
  // Timers run before sockets are read; what waits in the socket is heard first.
  setInterval(() => setImmediate(() => agent.tick()), config.timing.heartbeatIntervalMs);
  const ownership = new Ownership(identity.instanceId, config.lanes);
  void followHeld(ownership, log);
  setInterval(() => replication.tell({ ...agent.fleet(), owned: ownership.owned }), FLEET_INTERVAL_MS);
  void forever(FACTS_INTERVAL_MS, refreshFacts);
  void followDocuments(ssm, config, { agent, ownership, log });
  startLeaving({ config, identity, boot, ssm, queue, runDir, log });
  const ports = watchPorts(config, ownership, log);
  emitMetrics(config, { agent, ports, metrics: metricLog(logs, natLogGroup(config.env), identity.instanceId, log), log });
}

async function identify(log: Log): Promise<Identity> {
  for (;;) {
    try {
      return await readIdentity();
    } catch (error) {
      log.limited("identity", "instance metadata does not say who this is; asking again", { why: words(error) });
      await wait(RETRY_MS);
    }
  }
}

/** Reads the facts; when the ruleset is found mended, the peers go back into their set at once. */
function factsReader(agent: Agent, log: Log): () => Promise<void> {
  const sources = machineSources(runDir, () => performance.now());
  let rulesetOk = false;
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    const facts = await readFacts(sources);
    agent.takeFacts(facts);
    if (facts.ruleset.ok && !rulesetOk) await admitPeers(agent, log);
    rulesetOk = facts.ruleset.ok;
  };
  // Whoever asks meanwhile waits for the reading under way.
  return () => (reading ??= read().finally(() => (reading = undefined)));
}

async function admitPeers(agent: Agent, log: Log): Promise<void> {
  await writePeersSet(agent.peerAddresses()).catch((error: unknown) =>
    log.limited("peers-set", "peers could not be admitted by the ruleset", { why: words(error) }),
  );
}

/** A late connection may be the machine's own fault: what the kernel says is read at once. */
function startProbe(
  { timing, selfProbeTargets: targets }: NatConfig,
  agent: Agent,
  refreshFacts: () => Promise<void>,
  log: Log,
): void {
  let readAt = -Infinity;
  const runner = runProbe({
    command: ["ip", "netns", "exec", "ha-nat-probe", process.execPath, join(home, "agent/self-probe.mjs")],
    settings: { targets, intervalMs: timing.selfProbeIntervalMs, timeoutMs: timing.selfProbeTimeoutMs },
    log,
    onLine: (line) => agent.takeProbe(line),
    onLate: () => {
      agent.takeLateProbe();
      if (performance.now() - readAt < LATE_FACTS_INTERVAL_MS) return;
      readAt = performance.now();
      void refreshFacts();
    },
    onEnd: () => agent.probeEnded(),
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      runner.stop();
      process.exit(0);
    });
}

interface Following {
  readonly agent: Agent;
  readonly ownership: Ownership;
  readonly log: Log;
}

/** The last good documents stay in force when a refresh fails. Every second until both are there. */
async function followDocuments(ssm: SSMClient, config: NatConfig, { agent, ownership, log }: Following): Promise<never> {
  let complete = false;
  let admitted = "";
  for (;;) {
    try {
      const { peers, keys, state } = await readFleetDocuments(ssm, config);
      if (keys !== undefined) agent.takeKeys(keys);
      if (peers !== undefined) agent.takePeers(peers);
      complete ||= keys !== undefined && peers !== undefined;
      const wanted = agent.peerAddresses().join(" ");
      if (wanted !== admitted) log.info("peers", { addresses: agent.peerAddresses() });
      admitted = wanted;
      await admitPeers(agent, log);
      ownership.takeRecord(state === undefined ? {} : parseFleetStanding(state).lanes);
    } catch (error) {
      ownership.missRecord();
      log.limited("documents", "peers, heartbeat key or state could not be read; the last ones stay", { why: words(error) });
    }
    await wait(complete ? config.timing.peersRefreshMs : Math.min(RETRY_MS, config.timing.peersRefreshMs));
  }
}

/** As often as metadata may be asked. */
async function followHeld(ownership: Ownership, log: Log): Promise<never> {
  for (;;) {
    try {
      ownership.takeHeld(await readHeldAddresses(), Date.now());
    } catch (error) {
      log.limited("held-addresses", "which lanes are carried here could not be read; as before", { why: words(error) });
    }
    await wait(HELD_INTERVAL_MS);
  }
}

function watchPorts({ lanes }: NatConfig, ownership: Ownership, log: Log): PortWatch {
  const watch = new PortWatch([...new Set(lanes.flatMap(({ addresses }) => addresses))], {
    ...kernelPorts(home),
    owned: () => ownership.owned,
    onFault: (error) => log.limited("ports", "ports in use could not be read or reported", { why: words(error) }),
  });
  void forever(PORTS_INTERVAL_MS, () => watch.tick());
  return watch;
}

interface Emitting {
  readonly agent: Agent;
  readonly ports: PortWatch;
  readonly metrics: MetricLog;
  readonly log: Log;
}

/** To CloudWatch for the alarms, and to the journal for who looks at the machine. */
function emitMetrics({ env }: NatConfig, { agent, ports, metrics, log }: Emitting): void {
  let before: Healthz | null = null;
  const emit = async (): Promise<void> => {
    agent.takeAllowances(await readAllowances());
    const now = agent.healthz();
    const document = emfDocument(now, before, env, ports.busiest());
    log.raw(document);
    metrics.put(document, Date.parse(now.at));
    before = now;
  };
  setInterval(() => void emit(), METRICS_INTERVAL_MS);
}

async function forever(everyMs: number, work: () => Promise<void>): Promise<never> {
  for (;;) {
    await wait(everyMs);
    await work();
  }
}

const log = createLog((line) => process.stdout.write(line));
main(log).catch((error: unknown) => {
  log.warn("agent cannot start", { why: words(error) });
  process.exit(1);
});
