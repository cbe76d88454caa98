// Pay: take a text, see what it is and what it would cost, say yes once.

import { useEffect, useState } from "preact/hooks";
import { at, post, wish } from "../api.js";
import { html } from "../html.js";
import { Found } from "../parts/found.js";
import { Act, Field, Form } from "../parts/fields.js";
import { Amount, money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { Taker } from "../parts/taker.js";
import { WhyNot } from "../parts/why.js";
import { go, place } from "../router.js";
import { card, carried, friends, settings, view } from "../state.js";
import { t } from "../words.js";

const nameOf = (key) => friends.value?.find((one) => one.key === key)?.name ?? t("friend.somebody");

// To whom, and how sure that is: a name that others chose stands in quotes.
export function Seller({ invoice, name }) {
  const known = invoice.seller_name || name;
  return html`
    <div class="row apart">
      <span class="grow">
        <span class="soft small">${t("pay.to")}</span><br />
        <strong>${known || t("pay.somebody")}</strong>
        ${!known && html` <code>${invoice.seller.slice(0, 8)}</code>`}
      </span>
      <span class="soft small">${t(invoice.is_checked ? "pay.checked" : "pay.not-checked")}</span>
    </div>
  `;
}

// An invoice says with how many decimals it counts: another number than ours would be read wrong.
function Decimals({ invoice }) {
  const ours = view(invoice.currency).decimals;
  if (invoice.decimals === null || invoice.decimals === ours) return null;
  const words = { currency: invoice.currency, theirs: invoice.decimals, ours, raw: invoice.amount };
  return html`<${Notice} tone="warn" role="alert"><p>${t("pay.decimals", words)}</p><//>`;
}

const Costs = ({ quote }) => {
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

function Earlier({ ids }) {
  return html`
    <${Notice} tone="warn" icon="held" role="alert">
      <p><strong>${t("pay.earlier")}</strong> ${t("pay.earlier-text")}</p>
      <div><a class="button quiet" href=${place("pay", ids[0])}>${t("pay.earlier-see")}</a></div>
    <//>
  `;
}

function Quoted({ found, drop }) {
  const [name, setName] = useState("");
  const [problem, failed] = useState(null);
  // One wish for one yes: pressing twice, or again after a lost line, is the same payment.
  const [once] = useState(wish);
  const [sure] = useState(wish);
  const path = at(card.value.id, "quote");
  const { data: quote, problem: unquoted, again } = useAsked(() => post(path, { to: found.text }), [found.text]);
  const { invoice } = found.answer;

  async function pay() {
    const made = await post(at(card.value.id, "purchases"), { to: found.text, name: name.trim() }, once);
    await post(at(card.value.id, "purchases", made.id, "confirm"), { fees_max: quote.fees }, sure);
    go(place("pay", made.id), { replace: true });
  }

  const can = quote && quote.fees !== null && !quote.why;
  return html`
    <div class="stack">
      <section class="sheet stack" aria-label=${t("pay.what")}>
        <${Seller} invoice=${invoice} name=${name.trim()} />
        <div class="sum"><${Amount} value=${invoice.amount} currency=${invoice.currency} /></div>
        ${invoice.note && html`<p class="quote">${invoice.note}</p>`}
        ${!invoice.is_checked && !invoice.seller_name && html`<p class="soft small">${t("pay.not-checked-means")}</p>`}
        ${can && html`<${Costs} quote=${quote} />`}
        ${!quote && !unquoted && html`<${Bones} lines=${3} height=${24} />`}
      </section>
      <${Decimals} invoice=${invoice} />
      ${invoice.is_own && html`<${Notice} tone="warn"><p>${t("pay.own")}</p><//>`}
      ${quote?.earlier.length > 0 && html`<${Earlier} ids=${quote.earlier} />`}
      ${quote && !can && html`<${WhyNot} why=${quote.why} invoice=${invoice} again=${again} nothing=${!quote.earlier.length} />`}
      <${Trouble} problem=${unquoted ?? problem} again=${again} />
      ${can &&
      html`
        <${Form}>
          ${!invoice.seller_name &&
          html`<${Field} label=${t("pay.name")} hint=${t("pay.name-hint")} value=${name} onInput=${setName} maxlength="64" />`}
          ${quote.asks_again && html`<${Notice} tone="warn"><p>${t("pay.dear", {
            fees: money(quote.fees, invoice.currency), percent: settings.value?.fees_percent ?? 3,
          })}</p><//>`}
          <div class="actions wide">
            <button type="button" class="quiet" onClick=${drop}>${t("pay.not-now")}</button>
            <${Act} type="submit" does=${pay} failed=${failed} disabled=${quote.earlier.length > 0}>
              ${t("pay.do", { amount: money(quote.total, invoice.currency) })}
            <//>
          </div>
          ${quote.most !== null &&
          html`<p class="soft small">${t("pay.most", { amount: money(quote.most, invoice.currency) })}</p>`}
        <//>
      `}
      ${!can && html`<div><button type="button" class="plain" onClick=${drop}>${t("pay.other")}</button></div>`}
    </div>
  `;
}

export default function Pay({ query }) {
  const [found, set] = useState(carried.value);
  useEffect(() => {
    carried.value = null;
  }, []);
  const drop = () => set(null);
  return html`
    <${Screen} title=${t("pay.title")} back=${place()}>
      ${!found
        ? html`<div class="stack">
            <p class="soft">${t("pay.text")}</p>
            <${Taker} label=${t("pay.take")} hint=${t("take.hint")} start=${query.get("text") ?? ""} taken=${set}
              accept=".invoice,.commit,.receipt,.friend,.ticket,application/json,text/plain" />
          </div>`
        : found.answer.kind === "invoice"
          ? html`<${Quoted} found=${found} drop=${drop} />`
          : html`<${Found} found=${found} drop=${drop} />`}
    <//>
  `;
}
