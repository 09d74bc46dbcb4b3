import type { ProberRequest, ProberResponse } from "../../../contract/prober";
import type { Runtime } from "../../lib/runtime/entry";
import { lambdaEntry } from "../../lib/runtime/entry";
import { askHealthz } from "./ask-healthz";
import type { Endpoints } from "./endpoints";
import { PUBLIC_ENDPOINTS } from "./endpoints";
import { parseRequest } from "./event";
import { probeTarget } from "./probe-target";
import { askPublicAddress } from "./public-address";
import type { Settings } from "./settings";
import { parseSettings } from "./settings";

export interface Services {
  readonly settings: Settings;
  readonly endpoints: Endpoints;
}

export function buildServices(runtime: Runtime): Services {
  return { settings: parseSettings(runtime.environment), endpoints: PUBLIC_ENDPOINTS };
}

/**
 * The lane's eyes: sits in the lane's probe subnet and says what it sees, to its caller only. Everything is asked at once, so an
 * answer takes no longer than the longest deadline. It decides nothing and calls no AWS API (it could not when egress is gone).
 */
export async function handle(raw: unknown, services: Services): Promise<ProberResponse> {
  const request = parseRequest(raw);
  const [probe, healthz] = await Promise.all([probeLane(request.probe, services), askNats(request.healthz, services)]);
  return {
    schema: 1,
    lane: services.settings.lane,
    zone: services.settings.zone,
    ...(probe === undefined ? {} : { probe }),
    ...(healthz === undefined ? {} : { healthz }),
  };
}

async function probeLane(asked: ProberRequest["probe"], { settings, endpoints }: Services): Promise<ProberResponse["probe"]> {
  if (asked === undefined) return undefined;
  const [results, publicAddress] = await Promise.all([
    Promise.all(settings.targets.map((target) => probeTarget(target, endpoints, asked.deadlineMs))),
    askPublicAddress(endpoints, asked.deadlineMs),
  ]);
  return { results: results.flat(), publicAddress };
}

async function askNats(asked: ProberRequest["healthz"], { endpoints }: Services): Promise<ProberResponse["healthz"]> {
  if (asked === undefined) return undefined;
  return Promise.all(asked.nats.map((nat) => askHealthz(nat, endpoints, asked.deadlineMs)));
}

export const handler = lambdaEntry(buildServices, handle);
