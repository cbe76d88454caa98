// One request: its code, who has paid it, and PAID as soon as the own node has the credits.

import { useEffect, useRef, useState } from "preact/hooks";
import { at, post, wish } from "../api.js";
import { html } from "../html.js";
import { plus } from "../amounts.js";
import { confirmed } from "../parts/confirm.js";
import { Act } from "../parts/fields.js";
import { Giver } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Amount, anyAmount, money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { ring } from "../parts/sound.js";
import { State } from "../parts/states.js";
import { go, place } from "../router.js";
import { card, loadRequest, requests, sales, settings } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";

const SHAPES = { committed: "held", collected: "up", "not-known": "unknown" };
// What may still come.
const COMING = new Set(["committed", "not-known"]);

// What was paid for a request, as far as its newest sales tell.
export const paidFor = (request) => request.sales.filter((sale) => sale.stage === "collected");

const Paid = ({ request }) => {
  const sale = paidFor(request)[0];
  return html`
    <div class="paid">
      <${Icon} name="done" />
      <span class="word">${t("purchase.paid")}</span>
      <span class="amount">${money(sale.amount, sale.currency)}</span>
      <span class="soft">${[request.note, sale.payer && t("request.from", { name: sale.payer }), moment(sale.changed)].filter(Boolean).join(" \u00b7 ")}</span>
    </div>
    <div class="actions wide">
      <a class="button" href=${place("get-paid")}>${t("sale.next")}</a>
      <a class="button quiet" href=${place()}>${t("go.home")}</a>
    </div>
  `;
};

// Each payment of it, newest first; a name is what the payer calls itself.
const Payments = ({ request }) => {
  const all = request.sales.filter((sale) => sale.stage in SHAPES);
  if (!all.length) return null;
  const paid = paidFor(request);
  const sum = money(plus("0", ...paid.map((sale) => sale.amount)), request.currency);
  return html`
    <section class="stack tight" aria-labelledby="request-payments">
      <h2 id="request-payments">${t("request.payments", { n: paid.length, sum })}</h2>
      <ul class="list">
        ${all.map(
          (sale) => html`
            <li key=${sale.id}><div class="item">
              <span class="grow"><span class="name">${sale.payer ? `\u201c${sale.payer}\u201d` : t("pay.somebody")}</span>
                <span class="more row"><${State} shape=${SHAPES[sale.stage]}>${t(`sale.${sale.stage}`)}<//>${moment(sale.changed)}</span>
                ${sale.note && sale.note !== request.note && html`<span class="more">${sale.note}</span>`}</span>
              <span class="end"><${Amount} value=${sale.amount} currency=${sale.currency} /></span>
            </div></li>
          `,
        )}
      </ul>
    </section>
  `;
};

export default function Request({ parts }) {
  const id = parts[1];
  const [failure, failed] = useState(null);
  const [once] = useState(wish);
  const { problem, again } = useAsked(() => loadRequest(id), [id, card.value?.id]);
  const request = requests.value[id];
  const count = request && paidFor(request).length;
  const before = useRef(null);
  useEffect(() => {
    if (before.current !== null && count > before.current && settings.value?.sound) ring();
    before.current = count ?? null;
  }, [count]);
  const waits = request && (request.stage === "open" || request.sales.some((sale) => COMING.has(sale.stage)));
  // Also asked for now and then: a line that broke must not leave a wrong stage here.
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(again, 5000);
    return () => clearInterval(timer);
  }, [waits]);
  if (!request)
    return html`<${Screen} title=${t("get.title")} back=${place("get-paid")}>
      <${Trouble} problem=${problem} again=${again} />${!problem && html`<${Bones} />`}
    <//>`;
  const { stage, amount, currency, note } = request;
  const path = at(card.value.id, "requests", id);
  async function close() {
    const words = request.is_once ? "close" : "close-always";
    if (!(await confirmed({ title: t(`request.${words}-title`), text: t("sale.cancel-text"), yes: t(`request.${words}`) }))) return;
    const closed = await post(`${path}/close`);
    requests.value = { ...requests.value, [id]: closed };
  }
  // For whoever has no line: the same as a code that is answered by another one. One of the two can be paid, not both.
  async function byHand() {
    await post(`${path}/close`);
    const made = await post(at(card.value.id, "sales"), { currency, amount, note }, once);
    sales.value = { ...sales.value, [made.id]: made };
    go(place("get-paid", made.id), { replace: true });
  }
  const coming = request.sales.find((sale) => COMING.has(sale.stage));
  const isPaid = request.is_once && count > 0;
  const state = isPaid ? "paid" : coming && stage === "taken" ? coming.stage : stage;
  return html`
    <${Screen} title=${t(`request.title-${state}`)} back=${place("get-paid")}>
      <div class="stack">
        <p class="hidden" role="status">${t(`request.title-${state}`)}</p>
        ${isPaid
          ? html`<${Paid} request=${request} />`
          : html`<section class="sheet stack" aria-label=${t("get.title")}>
              <div class="row apart">
                <div class="sum">${amount === null ? anyAmount(currency) : html`<${Amount} value=${amount} currency=${currency} />`}</div>
                <${State} shape=${state === "open" ? "trying" : coming ? "held" : "off"}>${t(`request.${state}`)}<//>
              </div>
              ${note && html`<p class="quote">${note}</p>`}
              ${stage === "open" && request.text === null && html`<${Notice} tone="warn"><p>${t("request.no-text")}</p><//>`}
              ${stage === "open" && request.text !== null && html`<${Giver} text=${request.text} name="request.png" label=${t("request.code")} />
                <p class="soft small">${t(request.is_once ? "request.once-means" : "request.always-means")}</p>`}
              ${state === "committed" && html`<p>${t("sale.committed-text")}</p>`}
              ${state === "not-known" && html`<p>${t("sale.not-known-text")}</p>`}
              ${state === "taken" && html`<p>${t("request.taken-text")}</p>`}
              ${state === "closed" && html`<p>${t("sale.canceled-text")}</p>`}
              ${state === "expired" && html`<p>${t("request.expired-text")}</p>`}
            </section>`}
        ${!request.is_once && html`<${Payments} request=${request} />`}
        <${Trouble} problem=${failure} />
        ${stage === "open" &&
        html`<div class="actions">
          <${Act} class="quiet" does=${close} failed=${failed}>${t(request.is_once ? "request.close" : "request.close-always")}<//>
        </div>
        ${amount !== null &&
        html`<details><summary>${t("request.by-hand")}</summary>
          <p class="soft">${t("request.by-hand-text")}</p>
          <${Act} class="quiet" does=${byHand} failed=${failed}>${t("request.do-by-hand")}<//></details>`}`}
      </div>
    <//>
  `;
}
