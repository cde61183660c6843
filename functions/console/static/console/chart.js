/** A bar chart of one day with axes, a legend, a summary and a table. */
import { h, svg, table } from "./dom.js";
import { formatClock, formatNumber, formatUtc, time, zoneName } from "./format.js";

const WIDTH = 960;
const HEIGHT = 160;
const MIN_BAR_HEIGHT = 2;
const TICKS = 4;
const NICE_STEPS = [1, 2, 2.5, 5, 10];
// A limit that is more times the peak would flatten all bars. Its line is above the scale.
const MAX_LIMIT_RATIO = 8;

/**
 * Make a chart. `series` has `{name, label, values}`, whose values are null where there is none; `begin` is the start of
 * the first interval. Bars are stacked, or in front of each other with the lowest series first. `limit` is
 * `{value, label}` or null: a line within the scale, or above it and said to be so. `rows` are those of the table below.
 */
export function barChart({ title, begin, bucketSeconds, series, isStacked = true, unit, limit = null, summary, head, rows }) {
  const combine = isStacked ? (total, value) => total + value : (total, value) => Math.max(total, value);
  const totals = series[0].values.map((_, index) => series.map(({ values }) => values[index] ?? 0).reduce(combine));
  const peak = Math.max(...totals);
  const isLimitInScale = limit !== null && limit.value <= peak * MAX_LIMIT_RATIO;
  const top = niceTop(Math.max(peak, isLimitInScale ? limit.value : 0));
  const times = totals.map((_, index) => new Date(Date.parse(begin) + index * bucketSeconds * 1000));
  return h(
    "figure",
    {},
    legend(series, limit),
    h(
      "div",
      { class: "plot" },
      limit === null || isLimitInScale ? null : limitAboveScale(limit, unit),
      h("div", { class: "y-axis", "aria-hidden": "true" }, yLabels(top, unit).map((text) => h("span", {}, text))),
      plot({ title, summary, series, isStacked, times, top, unit, limit: isLimitInScale ? limit.value : null }),
      h("div", { class: "x-axis", "aria-hidden": "true" }, xLabels(times, bucketSeconds).map((text) => h("span", {}, text))),
    ),
    h("figcaption", {}, summary, " ", h("span", { class: "hint" }, `Intervals of ${bucketSeconds / 60} minutes, times in ${zoneName()}.`)),
    h("details", {}, h("summary", {}, `${title} per hour`), table(`${title} per hour`, head, rows)),
  );
}

/** Return the rows of a table with one row per hour. `cells(from, to)` makes those of the intervals from `from` to before `to`. */
export function hourRows({ begin, bucketSeconds }, count, cells) {
  const perHour = 3600 / bucketSeconds;
  return Array.from({ length: Math.ceil(count / perHour) }, (_, hour) => {
    const at = new Date(Date.parse(begin) + hour * 3_600_000).toISOString();
    return [time(at, { full: true }), ...cells(hour * perHour, (hour + 1) * perHour)];
  });
}

function plot({ title, summary, series, isStacked, times, top, unit, limit }) {
  const step = WIDTH / times.length;
  const y = (value) => HEIGHT - (value / top) * HEIGHT;
  const grid = Array.from({ length: TICKS + 1 }, (_, tick) => svg("line", { class: "grid-line", x1: 0, x2: WIDTH, y1: (tick * HEIGHT) / TICKS, y2: (tick * HEIGHT) / TICKS }));
  const bars = times.flatMap((at, index) => [isStacked ? stack(series, index, step, top) : overlay(series, index, step, top), target(series, index, step, at, unit)]);
  return svg(
    "svg",
    { viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`, role: "img", "aria-label": `${title} in the last 24 hours. ${summary}`, preserveAspectRatio: "none" },
    grid,
    bars,
    limit === null ? null : svg("line", { class: "limit-line", x1: 0, x2: WIDTH, y1: y(limit), y2: y(limit) }),
  );
}

/** Make the bars of one interval on top of each other. Every number above zero is visible. */
function stack(series, index, step, top) {
  let bottom = HEIGHT;
  const shown = series.filter(({ values }) => values[index] > 0);
  return shown.map(({ name, values }) => {
    const height = barHeight(values[index], top);
    bottom -= height;
    return bar(name, index, step, bottom, height);
  });
}

/** Make the bars of one interval in front of each other. */
function overlay(series, index, step, top) {
  const shown = series.filter(({ values }) => values[index] > 0).reverse();
  return shown.map(({ name, values }) => bar(name, index, step, HEIGHT - barHeight(values[index], top), barHeight(values[index], top)));
}

const bar = (name, index, step, y, height) => svg("rect", { class: `series ${name}`, x: index * step, y, width: step * 0.8, height });
const barHeight = (value, top) => Math.max((value / top) * HEIGHT, MIN_BAR_HEIGHT);

/** Make the area of one interval with its numbers as a tooltip. */
function target(series, index, step, at, unit) {
  const numbers = series.map(({ label, values }) => `${label}: ${values[index] === null ? "none" : formatNumber(values[index])}${unit}`);
  const text = [`${formatClock(at)} ${zoneName(at)} (${formatUtc(at)})`, ...numbers].join("\n");
  return svg("rect", { class: "target", x: index * step, y: 0, width: step, height: HEIGHT }, svg("title", {}, text));
}

/** Make the label and the line of a limit above the scale, with a mark where the axis is broken. */
function limitAboveScale({ value }, unit) {
  return [
    h("div", { class: "y-axis broken", "aria-hidden": "true" }, h("span", {}, `${formatNumber(value)}${unit}`), h("span", {}, "⋮")),
    h("div", { class: "above-scale" }, h("div", { class: "limit-line" }), "The limit is above the scale."),
  ];
}

function legend(series, limit) {
  const items = series.length > 1 ? series.map(({ name, label }) => h("li", {}, h("span", { class: `swatch ${name}` }), label)) : [];
  if (limit) items.push(h("li", {}, h("span", { class: "swatch limit" }), limit.label));
  return h("ul", { class: "legend" }, items);
}

/** Return the smallest even number for the top of an axis, so that its quarters are short numbers. */
function niceTop(peak) {
  if (peak <= TICKS) return TICKS;
  const power = 10 ** Math.floor(Math.log10(peak / TICKS));
  const step = NICE_STEPS.map((each) => each * power).find((each) => each * TICKS >= peak);
  return Math.ceil(step) * TICKS;
}

const yLabels = (top, unit) => Array.from({ length: TICKS + 1 }, (_, tick) => `${formatNumber((top * (TICKS - tick)) / TICKS)}${unit}`);

/** Return the times at the quarters of the axis. */
function xLabels(times, bucketSeconds) {
  const end = new Date(times.at(-1).getTime() + bucketSeconds * 1000);
  const quarter = (end - times[0]) / TICKS;
  return Array.from({ length: TICKS + 1 }, (_, tick) => formatClock(new Date(times[0].getTime() + tick * quarter)));
}
