// A row of the history as a line of a list: what happened in words, the change, and the balance after it.

import { html } from "../html.js";
import { isBelow } from "../amounts.js";
import { place } from "../router.js";
import { clock } from "../times.js";
import { t } from "../words.js";
import { Icon } from "./icons.js";
import { Amount, money } from "./money.js";

const ICONS = { paid: "pay", received: "get", passing: "pass", away: "wait", reset: "books", begin: "card" };

// "Paid Bob's bakery", "Paid by Eva", "Passed on over Dana".
export function rowTitle(row) {
  const who = row.name || row.friend_name;
  const key = `row.${row.cause}`;
  return who ? t(`${key}-who`, { name: who }) : t(key);
}

export const HistoryItem = ({ row }) => html`
  <a class="item" href=${place("history", String(row.id))}>
    <span class="row-icon"><${Icon} name=${ICONS[row.cause] ?? "info"} /></span>
    <span class="grow">
      <span class="name">${rowTitle(row)}</span>
      <span class="more">${[clock(row.at), row.note].filter(Boolean).join(" · ")}</span>
    </span>
    <span class="end">
      <${Amount} value=${row.delta} currency=${row.currency} signed toned=${!isBelow(row.delta)} />
      <span class="more">${t("history.after", { amount: money(row.total, row.currency, "always") })}</span>
    </span>
  </a>
`;
