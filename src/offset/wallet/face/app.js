// The page: words first, then the screen of the address. What the screen shows was asked for in begin.js.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";
import { Confirm, Toast } from "./parts/confirm.js";
import { Frame } from "./parts/frame.js";
import { Notice } from "./parts/notice.js";
import { Bones, Screen } from "./parts/screen.js";
import { route } from "./router.js";
import { cards, line } from "./state.js";
import { followTheme } from "./theme.js";
import { loadWords, t } from "./words.js";

// Each screen is a module of screens/, loaded when it is first gone to. Places below a place: "friends/add".
const SCREENS = {
  home: () => import("./screens/home.js"),
  pay: () => import("./screens/pay.js"),
  "get-paid": () => import("./screens/get-paid.js"),
  friends: () => import("./screens/friends.js"),
  "friends/add": () => import("./screens/friend-add.js"),
  "friends/:": () => import("./screens/friend.js"),
  "friends/:/limit": () => import("./screens/friend-limit.js"),
  "friends/:/ask": () => import("./screens/friend-ask.js"),
  "pay/:": () => import("./screens/purchase.js"),
  "get-paid/:": () => import("./screens/sale.js"),
  "requests/:": () => import("./screens/request.js"),
  "own-card": () => import("./screens/own-card.js"),
  books: () => import("./screens/books.js"),
  held: () => import("./screens/held.js"),
  history: () => import("./screens/history.js"),
  "history/:": () => import("./screens/receipt.js"),
  more: () => import("./screens/more.js"),
  standing: () => import("./screens/standing.js"),
  cards: () => import("./screens/cards.js"),
  currencies: () => import("./screens/currencies.js"),
  settings: () => import("./screens/settings.js"),
  "programs/add": () => import("./screens/program-add.js"),
};

function loaderOf({ name, parts }) {
  if (parts.length > 2 && SCREENS[`${name}/:/${parts[2]}`]) return SCREENS[`${name}/:/${parts[2]}`];
  if (parts.length > 1) return SCREENS[`${name}/${parts[1]}`] ?? SCREENS[`${name}/:`] ?? SCREENS[name];
  return SCREENS[name];
}

const Waiting = () => html`<${Screen} title="Offset" quietly waiting><${Bones} /><//>`;

const Lost = () => html`
  <${Screen} title=${t("lost.title")}><${Notice} tone="warn"><p>${t("lost.text")}</p><//><//>
`;

// What does not belong to the address that is shown now is never drawn.
function Current() {
  const now = route.value;
  const [shown, show] = useState(null);
  const loader = loaderOf(now);
  useEffect(() => {
    let stale = false;
    loader?.().then((module) => stale || show({ loader, module }));
    return () => {
      stale = true;
    };
  }, [loader]);
  if (!loader) return html`<${Lost} />`;
  if (shown?.loader !== loader) return html`<${Waiting} />`;
  return html`<${shown.module.default} key=${`${now.parts.join("/")}?${now.query}`} parts=${now.parts} query=${now.query} />`;
}

function Door() {
  const [shown, show] = useState(null);
  useEffect(() => void import("./screens/login.js").then(show), []);
  return shown ? html`<${shown.default} />` : null;
}

function App() {
  if (line.value === "starting") return html`<div class="frame"><${Waiting} /></div>`;
  if (line.value === "login" || line.value === "closed") return html`<${Door} />`;
  // A first card has to be made before anything else can be shown.
  const place = cards.value?.length === 0 ? html`<${First} />` : html`<${Current} />`;
  return html`<${Frame}>${place}<//><${Confirm} /><${Toast} />`;
}

function First() {
  const [shown, show] = useState(null);
  useEffect(() => void SCREENS.cards().then(show), []);
  return shown ? html`<${shown.default} parts=${["cards", "add"]} first />` : html`<${Waiting} />`;
}

followTheme();
await loadWords("en");
render(html`<${App} />`, document.getElementById("app"));
