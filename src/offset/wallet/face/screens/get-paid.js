// Get paid: how much, what for; then it is a code. What can be taken in is said before anything is asked for.

import { useState } from "preact/hooks";
import { at, get, post, wish } from "../api.js";
import { html } from "../html.js";
import { isMore } from "../amounts.js";
import { Act, AmountField, Field, Form, useAmount } from "../parts/fields.js";
import { Icon } from "../parts/icons.js";
import { Amount, money } from "../parts/money.js";
import { Empty, Notice, Trouble } from "../parts/notice.js";
import { Screen, useAsked } from "../parts/screen.js";
import { State } from "../parts/states.js";
import { go, place } from "../router.js";
import { card, currency, friends, sales } from "../state.js";
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

function Open() {
  const { data } = useAsked(() => get(at(card.value.id, "sales")), [card.value?.id]);
  const all = (data?.sales ?? data ?? []).map((sale) => sales.value[sale.id] ?? sale);
  const some = all.filter((sale) => ["open", "committed", "not-known"].includes(sale.stage));
  if (!some.length) return null;
  return html`
    <section class="stack tight" aria-labelledby="open-sales">
      <h2 id="open-sales">${t("get.open")}</h2>
      <ul class="list">
        ${some.map(
          (sale) => html`
            <li key=${sale.id}>
              <a class="item" href=${place("get-paid", sale.id)}>
                <span class="grow"><span class="name">${sale.note || t("get.no-note")}</span>
                  <span class="more row"><${State} shape=${SHAPES[sale.stage]}>${t(`sale.${sale.stage}`)}<//>${moment(sale.made)}</span></span>
                <span class="end"><${Amount} value=${sale.amount} currency=${sale.currency} /></span>
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
  const [problem, failed] = useState(null);
  const [once] = useState(wish);
  const amount = useAmount(currency.value, "");
  const most = canTake();
  const over = amount.value && isMore(amount.value, most);
  async function ask() {
    if (!amount.check()) return;
    const made = await post(at(card.value.id, "sales"), { currency: currency.value, amount: amount.value, note: note.trim() }, once);
    sales.value = { ...sales.value, [made.id]: made };
    go(place("get-paid", made.id), { replace: true });
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
          <${AmountField} amount=${amount} currency=${currency.value} label=${t("get.amount")} class="large"
            hint=${friends.value ? t("get.most", { amount: money(most, currency.value) }) : "\u00a0"} />
          ${over && html`<${Notice} tone="warn"><p>${t("get.over", { amount: money(most, currency.value) })}</p><//>`}
          <${Field} label=${t("get.note")} hint=${t("get.note-hint")} value=${note} onInput=${setNote} maxlength="256" />
          <${Trouble} problem=${problem} />
          <div class="actions wide"><${Act} type="submit" does=${ask} failed=${failed} icon="qr">${t("get.do")}<//></div>
        <//>
        <${Open} />
      </div>
    <//>
  `;
}
