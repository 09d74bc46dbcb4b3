import type { Environment } from "./env";

export interface Tracing {
  /** Records the client's calls as subsegments. */
  capture<T>(client: T): T;
  /** Runs `work` inside a subsegment named `## name`. */
  within<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Nothing is recorded: outside Lambda there is no X-Ray daemon to send to. */
export const noTracing: Tracing = { capture: (client) => client, within: (_name, work) => work() };

/** Tracing when Lambda traces (it then names its X-Ray daemon) and nobody switched it off. */
export function isTraced(environment: Environment): boolean {
  return environment["AWS_XRAY_DAEMON_ADDRESS"] !== undefined && environment["POWERTOOLS_TRACE_ENABLED"] !== "false";
}

/** Loads the X-Ray SDK only where it is used: it is a quarter of a bundle's load time. */
export async function createTracing(service: string): Promise<Tracing> {
  const { Tracer } = await import("@aws-lambda-powertools/tracer");
  const tracer = new Tracer({ serviceName: service, captureHTTPsRequests: false });
  return {
    capture: (client) => tracer.captureAWSv3Client(client),
    within: async (name, work) => {
      const parent = tracer.getSegment();
      if (parent === undefined) return work();
      const segment = parent.addNewSubsegment(`## ${name}`);
      tracer.setSegment(segment);
      try {
        return await work();
      } catch (error) {
        tracer.addErrorAsMetadata(error instanceof Error ? error : new Error(String(error)));
        throw error;
      } finally {
        segment.close();
        tracer.setSegment(parent);
      }
    },
  };
}
