/** Labels of statuses, and what the operator can do about a sync that is not done. */
import { h } from "./dom.js";
import { stoppingCondition } from "./status-banners.js";

const STATUS_LABELS = {
  pending: "Pending",
  syncing: "Syncing",
  synced: "Synced",
  failed: "Failed",
  blocked: "Blocked",
  needs_review: "Needs review",
  deleted: "Deleted",
  received: "Received",
  published: "Published",
  processed: "Processed",
  ignored: "Ignored",
  not_started: "Not started",
  waiting: "Waiting",
  running: "Running",
  done: "Done",
  done_with_errors: "Done with errors",
  lease_expired: "Lease expired",
  working: "Working",
  failing: "Failing",
  paused: "Paused",
  delivered: "Delivered",
  retrying: "Retrying",
  "dead-lettered": "Dead-lettered",
};

const WRONG_ADDRESS = "The service calls a wrong address. Correct BUILDIUM_BASE_URL. Sync then resumes automatically.";
const WRONG_KEY = "Check the Buildium API key. Sync resumes automatically once the key works.";
const NO_PERMISSION = "The Buildium API key lacks a permission. Grant it in Buildium. Sync then resumes automatically.";
const OUTAGE = "Wait: sync resumes automatically once Buildium works again.";

/** Advice by sync status and `errorCode`; `default` applies to every other code. */
const ADVICE = {
  failed: {
    rejected: "Correct the entity in the client application, which syncs it again. Or fix the cause in Buildium, then retry.",
    internal: "Find the cause in the log of the sync function and fix it. Then retry.",
    default: "All attempts failed. Check that Buildium works, then retry.",
  },
  blocked: {
    out_of_scope: "This service does not sync the property. Add its id to BUILDIUM_PROPERTY_IDS, or remove the reference in the client application.",
    dependency: "It syncs automatically once the other entity is in Buildium. Check that entity first.",
    default: "Add what is missing in the client application, which syncs the entity again. If a setting is missing, set it, then retry.",
  },
  needs_review: { default: "Choose the right Buildium entity under Reviews." },
  deleted: { default: "Create the entity again if you still need it." },
  pending: {
    wrong_base_url: WRONG_ADDRESS,
    credentials: WRONG_KEY,
    permission: NO_PERMISSION,
    paused: OUTAGE,
    default: "Wait: it is retried automatically. Or retry now.",
  },
  syncing: { default: "Wait until the attempt has finished." },
};

/** Why a sync with a status is not retried. */
const NOT_RETRIED = {
  pending: "It is pending already.",
  syncing: "An attempt is running.",
  synced: "The entity is in sync with Buildium.",
  deleted: "The entity is deleted.",
};

/** Return the label of a status of a sync, an event or a job. */
export const statusLabel = (status) => STATUS_LABELS[status] ?? status;

/** Make a badge with the label of a status. */
export const badge = (status) => h("span", { class: `badge ${status}` }, statusLabel(status));

/** Return what the operator can do about a sync. */
export function syncAdvice({ syncStatus, errorCode, entityType }) {
  const advice = ADVICE[syncStatus];
  return stopOf({ syncStatus, entityType })?.action ?? advice?.[errorCode] ?? advice?.default ?? "No action needed.";
}

/** Return why the API did not retry a sync. */
export function notRetriedReason(sync) {
  const stop = stopOf(sync);
  return stop ? `${stop.title}.` : (NOT_RETRIED[sync.syncStatus] ?? "Its status has changed.");
}

/** Return the condition that keeps a sync pending, undefined without one. */
const stopOf = ({ syncStatus, entityType }) => (syncStatus === "pending" ? stoppingCondition(entityType) : undefined);

/** Return what the operator can do about an open circuit breaker; `status` is the HTTP status that opened it. */
export function circuitAdvice({ status }) {
  return { 301: WRONG_ADDRESS, 308: WRONG_ADDRESS, 401: WRONG_KEY, 403: NO_PERMISSION }[status] ?? OUTAGE;
}
