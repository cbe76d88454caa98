// What a payment would be: to whom, what it costs, and what stands against it.

import { html } from "../html.js";
import { place } from "../router.js";
import { friends, settings, view } from "../state.js";
import { t } from "../words.js";
import { Amount, money } from "./money.js";
import { Notice } from "./notice.js";

const nameOf = (key) => friends.value?.find((one) => one.key === key)?.name ?? t("friend.somebody");

// To whom, and how sure that is: `name` is what the person typed, `called` what others chose, which stands in quotes.
export function Seller({ invoice, name, called }) {
  const known = invoice.seller_name || name;
  const shown = known || (called && `\u201c${called}\u201d`) || t("pay.somebody");
  return html`
    <div class="row apart">
      <span class="grow">
        <span class="soft small">${t("pay.to")}</span><br />
        <strong>${shown}</strong>
        ${!known && html` <code>${invoice.seller.slice(0, 8)}</code>`}
      </span>
      <span class="soft small">${t(invoice.is_checked ? "pay.checked" : "pay.not-checked")}</span>
    </div>
  `;
}

// An invoice says with how many decimals it counts: another number than ours would be read wrong.
export function Decimals({ invoice }) {
  const ours = view(invoice.currency).decimals;
  if (invoice.decimals === null || invoice.decimals === ours) return null;
  const words = { currency: invoice.currency, theirs: invoice.decimals, ours, raw: invoice.amount };
  return html`<${Notice} tone="warn" role="alert"><p>${t("pay.decimals", words)}</p><//>`;
}

export const Costs = ({ quote }) => {
  const { invoice } = quote;
  const over = quote.over.map(nameOf).join(", ");
  return html`
    <dl class="facts">
      <dt>${t("pay.amount")}</dt>
      <dd><${Amount} value=${invoice.amount} currency=${invoice.currency} /></dd>
      <dt>${over ? t("pay.fees-over", { over }) : t("pay.fees")}</dt>
      <dd><${Amount} value=${quote.fees} currency=${invoice.currency} /></dd>
      <dt class="total">${t("pay.total")}</dt>
      <dd class="total"><${Amount} value=${quote.total} currency=${invoice.currency} /></dd>
    </dl>
  `;
};

export function Earlier({ ids }) {
  return html`
    <${Notice} tone="warn" icon="held" role="alert">
      <p><strong>${t("pay.earlier")}</strong> ${t("pay.earlier-text")}</p>
      <div><a class="button quiet" href=${place("pay", ids[0])}>${t("pay.earlier-see")}</a></div>
    <//>
  `;
}

// The way costs more than is allowed without asking.
export const Dear = ({ quote }) =>
  quote.asks_again &&
  html`<${Notice} tone="warn"><p>${t("pay.dear", {
    fees: money(quote.fees, quote.invoice.currency), percent: settings.value?.fees_percent ?? 3,
  })}</p><//>`;
