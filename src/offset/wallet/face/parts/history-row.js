// A row of the history as a line of a list: what happened in words, the change, and the balance after it.

import { html } from "../html.js";
import { isBelow, shown } from "../amounts.js";
import { place } from "../router.js";
import { view } from "../state.js";
import { clock } from "../times.js";
import { t } from "../words.js";
import { Icon } from "./icons.js";
import { Amount } from "./money.js";

const ICONS = { paid: "pay", received: "get", passing: "pass", away: "wait", reset: "books", begin: "card", removed: "not" };

// What happens with one friend, not over one.
const WITH = new Set(["away", "reset", "begin", "removed"]);

// "Paid Bob's bakery", "Got paid", "Books settled with Dana".
export function rowTitle(row) {
  const who = row.name || (WITH.has(row.cause) && row.friend_name);
  return who ? t(`row.${row.cause}-who`, { name: who }) : t(`row.${row.cause}`);
}

const over = (row) => !WITH.has(row.cause) && row.friend_name && t("row.over", { name: row.friend_name });

export const HistoryItem = ({ row }) => html`
  <a class="item" href=${place("history", String(row.id))}>
    <span class="row-icon"><${Icon} name=${ICONS[row.cause] ?? "info"} /></span>
    <span class="grow">
      <span class="name">${rowTitle(row)}</span>
      <span class="more">${[clock(row.at), row.note, over(row)].filter(Boolean).join(" · ")}</span>
    </span>
    <span class="end">
      <${Amount} value=${row.delta} currency=${row.currency} signed toned=${!isBelow(row.delta)} />
      <span class="more">${t("history.after", { amount: shown(row.total, view(row.currency).decimals, "always") })}</span>
    </span>
  </a>
`;
