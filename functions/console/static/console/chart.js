/** The calls of the last 24 hours as a bar chart, with a summary and a table. */
import { h, svg, table } from "./dom.js";
import { formatNumber, pluralize, time } from "./format.js";

const WIDTH = 960;
const HEIGHT = 120;
const HOUR_SECONDS = 3600;

/** Make the chart of `{begin, bucketSeconds, calls}`; the limit is in calls per second. */
export function callChart({ begin, bucketSeconds, calls }, limit) {
  const peak = Math.max(...calls);
  const text = summary(calls, peak, limit * bucketSeconds, bucketSeconds / 60);
  const step = WIDTH / calls.length;
  const bars = calls.map((count, index) => {
    const height = peak ? (count / peak) * HEIGHT : 0;
    return svg("rect", { x: index * step, y: HEIGHT - height, width: step * 0.75, height, rx: 1.5 });
  });
  return h(
    "figure",
    {},
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT + 1}`, role: "img", "aria-label": `Calls in the last 24 hours. ${text}`, preserveAspectRatio: "none" },
      bars,
      svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5 }),
    ),
    h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, "24 hours ago"), h("span", {}, "now")),
    h("figcaption", {}, text),
    h("details", {}, h("summary", {}, "Calls per hour"), hourTable(begin, bucketSeconds, calls)),
  );
}

function summary(calls, peak, allowed, minutes) {
  const total = calls.reduce((sum, count) => sum + count, 0);
  const percent = (100 * peak) / allowed;
  const share = percent > 0 && percent < 1 ? "less than 1" : Math.round(percent);
  return `${pluralize(total, "call")} in the last 24 hours. Peak: ${pluralize(peak, "call")} in ${minutes} minutes, ${share}% of the limit.`;
}

function hourTable(begin, bucketSeconds, calls) {
  const bucketsPerHour = HOUR_SECONDS / bucketSeconds;
  const rows = [];
  for (let start = 0; start < calls.length; start += bucketsPerHour) {
    const at = new Date(Date.parse(begin) + start * bucketSeconds * 1000).toISOString();
    const total = calls.slice(start, start + bucketsPerHour).reduce((sum, count) => sum + count, 0);
    rows.push([time(at, { full: true }), formatNumber(total)]);
  }
  return table("Calls per hour", ["Start", "Calls"], rows);
}
