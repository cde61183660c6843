/** Formats values for the page. */
import { h } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");
const AMOUNT = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const RELATIVE_TIME = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const ABSOLUTE_TIME = new Intl.DateTimeFormat("en", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});
const CLOCK_TIME = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const ZONE = new Intl.DateTimeFormat("en", { timeZoneName: "short" });
const UNIT_SECONDS = [["day", 86_400], ["hour", 3600], ["minute", 60]];

export const EMPTY_VALUE = "–";

/** Turn an identifier such as `bank-account` or `postalCode` into words. */
export function humanize(identifier) {
  const spaced = identifier.replace(/([a-z0-9])([A-Z])|([a-z])(?=[0-9])/g, "$1$3 $2").replace(/[-_]/g, " ").toLowerCase();
  const sentence = spaced.charAt(0).toUpperCase() + spaced.slice(1);
  return sentence.replace(/\bid(s?)\b/gi, "ID$1");
}

/** Format the value of a field. */
export function formatValue(value) {
  if (value === null || value === undefined || value === "" || value.length === 0) return EMPTY_VALUE;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const formatNumber = (value) => NUMBER.format(value);

/** Format an amount of money, without a currency. */
export const formatAmount = (value) => (typeof value === "number" ? AMOUNT.format(value) : EMPTY_VALUE);

/** Format a calendar day such as `2026-01-31`. */
export const formatDate = (day) => (day ? DAY.format(new Date(`${day}T00:00:00Z`)) : EMPTY_VALUE);

/** Format a count with its noun, for example `2 calls`. */
export const pluralize = (count, singular, plural = `${singular}s`) => `${formatNumber(count)} ${count === 1 ? singular : plural}`;

/** Format a length of time. */
export function formatDuration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Format the time of day. */
export const formatClock = (date) => CLOCK_TIME.format(date);

/** Return the short name of the browser's time zone at a time. */
export const zoneName = (date = new Date()) => ZONE.formatToParts(date).find(({ type }) => type === "timeZoneName").value;

/** Format a time in UTC with milliseconds. */
export const formatUtc = (date) => date.toISOString().replace("T", " ").replace("Z", " UTC");

/** Make a time element from an ISO 8601 time: relative to now, or in full with its zone. The tooltip has it in UTC. */
export function time(at, { full = false } = {}) {
  if (!at) return "never";
  const date = new Date(at);
  return h("time", { datetime: at, title: formatUtc(date) }, full ? ABSOLUTE_TIME.format(date) : formatRelative(date));
}

function formatRelative(date) {
  const seconds = (date - Date.now()) / 1000;
  for (const [unit, length] of UNIT_SECONDS) {
    if (Math.abs(seconds) >= length) return RELATIVE_TIME.format(Math.round(seconds / length), unit);
  }
  return RELATIVE_TIME.format(Math.round(seconds), "second");
}
