/** How everything stands. It keeps itself fresh while it is looked at. */
import { pause, read } from "./api.js";
import { dayChart } from "./chart.js";
import { card, h, problem, table, terms, whatToDo } from "./dom.js";
import { entityLink, nameLink } from "./entity-client.js";
import { advice, badge, counted, duration, number, stateName, time, words } from "./labels.js";

export const title = "Overview";

const EVERY = 15_000;
const ATTENTION = ["failed", "blocked", "needs_review"];
const GAVE_UP = {
  sync: ["sync", "syncs"],
  events: ["event"],
  jobs: ["job"],
  schedule: ["scheduled run"],
  timeline: ["timeline batch", "timeline batches"],
};

const LETTERS_SEEN_IN = { sync: "#syncs?status=failed", events: "#events?status=failed" };

/** Show the view, and go on refreshing it until it is left. */
export async function show(place, _query, signal) {
  place.replaceChildren(...parts((await read("api/buildium/overview", {}, signal)).overview, signal));
  keepFresh(place, signal);
}

async function keepFresh(place, signal) {
  try {
    for (;;) {
      await pause(EVERY, signal);
      if (document.hidden) await visible(signal);
      await refresh(place, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function refresh(place, signal) {
  let fresh;
  try {
    fresh = parts((await read("api/buildium/overview", {}, signal)).overview, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const told = problem(`${error.message} What is below may be out of date.`);
    place.querySelector(".problem")?.remove();
    place.prepend(told);
    return;
  }
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const opened = place.querySelector("details")?.open;
  place.replaceChildren(...fresh);
  if (opened) place.querySelector("details").open = true;
  if (focused) place.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function visible(signal) {
  return new Promise((resolve, reject) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function parts(overview, signal) {
  return [
    h("p", { class: "hint" }, "As of ", time(overview.at, { full: true }), ", refreshed every 15 seconds."),
    h("div", { class: "figures" }, attention(overview.entities), letters(overview.deadLetters)),
    ...notCalled(overview.openCircuits),
    h("div", { class: "grid" }, oldest(overview.oldestPending, signal), webhooks(overview.webhookRejections), imported(overview.import)),
    use(overview.calls),
    card("Entities", h("div", { class: "sparse" }, entities(overview.entities))),
  ];
}

function attention(entities) {
  return ATTENTION.map((state) => {
    const total = Object.values(entities).reduce((sum, states) => sum + states[state], 0);
    const address = state === "needs_review" ? "#review" : `#syncs?status=${state}`;
    return figure(stateName(state), total, state, address);
  });
}

function letters(deadLetters) {
  const total = Object.values(deadLetters).reduce((sum, count) => sum + count, 0);
  const told = Object.entries(deadLetters)
    .filter(([, count]) => count)
    .map(([name, count]) => counted(count, ...(GAVE_UP[name] ?? [name])));
  const view = Object.keys(LETTERS_SEEN_IN).find((name) => deadLetters[name]);
  return figure("Given up on", total, "failed", LETTERS_SEEN_IN[view], told.join(", "));
}

function figure(label, count, state, address, detail) {
  const inside = [
    h("span", { class: "label" }, label),
    h("span", { class: "count" }, number(count)),
    detail ? h("span", { class: "hint" }, detail) : null,
  ];
  const attributes = { class: `figure ${count ? state : "none"}` };
  return address ? h("a", { ...attributes, href: address }, inside) : h("div", attributes, inside);
}

function notCalled(circuits) {
  const told = circuits.flatMap(({ circuit, reason, since, nextProbeAt }) => [
    h("p", {}, circuitName(circuit), " ", h("span", { class: "hint" }, "begun ", time(since), ", tried again ", nextTry(nextProbeAt))),
    h("p", { class: "reason" }, reason),
    whatToDo(advice("pending", `Buildium is not called for now: ${reason}`)),
  ]);
  return told.length ? [card("Calls that are not made", told)] : [];
}

// Nobody has needed a call since its time came.
const nextTry = (at) => (new Date(at) > new Date() ? time(at) : "by the next call");

function circuitName(circuit) {
  const [kind, resource] = circuit.split(" ");
  return resource ? `${kind === "GET" ? "Reading" : "Writing"} ${resource}` : "All calls of Buildium";
}

function oldest(pending, signal) {
  if (!pending) return card("Waiting for longest", h("p", {}, "Nothing waits."));
  const link = entityLink(pending);
  nameLink(link, pending, signal);
  const { syncStatus, errorMessage } = pending;
  return card(
    "Waiting for longest",
    h("p", {}, link, " ", badge(syncStatus), " ", h("span", { class: "hint" }, `for ${duration(pending.ageSeconds)}`)),
    errorMessage ? h("p", { class: "reason" }, errorMessage) : null,
    errorMessage ? whatToDo(advice(syncStatus, errorMessage)) : null,
    h("p", { class: "hint" }, h("a", { href: "#syncs?status=pending" }, "All that wait")),
  );
}

function webhooks({ consecutive, lastAt }) {
  if (!consecutive) return card("Webhooks", h("p", {}, "None refused since the last that was taken."));
  const told = `${counted(consecutive, "request")} refused in a row. After 20, Buildium stops sending them.`;
  const help = "See that the webhook's key in Buildium is the secret that the service was given. Its log has the reason of each.";
  return card("Webhooks", h("p", {}, told, " ", h("span", { class: "hint" }, "The last ", time(lastAt))), whatToDo(help));
}

function imported({ status, types, pausedReason, startedAt }) {
  if (status === "not_started") return card("Import", h("p", {}, "None was begun."));
  const rows = Object.values(types);
  const sum = (name) => rows.reduce((total, each) => total + each[name], 0);
  return card(
    "Import",
    h("p", {}, badge(status), " ", `${number(sum("done"))} of ${number(sum("total"))} done`),
    status === "running" ? h("progress", { value: sum("done"), max: Math.max(sum("total"), 1), "aria-label": "Import" }) : null,
    terms([["Failed", number(sum("failed"))], ["To review", number(sum("needsReview"))]]),
    h("p", { class: "hint" }, pausedReason ?? ["Begun ", time(startedAt)]),
  );
}

function use({ limit, now, day }) {
  const share = Math.round(now.share * 100);
  return card(
    "Use of Buildium's limit",
    h("p", {}, `Now ${share} % of ${number(limit)} calls a second: ${counted(now.calls, "call")} in the last ${duration(now.seconds)}.`),
    h("meter", { value: now.share, min: 0, max: 1, high: 0.9, "aria-label": "Use of the limit now" }, `${share} %`),
    dayChart(day, limit),
  );
}

function entities(found) {
  const states = Object.keys(Object.values(found)[0]);
  const rows = Object.entries(found).map(([type, counts]) => [words(type), ...states.map((state) => cell(counts[state]))]);
  return table("Entities by type and state", ["Type", ...states.map(stateName)], rows);
}

const cell = (count) => h("span", { class: count ? "" : "zero" }, number(count));
