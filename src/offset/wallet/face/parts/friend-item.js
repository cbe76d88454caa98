// A friend as a line of a list: who, how it stands, and what is owed.

import { html } from "../html.js";
import { place } from "../router.js";
import { t } from "../words.js";
import { Amount, money, side } from "./money.js";
import { FriendState } from "./states.js";

export function FriendItem({ friend, currency }) {
  const own = friend.currencies.find((one) => one.currency === currency);
  return html`
    <a class="item" href=${friend.books ? place("books", friend.key) : place("friends", friend.key)}>
      <span class="grow">
        <span class="name">${friend.name}</span>
        <span class="more row">
          <${FriendState} friend=${friend} />
          ${own && html`<span>${t("friend.may-owe-short", { amount: money(own.may_owe, currency) })}</span>`}
        </span>
      </span>
      <span class="end">
        ${own
          ? html`<${Amount} value=${own.balance} currency=${currency} signed toned unit=${false} />
              <span class="more">${side(own.balance)}</span>`
          : html`<span class="more">${friend.books ? "" : t("friend.no-currency", { currency: currency ?? "" })}</span>`}
      </span>
    </a>
  `;
}
