/** The header's stack and host, and a banner for each condition of the system. They refresh on every view. */
import { key, read } from "./api.js";
import { h, isolated } from "./dom.js";
import { pluralType } from "./entity-client.js";
import { time } from "./format.js";

const PATH = "api/buildium/status";
const REFRESH_MS = 15_000;
const TITLES = {
  sync_off: "Sync is off",
  outbound_paused: "Outbound sync is paused",
  inbound_paused: "Inbound sync is paused",
  buildium_outage: "Buildium does not respond",
  key_rejected: "Buildium rejects the API key",
  permission_missing: "A permission in Buildium is missing",
  webhooks_rejected: "Webhooks are rejected",
  subscription_suspended: "The webhook subscription is probably suspended",
  import_running: "An import is running",
};
/** The conditions that keep changes pending; first those that only an operator ends. */
const STOPS_SYNCS = ["sync_off", "outbound_paused", "key_rejected", "permission_missing", "buildium_outage"];
const system = document.getElementById("system");
const banners = document.getElementById("conditions");
let shown = "";
let latest;
let conditions = [];
let readAt;

/** Read the status now, for example after a pause. */
export async function refreshStatus() {
  if (!key.read()) {
    clear();
    return;
  }
  const current = read(PATH);
  latest = current;
  try {
    const status = await current;
    // An earlier response may come later.
    if (current === latest) show(status);
  } catch {
    // The view shows why the service cannot be reached.
    if (current === latest) showAsOld();
  }
}

/** Return the latest status. */
export async function systemStatus() {
  return latest;
}

/** Wait until `stoppingCondition` knows the latest conditions. It is no error that they cannot be read. */
export async function conditionsKnown() {
  await latest?.catch(() => {});
}

/** Return the condition that keeps the syncs of a type pending: its `title` and `action`. Undefined without one. */
export function stoppingCondition(entityType) {
  const isForAll = (each) => each.entityType === null && each.code !== "permission_missing";
  const [found] = STOPS_SYNCS.flatMap((code) => conditions.filter((each) => each.code === code && (isForAll(each) || each.entityType === entityType)));
  return found && { title: titleOf(found), action: found.action };
}

/** Refresh the status until the page is closed. A hidden page does not. */
export function watchStatus() {
  setInterval(() => document.hidden || refreshStatus(), REFRESH_MS);
}

function clear() {
  shown = "";
  conditions = [];
  system.replaceChildren();
  banners.replaceChildren();
}

/** Say that the shown status may be old. */
function showAsOld() {
  if (!readAt || banners.querySelector(".old")) return;
  shown = "";
  const text = ["The stack's status could not be read since ", time(readAt, { full: true }), ". What is shown here may be out of date."];
  banners.prepend(h("p", { class: "banner warning old" }, text));
}

function show(status) {
  conditions = status.conditions;
  readAt = new Date().toISOString();
  const mark = status.isProduction ? h("strong", { class: "badge production" }, "Production") : null;
  system.replaceChildren(...[mark, ` ${status.stack} · ${status.buildiumHost} · ${status.version}`].filter(Boolean));
  // An unchanged banner stays, so that a screen reader does not repeat it and the focus is kept.
  const current = JSON.stringify(status.conditions);
  if (current === shown) return;
  shown = current;
  banners.replaceChildren(...status.conditions.map(banner));
}

function titleOf({ code, entityType }) {
  return `${TITLES[code] ?? code}${entityType ? ` (${pluralType(entityType)})` : ""}`;
}

function banner(condition) {
  const { severity, since, consequence, action, link } = condition;
  return h(
    "p",
    { class: `banner ${severity}` },
    h("strong", {}, titleOf(condition)),
    // Only settings have no time: a deployment turns the sync off, and starts a stack that only observes.
    " since ",
    since ? time(since, { full: true }) : "the deployment that set it",
    ". ",
    isolated(consequence),
    " ",
    h("a", { href: link }, action),
  );
}
