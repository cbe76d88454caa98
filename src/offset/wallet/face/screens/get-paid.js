// Get paid: how much, what for; then it is a code. What can be taken in is said before anything is asked for.
// With a line the wallets do the rest between them; a card without an address makes an invoice, which is answered by hand.

import { useState } from "preact/hooks";
import { at, get, post, wish } from "../api.js";
import { html } from "../html.js";
import { isMore } from "../amounts.js";
import { Act, AmountField, Field, Form, Tick, useAmount } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";
import { Amount, anyAmount, money } from "../parts/money.js";
import { Empty, Notice, sentenceOf, Trouble } from "../parts/notice.js";
import { OwnAddress } from "../parts/own-address.js";
import { Screen, useAsked } from "../parts/screen.js";
import { State } from "../parts/states.js";
import { go, place } from "../router.js";
import { card, currency, friends, requests, sales } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";

// What all friends together can still pay over to this card; the way beyond them may carry less.
const canTake = () =>
  (friends.value ?? [])
    .filter((one) => one.is_online)
    .flatMap((one) => one.currencies)
    .filter((line) => line.currency === currency.value)
    .reduce((sum, line) => sum + BigInt(line.can_take), 0n)
    .toString();

const SHAPES = { open: "trying", committed: "held", collected: "up", canceling: "trying", canceled: "off" };

// What is waited for: requests, and invoices that were made by hand.
function Open() {
  const { data } = useAsked(
    async () => Promise.all([get(at(card.value.id, "requests")).catch(() => []), get(at(card.value.id, "sales"))]),
    [card.value?.id],
  );
  const [asked, made] = data ?? [[], []];
  const some = [
    ...asked.filter((one) => one.stage === "open").map((one) => ({ ...one, where: place("requests", one.id), word: t(`request.${one.is_once ? "open" : "always"}`) })),
    ...made
      .map((one) => sales.value[one.id] ?? one)
      .filter((one) => ["open", "committed", "not-known"].includes(one.stage) && !one.is_asked && !one.request)
      .map((one) => ({ ...one, where: place("get-paid", one.id), word: t(`sale.${one.stage}`) })),
  ];
  if (!some.length) return null;
  return html`
    <section class="stack tight" aria-labelledby="open-sales">
      <h2 id="open-sales">${t("get.open")}</h2>
      <ul class="list">
        ${some.map(
          (one) => html`
            <li key=${one.id}>
              <a class="item" href=${one.where}>
                <span class="grow"><span class="name">${one.note || t("get.no-note")}</span>
                  <span class="more row"><${State} shape=${SHAPES[one.stage]}>${one.word}<//>${one.made && moment(one.made)}</span></span>
                <span class="end">${one.amount === null
                  ? html`<span class="more">${anyAmount(one.currency)}</span>`
                  : html`<${Amount} value=${one.amount} currency=${one.currency} />`}</span>
              </a>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

export default function GetPaid() {
  const [note, setNote] = useState("");
  const [always, setAlways] = useState(false);
  const [problem, failed] = useState(null);
  const [once] = useState(wish);
  const amount = useAmount(currency.value, "");
  const most = canTake();
  const over = amount.value && isMore(amount.value, most);
  // Without a relay nobody can call: then it is a code that the payer answers by another one.
  const [changed, change] = useState(null);
  const { data, problem: closed } = useAsked(() => get(at(card.value.id, "address")), [card.value?.id]);
  const address = changed ?? data;
  const hint = friends.value
    ? [t("get.most", { amount: money(most, currency.value) }), address && t("get.amount-open")].filter(Boolean).join(" ")
    : "\u00a0";
  async function ask() {
    // Pressed before it is known whether there is an address.
    const there = address ?? (closed ? null : await get(at(card.value.id, "address")).catch(() => null));
    if ((!there || amount.text) && !amount.check()) return undefined;
    const wishes = { currency: currency.value, note: note.trim(), ...(amount.value ? { amount: amount.value } : {}) };
    if (!there) {
      const made = await post(at(card.value.id, "sales"), wishes, once);
      sales.value = { ...sales.value, [made.id]: made };
      return go(place("get-paid", made.id), { replace: true });
    }
    const made = await post(at(card.value.id, "requests"), { ...wishes, is_once: !always }, once);
    requests.value = { ...requests.value, [made.id]: made };
    return go(place("requests", made.id), { replace: true });
  }
  if (friends.value && !currency.value)
    return html`<${Screen} title=${t("get.title")} back=${place()}>
      <${Empty} icon="friends" title=${t("get.no-currency")}
        actions=${html`<a class="button" href=${place("friends", "add")}><${Icon} name="add" />${t("friends.add")}</a>`}>
        ${t("get.no-currency-text")}
      <//>
    <//>`;
  return html`
    <${Screen} title=${t("get.title")} back=${place()}>
      <div class="stack loose">
        <${Form}>
          <${AmountField} amount=${amount} currency=${currency.value} label=${t("get.amount")} class="large" hint=${hint} />
          ${over && html`<${Notice} tone="warn"><p>${t("get.over", { amount: money(most, currency.value) })}</p><//>`}
          <${Field} label=${t("get.note")} hint=${t("get.note-hint")} value=${note} onInput=${setNote} maxlength="256" />
          ${address && html`<${Tick} checked=${always} onInput=${setAlways}>${t("get.always")}<//>`}
          ${closed && html`<p class="soft small">${sentenceOf(closed)} ${t("get.by-hand")}</p>`}
          <${Trouble} problem=${problem} />
          <div class="actions wide"><${Act} type="submit" does=${ask} failed=${failed} icon="qr">${t("get.do")}<//></div>
        <//>
        <${Open} />
        ${address && html`<${OwnAddress} address=${address} changed=${change} />`}
      </div>
    <//>
  `;
}
