/** The charts of the last day: results of syncs, calls, webhook events and response times of Buildium. */
import { read } from "./api.js";
import { barChart, hourRows } from "./chart.js";
import { card } from "./dom.js";
import { EMPTY_VALUE, formatDuration, formatNumber, pluralize } from "./format.js";

const PATH = "api/buildium/metrics";
const MAX_AGE_MS = 60_000;
// The first is at the bottom, where a few failures are seen best.
const RESULT_LABELS = {
  failed: "Failed",
  blocked: "Blocked",
  needs_review: "Needs review",
  deferred: "Deferred",
  synced: "Synced",
};
let latest = null;

/** Read the numbers of the last day, at most once a minute. */
export async function readMetrics(signal) {
  if (!latest || Date.now() - latest.readAt > MAX_AGE_MS) latest = { readAt: Date.now(), metrics: (await read(PATH, {}, signal)).metrics };
  return latest.metrics;
}

/** Make the card of the calls. `currentUse` are elements above the chart. */
export function callsCard(metrics, currentUse) {
  const { calls, limit, bucketSeconds } = metrics;
  const total = sum(calls);
  const peak = Math.max(...calls);
  const allowed = Math.round(limit * bucketSeconds);
  const percent = (100 * peak) / allowed;
  const share = percent > 0 && percent < 1 ? "less than 1" : Math.round(percent);
  return card(
    "Buildium rate limit",
    currentUse,
    barChart({
      ...intervals(metrics),
      title: "Calls",
      series: [{ name: "calls", label: "Calls", values: calls }],
      unit: "",
      limit: { value: allowed, label: `Limit: ${pluralize(allowed, "call")} in ${bucketSeconds / 60} minutes` },
      summary: `${pluralize(total, "call")}. Peak: ${pluralize(peak, "call")} in ${bucketSeconds / 60} minutes, ${share}% of the limit.`,
      ...countTable(metrics, [["Calls", calls]]),
    }),
  );
}

/** Make the card of the results of syncs. */
export function syncsCard(metrics) {
  const series = Object.entries(RESULT_LABELS).map(([name, label]) => ({ name, label, values: metrics.syncs[name] }));
  return countCard(metrics, "Sync attempts", series, "No sync was attempted.");
}

/** Make the card of the webhook events, with the requests that were rejected. */
export function webhookEventsCard(metrics) {
  const { processed, ignored, failed } = metrics.webhookEvents;
  const series = [
    { name: "rejected", label: "Rejected requests", values: metrics.rejectedRequests },
    { name: "failed", label: "Failed", values: failed },
    { name: "ignored", label: "Ignored", values: ignored },
    { name: "processed", label: "Processed", values: processed },
  ];
  return countCard(metrics, "Webhook events", series, "No webhook event was processed.");
}

/** Make the card of Buildium's response times: the bar of p50 is in front of that of p95. */
export function latencyCard(metrics) {
  const { p50Ms, p95Ms } = metrics.buildiumLatency;
  const peak = Math.max(...p95Ms);
  const highest = (values, from, to) => {
    const found = values.slice(from, to).filter((each) => each !== null);
    return found.length ? formatDuration(Math.max(...found) / 1000) : EMPTY_VALUE;
  };
  return card(
    "Buildium response times",
    barChart({
      ...intervals(metrics),
      title: "Response times",
      series: [
        { name: "p50", label: "p50", values: p50Ms },
        { name: "p95", label: "p95", values: p95Ms },
      ],
      isStacked: false,
      unit: " ms",
      summary: peak ? `Half of the calls took at most p50, 95% at most p95. Highest p95: ${formatDuration(peak / 1000)}.` : "No call was made.",
      head: ["Start", "Highest p50", "Highest p95"],
      rows: hourRows(metrics, p50Ms.length, (from, to) => [highest(p50Ms, from, to), highest(p95Ms, from, to)]),
    }),
  );
}

function countCard(metrics, title, series, empty) {
  const counts = series.map(({ label, values }) => [label, sum(values)]).filter(([, count]) => count);
  const summary = counts.length ? `${counts.map(([label, count]) => `${label}: ${formatNumber(count)}`).join(", ")}.` : empty;
  const columns = series.map(({ label, values }) => [label, values]);
  return card(title, barChart({ ...intervals(metrics), title, series, unit: "", summary, ...countTable(metrics, columns) }));
}

function countTable(metrics, columns) {
  const cells = (from, to) => columns.map(([, values]) => formatNumber(sum(values.slice(from, to))));
  return { head: ["Start", ...columns.map(([label]) => label)], rows: hourRows(metrics, columns[0][1].length, cells) };
}

const intervals = ({ begin, bucketSeconds }) => ({ begin, bucketSeconds });
const sum = (values) => values.reduce((total, each) => total + each, 0);
