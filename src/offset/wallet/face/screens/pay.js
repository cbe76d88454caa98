// Pay: take a text, see what it is and what it would cost, say yes once.

import { useEffect, useState } from "preact/hooks";
import { at, post, wish } from "../api.js";
import { html } from "../html.js";
import { Found } from "../parts/found.js";
import { Act, AmountField, Field, Form, Select, Tick, useAmount } from "../parts/fields.js";
import { Amount, money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Costs, Dear, Decimals, Earlier, Seller } from "../parts/quote.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { Taker } from "../parts/taker.js";
import { WhyNot } from "../parts/why.js";
import { go, place } from "../router.js";
import { askedTexts, card, cardCurrencies, carried, currency, settings } from "../state.js";
import { t } from "../words.js";

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
          <${Dear} quote=${quote} />
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

// Asks the wallet at an address: what comes back is the price, on the screen of the payment.
async function begin(found, wishes, once) {
  const body = { to: found.text, ...wishes };
  const made = await post(at(card.value.id, "purchases"), body, once);
  askedTexts.value = { ...askedTexts.value, [made.id]: found.text };
  go(place("pay", made.id), { replace: true });
}

// Somebody's address, or a request: what it leaves open is chosen here, then its wallet is asked for the price.
function Asked({ found, drop }) {
  const { request } = found.answer;
  const to = request?.to ?? found.answer.address;
  const fixed = request?.amount != null && request.currency !== null;
  const [unit, setUnit] = useState(request?.currency ?? currency.value ?? "");
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const [tell, setTell] = useState(false);
  const [loud, setLoud] = useState(false);
  const [problem, failed] = useState(null);
  const [once] = useState(wish);
  const amount = useAmount(unit);
  const owner = settings.value?.owner ?? "";
  const units = request?.currency ? [request.currency] : cardCurrencies.value;
  async function ask() {
    setLoud(true);
    if (!unit.trim() || (request?.amount == null && !amount.check())) return;
    const chosen = request?.amount == null ? { amount: amount.value } : {};
    // Who one is stays untold unless one wants it to be known.
    const said = { ...(request ? {} : { note: note.trim() }), ...(tell ? { payer: owner } : {}) };
    const wishes = { ...chosen, ...said, currency: unit.trim(), name: name.trim() };
    await begin(found, wishes, once);
  }
  // Nothing is left to choose: the price is asked for at once, and one press pays.
  useEffect(() => {
    if (fixed && !to.is_own) begin(found, {}, once).catch(failed);
  }, []);
  const shown = { seller: to.key, currency: unit, decimals: request?.decimals ?? null, amount: request?.amount, is_checked: false };
  return html`
    <div class="stack">
      <section class="sheet stack" aria-label=${t("pay.what")}>
        <${Seller} invoice=${shown} name=${name.trim()} called=${to.label} />
        ${fixed && html`<div class="sum"><${Amount} value=${request.amount} currency=${unit} /></div>`}
        ${request?.note && html`<p class="quote">${request.note}</p>`}
        ${!to.is_own && html`<p class="soft small">${t("pay.address-means")}</p>`}
        ${fixed && !to.is_own && !problem && html`<${Bones} lines=${3} height=${24} />`}
      </section>
      ${request && html`<${Decimals} invoice=${shown} />`}
      <${Trouble} problem=${problem} />
      ${to.is_own
        ? html`<${Notice} tone="warn"><p>${t("pay.own-address")}</p><//>`
        : (!fixed || problem) &&
          html`<${Form}>
            ${!fixed &&
            html`
              ${units.length
                ? units.length > 1 &&
                  html`<${Select} label=${t("add.currency")} value=${unit} onInput=${setUnit} options=${units.map((one) => [one, one])} />`
                : html`<${Field} label=${t("add.currency")} value=${unit} onInput=${setUnit} maxlength="16"
                    wrong=${loud && !unit.trim() ? t("add.currency-missing") : null} />`}
              ${request?.amount != null
                ? html`<div class="sum"><${Amount} value=${request.amount} currency=${unit} /></div>`
                : html`<${AmountField} amount=${amount} currency=${unit} label=${t("pay.amount")} class="large" />`}
              ${!request &&
              html`<${Field} label=${t("get.note")} hint=${t("pay.note-hint")} value=${note} onInput=${setNote} maxlength="256" />`}
              <${Field} label=${t("pay.name")} hint=${t("pay.name-hint")} value=${name} onInput=${setName} maxlength="64" />
              ${owner && html`<${Tick} checked=${tell} onInput=${setTell}>${t("pay.tell-name", { name: owner })}<//>`}
            `}
            <div class="actions wide">
              <button type="button" class="quiet" onClick=${drop}>${t("pay.not-now")}</button>
              <${Act} type="submit" does=${ask} failed=${failed}>${t("pay.ask")}<//>
            </div>
          <//>`}
      ${to.is_own && html`<div><button type="button" class="plain" onClick=${drop}>${t("pay.other")}</button></div>`}
    </div>
  `;
}

const KINDS = { invoice: Quoted, address: Asked, request: Asked };

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
        : html`<${KINDS[found.answer.kind] ?? Found} found=${found} drop=${drop} />`}
    <//>
  `;
}
