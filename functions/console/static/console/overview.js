/** The state of the whole system. Refreshes while the page is visible. */
import { read, sleep } from "./api.js";
import { adviceText, card, descriptionList, errorBox, h, table } from "./dom.js";
import { entityLink, nameLink, pluralType } from "./entity-client.js";
import { formatDuration, formatNumber, humanize, pluralize, time } from "./format.js";
import { importProgress, importSummary } from "./import-progress.js";
import { badge, circuitAdvice, statusLabel, syncAdvice } from "./labels.js";
import { callsCard, latencyCard, readMetrics, syncsCard, webhookEventsCard } from "./metric-charts.js";

export const title = "Overview";

const PATH = "api/buildium/overview";
const REFRESH_SECONDS = 15;
const ATTENTION_STATUSES = ["failed", "blocked", "needs_review"];
const DLQ_LABELS = {
  sync: ["sync", "syncs"],
  events: ["event"],
  jobs: ["job"],
  schedule: ["scheduled run"],
  timeline: ["timeline batch", "timeline batches"],
  appWebhook: ["app webhook event"],
};
const DLQ_VIEWS = { sync: "#syncs?status=failed", events: "#events?status=failed", appWebhook: "#app-webhook" };

/** Show the view, and refresh it until the operator leaves it. */
export async function show(content, _query, signal) {
  content.replaceChildren(...(await readSections(signal)));
  keepRefreshing(content, signal);
}

