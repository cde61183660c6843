/** The API of the stage that served the page. The key stays in the tab, and travels in a header only. */

const STORED = "apiKey";
const TRIES = 4;
const AT_ONCE = 4;
const PAUSE = 700;
const PATIENCE = 60_000;
const BUSY = new Set([429, 503]);

/** A request that did not succeed; the message is for a person. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export const key = {
  read: () => sessionStorage.getItem(STORED),
  keep: (value) => sessionStorage.setItem(STORED, value),
  forget: () => sessionStorage.removeItem(STORED),
};

/** Return a path with its query; a parameter without a value is left out. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** Read something. What is busy is asked again after a moment. */
export async function read(path, query, signal) {
  for (let left = TRIES; ; left -= 1) {
    const answer = await send("GET", address(path, query), undefined, signal);
    if (!BUSY.has(answer.status) || left <= 1) return content(answer);
    await pause(1000 * Math.min(Number(answer.headers.get("Retry-After")) || 1, 10), signal);
  }
}

/** Have something done. It is sent once: a person decides whether to try again. */
export async function write(path, body, signal) {
  return content(await send("POST", path, JSON.stringify(body), signal));
}

/** Wait; rejects when the view is left. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", leave, { once: true });
  });
}

/** Read until it is as wanted, and return it; after a minute as it stands then. */
export async function readUntil(path, query, wanted, signal, onSeen = () => {}) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const seen = await read(path, query, signal);
    onSeen(seen);
    if (wanted(seen) || Date.now() > until) return seen;
    await pause(PAUSE, signal);
  }
}

/** Do something for each of many, a few at once. */
export async function forEach(items, action) {
  const left = [...items];
  const worker = async () => {
    while (left.length) await action(left.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function send(method, path, body, signal) {
  const headers = { "x-api-key": key.read() ?? "", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  try {
    return await fetch(path, { method, headers, body, signal, cache: "no-store", credentials: "omit" });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Refused("The service cannot be reached. Check your connection, then try again.", 0);
  }
}

async function content(answer) {
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 403) dispatchEvent(new Event("keyrefused"));
  throw new Refused(inWords(answer.status, told), answer.status);
}

function inWords(status, told) {
  if (status === 403) return "This key was not accepted.";
  if (status === 429) return "Too many requests were made with this key. Wait a moment, then try again.";
  if (status === 503) return "Too much is going on at once. Wait a moment, then try again.";
  if (status === 504) return "The answer took too long. It may have been done all the same: look before you try again.";
  if (status >= 500) {
    const id = told.requestId ? ` The log has the reason under the request id ${told.requestId}.` : "";
    return `The service failed to answer (${status}). Try again in a moment.${id}`;
  }
  return told.detail ?? `The request was refused (${status}).`;
}
