import { init } from "echarts";
import type { EChartsOption } from "echarts";
import type { FaultRecord } from "./record";

const WIDTH = 960;
const ROW = 34;

function svg(option: EChartsOption, height: number): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: "#fff", ...option });
  const text = chart.renderToSVGString();
  chart.dispose();
  return `${withoutMouse(text)}\n`;
}

/** How it would look under a mouse is of no use in a page, and its names count the charts of the process. */
function withoutMouse(text: string): string {
  return text
    .replaceAll(/ class="zr\d+-cls-\d+"/g, "")
    .replace(/<style\b.*?<\/style>\s*/s, "")
    .replaceAll(/\bzr\d+-/g, "zr-");
}

/** Share of connections that stalled no longer than so many milliseconds, a line for each fault. */
export function plotStalls(faults: readonly FaultRecord[]): string {
  const shown = faults.filter(({ stallCurve }) => stallCurve.length > 0);
  return svg(
    {
      title: { text: "Stalls of established connections", left: "center" },
      legend: { top: 30, data: shown.map(({ fault }) => fault) },
      grid: { left: 60, right: 30, top: 60 + 26 * Math.ceil(shown.length / 6), bottom: 50 },
      xAxis: { type: "log", name: "ms", nameLocation: "middle", nameGap: 28, min: 1 },
      yAxis: { type: "value", name: "share", min: 0, max: 1 },
      series: shown.map(({ fault, stallCurve }) => ({
        ...{ name: fault, type: "line", step: "end", showSymbol: false },
        // A logarithm has no zero.
        data: stallCurve.map(([stall, share]) => [Math.max(1, stall), share]),
      })),
    },
    520,
  );
}

/** Longest time without a new connection, a point for each run, and the limit. */
export function plotOutages(faults: readonly FaultRecord[]): string {
  const names = faults.map(({ fault }) => fault);
  return svg(
    {
      title: { text: "New connections: longest outage", left: "center" },
      grid: { left: 160, right: 40, top: 50, bottom: 50 },
      xAxis: { type: "value", name: "ms", nameLocation: "middle", nameGap: 28, min: 0 },
      yAxis: { type: "category", data: names, inverse: true },
      series: [
        {
          ...{ name: "outage", type: "scatter", symbolSize: 8 },
          data: faults.flatMap(({ fault, runs }) =>
            runs.flatMap(({ outageMs }) => (outageMs === null ? [] : [[outageMs, fault]])),
          ),
        },
        {
          ...{ name: "limit", type: "scatter", symbol: "rect", symbolSize: [2, 22] },
          data: faults.flatMap(({ fault, expects }) => (expects.outageMs === undefined ? [] : [[expects.outageMs, fault]])),
        },
      ],
    },
    110 + ROW * names.length,
  );
}
