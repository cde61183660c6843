/** Client of the API in the stage that served the page. The API key stays in the browser and travels in a header only. */

const STORAGE_KEY = "apiKey";
const MAX_READ_ATTEMPTS = 4;
const MAX_RETRY_AFTER_SECONDS = 10;
const MAX_PARALLEL = 4;
const POLL_INTERVAL_MS = 700;
const POLL_TIMEOUT_MS = 60_000;
const BUSY_STATUSES = new Set([429, 503]);

/** A request that failed. The message is written for the operator; status 0 means no response. `errors` are of fields. */
export class ApiError extends Error {
  constructor(message, status, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** The API key, for all tabs of this console until the operator signs out. */
export const key = {
  /** Call back when another tab signs in or out. */
  onChange: (changed) => addEventListener("storage", (event) => (event.key === STORAGE_KEY || event.key === null) && changed()),
  read: () => localStorage.getItem(STORAGE_KEY),
  keep: (value) => localStorage.setItem(STORAGE_KEY, value),
  forget: () => localStorage.removeItem(STORAGE_KEY),
};

/**
 * Return a path of names and ids, which a link can choose. A browser follows `.` and `..`, also encoded ones, to another
 * path, and nothing has such a name.
 */
export function pathOf(...segments) {
  if (segments.some((segment) => segment === "." || segment === "..")) throw new ApiError("The address is not valid.", 404);
  return segments.map((segment) => encodeURIComponent(segment)).join("/");
}

/** Return a path with its query. Parameters without a value are left out. */
export function pathWithQuery(path, query = {}) {
  const parameters = Object.entries(query).filter(([, value]) => value != null && value !== "");
  return parameters.length ? `${path}?${new URLSearchParams(parameters)}` : path;
}

/** GET a JSON body. Retries while the service is busy. */
export async function read(path, query, signal) {
  for (let attemptsLeft = MAX_READ_ATTEMPTS; ; attemptsLeft -= 1) {
    const response = await send("GET", pathWithQuery(path, query), undefined, signal);
    if (!BUSY_STATUSES.has(response.status) || attemptsLeft <= 1) return parseBody(response);
    const retryAfterSeconds = Number(response.headers.get("Retry-After")) || 1;
    await sleep(1000 * Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS), signal);
  }
}

/** POST a JSON body. Sent once: the operator decides whether to try again. */
export async function write(path, body, signal) {
  return parseBody(await send("POST", path, JSON.stringify(body), signal));
}

/** GET a JSON body and its ETag. */
export async function readVersion(path, signal) {
  const response = await send("GET", path, undefined, signal);
  return { body: await parseBody(response), etag: response.headers.get("ETag") };
}

/** PUT changes unless the entity has another version by now. Returns at once, without the result of the sync. */
export async function update(path, body, etag, signal) {
  return parseBody(await send("PUT", path, JSON.stringify(body), signal, { "if-match": etag, prefer: "respond-async" }));
}

/** Wait for some time. With a signal, rejects when the operator leaves the view. */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Poll a path until `isDone(body)`, and return the body; after a minute return the latest one. */
export async function pollUntil(path, query, isDone, signal, onBody = () => {}) {
  const deadline = Date.now() + POLL_TIMEOUT_MS;
  for (;;) {
    const body = await read(path, query, signal);
    onBody(body);
    if (isDone(body) || Date.now() > deadline) return body;
    await sleep(POLL_INTERVAL_MS, signal);
  }
}

/** Run an action for each item, a few at a time. */
export async function forEachParallel(items, action) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length) await action(queue.shift());
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL }, worker));
}

async function send(method, path, body, signal, more = {}) {
  const headers = { "x-api-key": key.read() ?? "", ...(body === undefined ? {} : { "content-type": "application/json" }), ...more };
  try {
    return await fetch(path, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new ApiError("The service cannot be reached. Check your connection, then try again.", 0);
  }
}

async function parseBody(response) {
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  // With an `errorCode`, the key is valid and lacks a permission.
  if (response.status === 403 && !problem.errorCode) dispatchEvent(new Event("keyrejected"));
  throw new ApiError(errorText(response.status, problem), response.status, problem.errors);
}

function errorText(status, problem) {
  if (status === 403) return problem.errorCode ? problem.detail : "The API key was not accepted.";
  if (status === 429) return "Too many requests with this API key. Wait a moment, then try again.";
  if (status === 503) return "The service is busy. Wait a moment, then try again.";
  if (status === 504) return "The request timed out. It may have succeeded: check before you try again.";
  if (status >= 500) {
    const log = problem.requestId ? ` The log has the details under request ID ${problem.requestId}.` : "";
    return `The service returned an error (${status}). Try again in a moment.${log}`;
  }
  return problem.detail ?? `The request was rejected (${status}).`;
}
