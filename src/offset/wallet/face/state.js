// What the page knows: filled by questions, kept true by events.

import { batch, computed, signal } from "@preact/signals";
import { at, get, post, key, hooks, remove } from "./api.js";
import { listen } from "./events.js";
import { go } from "./router.js";

// How the page stands with the wallet: "starting", "login", "up", "lost", "closed".
export const line = signal("starting");
export const loginProblem = signal(null);
export const me = signal(null);
export const settings = signal(null);
export const currencies = signal([]);
export const cards = signal(null);
export const cardId = signal(localStorage.getItem("offset-card"));
export const card = computed(() => cards.value?.find((one) => one.id === cardId.value) ?? cards.value?.[0] ?? null);
export const friends = signal(null);
export const held = signal(null);
export const standing = signal(null);
// What was begun of late and waits for somebody: {purchase, sale, request}, each null if there is none.
export const waiting = signal(null);
export const purchases = signal({});
export const sales = signal({});
export const requests = signal({});
// The texts whose owners were asked, by purchase: to ask again without taking the text again.
export const askedTexts = signal({});
// Rises with each row of history, so that lists of it are read anew.
export const historyCount = signal(0);
export const problem = signal(null);
// What was read on one screen and is used on another: {answer, text}.
export const carried = signal(null);

const chosen = signal(localStorage.getItem("offset-currency"));

// The currencies of the card, and the one that is looked at.
export const cardCurrencies = computed(() => (card.value?.sums ?? []).map((sum) => sum.currency));
export const currency = computed(() =>
  cardCurrencies.value.includes(chosen.value) ? chosen.value : (cardCurrencies.value[0] ?? null),
);

export function chooseCurrency(name) {
  localStorage.setItem("offset-currency", name);
  chosen.value = name;
}

export function chooseCard(id) {
  localStorage.setItem("offset-card", id);
  cardId.value = id;
  return loadCard();
}

// How amounts of a currency are shown.
export const view = (name) =>
  currencies.value.find((one) => one.currency === name) ?? { currency: name, decimals: 0, label: name };

const put = (list, value, same) =>
  list?.some(same) ? list.map((one) => (same(one) ? value : one)) : [...(list ?? []), value];

function forgetCard() {
  friends.value = held.value = standing.value = waiting.value = null;
  purchases.value = {};
  sales.value = {};
  requests.value = {};
}

const AGAIN_MS = 1000;
let again = 0;

// Everything that home shows of the card. What is shown stays until the new is there, unless it is another card.
export async function loadCard({ same = false } = {}) {
  const now = card.value;
  clearTimeout(again);
  if (!same || !now || now.state === "closed") forgetCard();
  if (!now || now.state === "closed") return void (problem.value = null);
  let wrong = null;
  // Each by itself: what cannot be told must not hide what can.
  const load = (name, into) => get(at(now.id, name)).then((found) => [into, found], (found) => void (wrong = found));
  const found = await Promise.all([load("friends", friends), load("held", held), findWaiting()]);
  if (card.value?.id !== now.id) return;
  // All at once, so that nothing is moved by what comes after it.
  batch(() => {
    for (const [into, value] of found.filter(Boolean)) into.value = value;
    problem.value = wrong;
  });
  loadStanding();
  // A card that was just opened may answer a moment later than it says so.
  if (wrong && (now.state === "opening" || now.state === "open")) again = setTimeout(loadAgain, AGAIN_MS);
}

async function loadAgain() {
  cards.value = await get("cards").catch(() => cards.value);
  await loadCard({ same: true });
}

const LATELY_MS = 24 * 60 * 60 * 1000;
const LOOKED_AT = 20;

// The newest payment that waits for a yes, and what waits to be paid and was asked for last; older ones are in the history.
async function findWaiting() {
  const now = card.value;
  const newest = (name, waits) =>
    get(`${at(now.id, name)}?limit=${LOOKED_AT}`).then((all) => all.find(waits) ?? null, () => null);
  const lately = (one) => Date.now() - Date.parse(one.made) < LATELY_MS;
  const [purchase, sale, request] = await Promise.all([
    newest("purchases", (one) => (one.stage === "priced" || one.stage === "asking") && lately(one)),
    // What somebody asked for at the address is not waited for.
    newest("sales", (one) => one.stage === "open" && !one.is_asked && lately(one)),
    newest("requests", (one) => one.stage === "open" && one.is_once && !one.is_paid),
  ]);
  return [waiting, { purchase, sale, request }];
}

