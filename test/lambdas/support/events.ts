/** An event as EventBridge sends it. */
export const busEvent = (source: string, detailType: string, time: Date, detail: Readonly<Record<string, unknown>> = {}) => ({
  version: "0",
  id: "event-1",
  source,
  "detail-type": detailType,
  account: "123456789012",
  // EventBridge gives whole seconds.
  time: time.toISOString().replace(/\.\d+Z$/, "Z"),
  region: "us-east-1",
  resources: [],
  detail,
});

/** The schedule's. */
export const tickAt = (time: Date) => busEvent("aws.events", "Scheduled Event", time);
