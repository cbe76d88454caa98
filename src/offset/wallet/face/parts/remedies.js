// The buttons that help: what the wallet says helps, as something that one can press.

import { html } from "../html.js";
import { at, post } from "../api.js";
import { go, place } from "../router.js";
import { card, friends } from "../state.js";
import { t } from "../words.js";
import { copy } from "./giver.js";
import { money } from "./money.js";

const nameOf = (key) => friends.value?.find((one) => one.key === key)?.name ?? t("friend.somebody");

// Where each leads, or what it does; those with no entry are done by waiting.
const DOES = {
  "open-card": () => post(at(card.value.id, "open")),
  "add-server": () => go(place("standing")),
  "add-relay": () => go(place("standing")),
  "add-friend": () => go(place("friends", "add")),
  "open-currency": ({ friend, currency }) => go(place("friends", friend, { currency: currency ?? "" })),
  "enable-friend": ({ friend }) => go(place("friends", friend)),
  "settle-books": ({ friend }) => go(place("books", friend)),
  "look-at-held": () => go(place("held")),
  // Only whoever is to be paid can make one: the words for that.
  "ask-anew": () => copy(t("remedy.ask-anew-words")),
  "ask-friend": ({ friend, amount, currency }) =>
    go(place("friends", friend, "ask", { amount: amount ?? "", currency: currency ?? "" })),
};

// Whoever waits, for one friend or for several, may look again at any time: by one button.
function waitedFor(remedies) {
  const ahead = remedies.map((remedy) => (remedy.action === "wait" ? { ...remedy, action: "try-again" } : remedy));
  const first = ahead.findIndex((remedy) => remedy.action === "try-again");
  return ahead.filter((remedy, number) => remedy.action !== "try-again" || number === first);
}

// `doing` has what the screen itself can do: {"pay-less": (remedy) => …}. `again` tries the same anew.
export function Remedies({ remedies, doing = {}, again, first = "quiet" }) {
  const acts = { ...DOES, ...(again ? { "try-again": again } : {}), ...doing };
  const usable = (again ? waitedFor(remedies) : remedies).filter((remedy) => acts[remedy.action]);
  if (!usable.length) return null;
  const words = (remedy) =>
    t(`remedy.${remedy.action}`, {
      name: remedy.friend ? nameOf(remedy.friend) : "",
      amount: remedy.amount ? money(remedy.amount, remedy.currency) : "",
      currency: remedy.currency ?? "",
    });
  return html`
    <div class="actions wide">
      ${usable.map(
        (remedy, place_) => html`
          <button type="button" class=${place_ ? "quiet" : first} onClick=${() => acts[remedy.action](remedy)}>
            ${words(remedy)}
          </button>
        `,
      )}
    </div>
  `;
}
