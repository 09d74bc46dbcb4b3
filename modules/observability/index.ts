export { Observability, alarmName, runbookPath } from "./observability";
export { alarmCatalogue } from "./alarm-catalogue";
export type { Alarm, Watched } from "./alarm-catalogue";
