// Talks with the wallet: one key in a header, problems as RFC 9457 has them, confirmations, repeated safely.

const BASE = new URL("api/v1/", document.baseURI).pathname;
const KEY = "offset-key";
const SESSION = "offset-session";
const KIND = "urn:offset:problem:";

export const hooks = {
  // Asks the person: (problem) => Promise<boolean>; set by parts/confirm.js.
  confirm: async () => false,
  // Told when the key is no longer good.
  loggedOut: () => {},
};

export class Problem extends Error {
  constructor(fields) {
    super(fields.detail ?? fields.title ?? "");
    this.fields = fields;
    this.kind = String(fields.type ?? "").replace(KIND, "");
    this.status = fields.status ?? 0;
  }
}

// The key of this page, and the session that it is of.
export const key = {
  get: () => localStorage.getItem(KEY),
  session: () => localStorage.getItem(SESSION) ?? "",
  set: (made) => {
    localStorage.setItem(KEY, made.key);
    localStorage.setItem(SESSION, made.session);
  },
  drop: () => {
    localStorage.removeItem(KEY);
    localStorage.removeItem(SESSION);
  },
};

// An idempotency key: made once for one wish of a person, so that a second try is not a second payment.
export const wish = () => crypto.randomUUID();

async function problemOf(answer) {
  try {
    return new Problem(await answer.json());
  } catch {
    return new Problem({ type: `${KIND}ours`, status: answer.status, title: answer.statusText });
  }
}

// After a line was lost somebody else may listen on the port: nothing more is sent before who answers has shown our key.
let inDoubt = false;

export function doubt() {
  inDoubt = true;
}

async function makeSure() {
  const ours = await isOurs();
  if (ours === false) {
    hooks.loggedOut();
    throw new Problem({ type: `${KIND}no-key`, status: 401 });
  }
  if (ours === null) throw new Problem({ type: `${KIND}no-answer`, status: 0 });
  inDoubt = false;
}

async function send(method, path, { body, idempotency, code, accept } = {}) {
  if (inDoubt && key.get()) await makeSure();
  const headers = { Accept: accept ?? "application/json" };
  if (key.get()) headers["X-Offset-Key"] = key.get();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (idempotency) headers["Idempotency-Key"] = idempotency;
  if (code) headers["X-Offset-Confirm"] = code;
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    doubt();
    throw new Problem({ type: `${KIND}no-answer`, status: 0 });
  }
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (problem.kind === "no-key" || answer.status === 401) hooks.loggedOut();
  throw problem;
}

// A person said no to what the wallet asked back.
export class Declined extends Error {}

// Ask and get the answer; where the wallet wants a second yes (428) the person is asked.
export async function ask(method, path, options = {}) {
  try {
    return await send(method, path, options);
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.kind !== "confirm") throw problem;
    if (!(await hooks.confirm(problem))) throw new Declined();
    return send(method, path, { ...options, code: problem.fields.code });
  }
}

async function json(method, path, options) {
  const answer = await ask(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path) => json("GET", path);
export const post = (path, body = {}, idempotency = wish()) => json("POST", path, { body, idempotency });
export const put = (path, body) => json("PUT", path, { body });
export const patch = (path, body) => json("PATCH", path, { body });
export const remove = (path) => json("DELETE", path);
export const blob = async (path, options) =>
  (await ask(options?.body ? "POST" : "GET", path, { accept: "*/*", ...options })).blob();

// The path of something of a card.
export const at = (card, ...parts) => ["cards", card, ...parts].map(encodeURIComponent).join("/");

// Whether who answers holds our key: HMAC-SHA-256(key, nonce). A foreign server on the port cannot know it, so the
// key itself is not sent here. True, false, or null when nobody answers.
export async function isOurs() {
  const nonce = toBase64url(crypto.getRandomValues(new Uint8Array(24)));
  const query = new URLSearchParams({ session: key.session(), nonce });
  const answer = await fetch(`${BASE}health?${query}`).catch(() => null);
  if (!answer) return null;
  const { proof } = await answer.json().catch(() => ({}));
  const text = new TextEncoder();
  const hash = { name: "HMAC", hash: "SHA-256" };
  const made = await crypto.subtle.importKey("raw", text.encode(key.get() ?? "-"), hash, false, ["sign"]);
  return proof === toBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", made, text.encode(nonce))));
}

function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The stream of events; `last` is the id after which it goes on.
export const stream = (last, abort) =>
  fetch(`${BASE}events`, {
    headers: {
      Accept: "text/event-stream",
      "X-Offset-Key": key.get() ?? "",
      ...(last ? { "Last-Event-ID": last } : {}),
    },
    signal: abort,
  });
