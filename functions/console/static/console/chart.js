/** The calls of a day as bars, with the same in words and as a table. */
import { h, svg, table } from "./dom.js";
import { counted, number, time } from "./labels.js";

const WIDTH = 960;
const HEIGHT = 120;
const HOUR = 3600;

/** Make the chart of `{begin, bucketSeconds, calls}`; the limit is in calls a second. */
export function dayChart({ begin, bucketSeconds, calls }, limit) {
  const most = Math.max(...calls);
  const told = summary(calls, most, limit * bucketSeconds, bucketSeconds / 60);
  const step = WIDTH / calls.length;
  const bars = calls.map((count, place) => {
    const height = most ? (count / most) * HEIGHT : 0;
    return svg("rect", { x: place * step, y: HEIGHT - height, width: step * 0.75, height, rx: 1.5 });
  });
  return h(
    "figure",
    {},
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT + 1}`, role: "img", "aria-label": `Calls over the last day. ${told}`, preserveAspectRatio: "none" },
      bars,
      svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5 }),
    ),
    h("div", { class: "axis", "aria-hidden": "true" }, h("span", {}, "a day ago"), h("span", {}, "now")),
    h("figcaption", {}, told),
    h("details", {}, h("summary", {}, "The day by hours"), hours(begin, bucketSeconds, calls)),
  );
}

function summary(calls, most, allowed, minutes) {
  const total = calls.reduce((sum, count) => sum + count, 0);
  const share = (100 * most) / allowed;
  const part = share > 0 && share < 1 ? "less than 1" : Math.round(share);
  return `${counted(total, "call")} in the last day; ${number(most)} in the busiest ${minutes} minutes, ${part} % of what the limit allows.`;
}

function hours(begin, bucketSeconds, calls) {
  const size = HOUR / bucketSeconds;
  const rows = [];
  for (let from = 0; from < calls.length; from += size) {
    const at = new Date(Date.parse(begin) + from * bucketSeconds * 1000).toISOString();
    rows.push([time(at, { full: true }), number(calls.slice(from, from + size).reduce((sum, count) => sum + count, 0))]);
  }
  return table("Calls by the hour", ["From", "Calls"], rows);
}