async function loadWaiting() {
  const now = card.value;
  const [, found] = await findWaiting();
  if (card.value?.id === now.id) waiting.value = found;
}

export async function loadRequest(id) {
  const now = card.value;
  const found = await get(at(now.id, "requests", id));
  if (card.value?.id === now.id) requests.value = { ...requests.value, [id]: found };
}

export async function loadHeld() {
  const now = card.value;
  if (!now) return;
  held.value = await get(at(now.id, "held")).catch(() => held.value);
  await loadWaiting();
}

// The cards with their sums.
async function loadCards() {
  const [who, all, set, shownAs] = await Promise.all([get("me"), get("cards"), get("settings"), get("currencies")]);
  me.value = who;
  settings.value = set;
  currencies.value = shownAs;
  cards.value = all;
  if (!all.some((one) => one.id === cardId.value)) cardId.value = set.main_card ?? all[0]?.id ?? null;
}

export async function loadAll() {
  await loadCards();
  await loadCard({ same: true });
}

export async function loadStanding() {
  const now = card.value;
  if (!now) return;
  const found = await get(at(now.id, "standing")).catch(() => standing.value);
  if (card.value?.id === now.id) standing.value = found;
}

let heldSoon = 0;

// One event of the stream.
export function told(event) {
  const { kind, value } = event;
  if (kind === "resync") {
    if (event.card && event.card !== card.value?.id) return undefined;
    return void (event.card ? loadCard({ same: true }) : loadAll()).catch(() => {});
  }
  if (kind === "settings") settings.value = value ?? settings.value;
  if (kind === "currencies") return void get("currencies").then((all) => (currencies.value = all), () => {});
  if (kind === "card") {
    const before = cards.value?.find((one) => one.id === value.id);
    cards.value = put(cards.value, value, (one) => one.id === value.id);
    if (value.id === card.value?.id && before?.state !== value.state) loadCard({ same: true });
  }
  if (kind === "card-removed") cards.value = (cards.value ?? []).filter((one) => one.id !== event.card);
  if (event.card !== card.value?.id) return undefined;
  if (kind === "friend" && value) friends.value = put(friends.value, value, (one) => one.key === value.key);
  if (kind === "friend" && !value) friends.value = (friends.value ?? []).filter((one) => one.key !== event.key);
  if (kind === "standing") loadStanding();
  if (kind === "purchase") purchases.value = { ...purchases.value, [value.id]: value };
  if (kind === "sale") sales.value = { ...sales.value, [value.id]: value };
  // Only what is shown is read anew.
  const changed = kind === "request" ? event.key : kind === "sale" ? value.request : null;
  if (changed && requests.value[changed]) loadRequest(changed).catch(() => {});
  if (kind === "history") historyCount.value += 1;
  if (kind === "purchase" || kind === "sale" || kind === "request" || kind === "friend") {
    clearTimeout(heldSoon);
    heldSoon = setTimeout(loadHeld, 150);
  }
  return undefined;
}

let listener = null;

async function begin() {
  await loadCards();
  // The sum is there, and the place of all else.
  line.value = "up";
  await loadCard({ same: true });
  listener?.end();
  listener = listen({ told, line: (state) => (state === "closed" ? loggedOut() : (line.value = state)) });
}

function loggedOut() {
  listener?.end();
  key.drop();
  line.value = "closed";
  cards.value = null;
  forgetCard();
}

hooks.loggedOut = () => line.value === "up" && loggedOut();

// With the secret of a login link, or the ten characters that were typed.
export async function logIn(secret) {
  loginProblem.value = null;
  try {
    key.set(await post("session", { login: secret.trim() }));
    await begin();
  } catch (found) {
    loginProblem.value = found;
    line.value = "login";
  }
}

export async function logOut() {
  await remove("session").catch(() => {});
  loggedOut();
}

// At the start: a login link, or the key of before, or the question for one.
export async function start() {
  const link = /^#login=([\w-]+)$/.exec(location.hash);
  if (link) {
    go("./#/", { replace: true });
    return logIn(link[1]);
  }
  if (!key.get()) return void (line.value = "login");
  try {
    return await begin();
  } catch (found) {
    return void (line.value = found.status === 401 ? "closed" : "login");
  }
}

// A login link may come while the page is open.
addEventListener("hashchange", () => location.hash.startsWith("#login=") && start());