async function keepRefreshing(content, signal) {
  try {
    for (;;) {
      await sleep(1000 * REFRESH_SECONDS, signal);
      if (document.hidden) await pageVisible(signal);
      await refresh(content, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function refresh(content, signal) {
  let refreshed;
  try {
    refreshed = await readSections(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    content.querySelector(".error")?.remove();
    content.prepend(errorBox(`${error.message} The data below may be out of date.`));
    return;
  }
  const focusedHref = content.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const opened = [...content.querySelectorAll("details")].map(({ open }) => open);
  content.replaceChildren(...refreshed);
  for (const [index, details] of content.querySelectorAll("details").entries()) details.open = opened[index] ?? false;
  if (focusedHref) content.querySelector(`a[href="${CSS.escape(focusedHref)}"]`)?.focus();
}

function pageVisible(signal) {
  return new Promise((resolve, reject) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

async function readSections(signal) {
  const [{ overview }, metrics] = await Promise.all([read(PATH, {}, signal), readMetrics(signal)]);
  return sections(overview, metrics, signal);
}

function sections(overview, metrics, signal) {
  return [
    h("p", { class: "hint" }, "As of ", time(overview.at, { full: true }), `. Refreshes every ${REFRESH_SECONDS} seconds.`),
    h("div", { class: "figures" }, attentionFigures(overview.entities), deadLetterFigure(overview.deadLetters)),
    openCircuitsCard(overview.openCircuits),
    h("div", { class: "grid" }, oldestPendingCard(overview.oldestPending, signal), webhooksCard(overview.webhookRejections), importCard(overview.import)),
    h("div", { class: "grid wide" }, callsCard(metrics, currentUse(overview.calls)), latencyCard(metrics), syncsCard(metrics), webhookEventsCard(metrics)),
    card("Entities", h("div", { class: "sparse" }, entitiesTable(overview.entities))),
  ].filter(Boolean);
}

function attentionFigures(entities) {
  return ATTENTION_STATUSES.map((status) => {
    const total = Object.values(entities).reduce((sum, counts) => sum + counts[status], 0);
    const href = status === "needs_review" ? "#reviews" : `#syncs?status=${status}`;
    return figure(statusLabel(status), total, status, href);
  });
}

function deadLetterFigure(deadLetters) {
  const total = Object.values(deadLetters).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(deadLetters)
    .filter(([, count]) => count)
    .map(([name, count]) => linkTo(DLQ_VIEWS[name], pluralize(count, ...(DLQ_LABELS[name] ?? [name]))));
  return figure("Dead letters", total, "failed", null, parts.flatMap((part, at) => (at ? [", ", part] : [part])));
}

function figure(label, count, status, href, detail) {
  const children = [
    h("span", { class: "label" }, label),
    h("span", { class: "count" }, formatNumber(count)),
    detail?.length ? h("span", { class: "hint" }, detail) : null,
  ];
  const attributes = { class: `figure ${count ? status : "none"}` };
  return href ? h("a", { ...attributes, href }, children) : h("div", attributes, children);
}

const countLink = (count, href) => linkTo(count ? href : null, formatNumber(count));
const linkTo = (href, text) => (href ? h("a", { href }, text) : text);

/** Make a card that stands out, because an operator must act or know. */
function attentionCard(title, ...children) {
  const element = card(title, ...children);
  element.classList.add("attention");
  return element;
}

function openCircuitsCard(circuits) {
  return circuits.length ? attentionCard("Paused calls", circuits.map(circuitDetails)) : null;
}

function circuitDetails(circuit) {
  return h(
    "div",
    { class: "stack" },
    h("p", {}, circuitLabel(circuit.circuit), " ", h("span", { class: "hint" }, "paused ", time(circuit.since), ", next probe ", nextProbe(circuit.nextProbeAt))),
    h("p", { class: "reason" }, circuit.reason),
    adviceText(circuitAdvice(circuit)),
  );
}

// A probe that is due is made by the next call. Until a sync needs one, none is made.
const nextProbe = (at) => (new Date(at) > new Date() ? time(at) : "with the next call");

function circuitLabel(circuit) {
  const [kind, path] = circuit.split(" ");
  return path ? `${kind === "GET" ? "Reading" : "Writing"} ${path}` : "All calls to Buildium";
}

function oldestPendingCard(pending, signal) {
  const heading = "Oldest pending sync";
  if (!pending) return card(heading, h("p", {}, "No pending syncs."));
  const link = entityLink(pending);
  nameLink(link, pending, signal);
  const { syncStatus, errorMessage } = pending;
  return card(
    heading,
    h("p", {}, link, " ", badge(syncStatus), " ", h("span", { class: "hint" }, `for ${formatDuration(pending.ageSeconds)}`)),
    errorMessage ? h("p", { class: "reason" }, errorMessage) : null,
    errorMessage ? adviceText(syncAdvice(pending)) : null,
    h("p", { class: "hint" }, h("a", { href: "#syncs?status=pending" }, "All pending syncs")),
  );
}

function webhooksCard({ consecutive, lastAt }) {
  if (!consecutive) return card("Webhooks", h("p", {}, "No rejected webhooks."));
  const text = `${pluralize(consecutive, "webhook request")} rejected in a row. After 20, Buildium suspends the subscription.`;
  const advice = "Check that BUILDIUM_WEBHOOK_SECRET matches the webhook's key in Buildium. The log of the webhook function has each reason.";
  return attentionCard("Webhooks", h("p", {}, text, " ", h("span", { class: "hint" }, "Last rejection: ", time(lastAt), ".")), adviceText(advice));
}

function importCard(job) {
  if (job.status === "not_started") return card("Import", h("p", {}, "No import yet. ", h("a", { href: "#import" }, "Start one")));
  const progress = importProgress(job);
  return card(
    "Import",
    h("p", {}, badge(progress.status), " ", importSummary(progress)),
    progress.status === "running" ? h("progress", { value: progress.ended, max: Math.max(progress.types, 1), "aria-label": "Finished types of the import" }) : null,
    descriptionList([["Failed", countLink(progress.failed, "#import")], ["Needs review", countLink(progress.needsReview, "#reviews")]]),
    h("p", { class: "hint" }, job.pausedReason ?? ["Started ", time(job.startedAt), ". ", h("a", { href: "#import" }, "Progress by type")]),
  );
}

function currentUse({ limit, now }) {
  const percent = `${Math.round(now.share * 100)}%`;
  return [
    h("p", {}, `Current use: ${percent} of ${pluralize(limit, "call")} per second. ${pluralize(now.calls, "call")} in the last ${formatDuration(now.seconds)}.`),
    h("meter", { value: now.share, min: 0, max: 1, high: 0.9, "aria-label": "Current use of the rate limit" }, percent),
    h("p", { class: "hint" }, h("a", { href: "#calls" }, "Errors of polls and imports")),
  ];
}

function entitiesTable(countsByType) {
  const statuses = Object.keys(Object.values(countsByType)[0]);
  const rows = Object.entries(countsByType).map(([type, counts]) => [humanize(type), ...statuses.map((status) => countCell(counts[status], type, status))]);
  return table("Entities by type and sync status", ["Type", ...statuses.map(statusLabel)], rows);
}

/** Make a count that links to its list. */
function countCell(count, entityType, syncStatus) {
  if (!count) return h("span", { class: "zero" }, formatNumber(count));
  const label = `${formatNumber(count)} ${pluralType(entityType)}: ${statusLabel(syncStatus)}`;
  return h("a", { href: `#entities?${new URLSearchParams({ entityType, syncStatus })}`, "aria-label": label }, formatNumber(count));
}
