// One payment that one makes: its stages, the commit to hand over, stopping it, and how it ended.

import { useEffect, useState } from "preact/hooks";
import { at, get, post } from "../api.js";
import { html } from "../html.js";
import { confirmed } from "../parts/confirm.js";
import { Act } from "../parts/fields.js";
import { Giver, save } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Amount, money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { Steps } from "../parts/steps.js";
import { WhyNot } from "../parts/why.js";
import { go, place } from "../router.js";
import { card, purchases } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";
import { Seller } from "./pay.js";

const ORDER = { priced: 0, sending: 1, held: 2, delivered: 3, done: 4 };
const LIVE = new Set(["sending", "held", "delivered", "stopping", "not-known"]);

function HandOver({ purchase }) {
  const path = at(card.value.id, "purchases", purchase.id, "commit");
  const { data, problem } = useAsked(() => get(path), [purchase.id, purchase.has_commit]);
  return html`
    <section class="sheet stack" aria-labelledby="hand-over">
      <h2 id="hand-over">${t("purchase.hand-over", { name: whom(purchase) })}</h2>
      <p>${t("purchase.hand-over-text")}</p>
      <${Trouble} problem=${problem} />
      ${data ? html`<${Giver} text=${data.text} file=${data.file} name="payment.commit" label=${t("purchase.commit-code")} />` : html`<${Bones} lines=${1} height=${300} />`}
    </section>
  `;
}

const whom = (purchase) => purchase.invoice.seller_name || purchase.name || t("pay.somebody");

function Progress({ purchase }) {
  const name = whom(purchase);
  const steps = [
    ["yes", t("purchase.step-yes")],
    ["sending", t("purchase.step-sending"), t("purchase.step-sending-more")],
    ["held", t("purchase.step-held", { name }), t("purchase.step-held-more", { name })],
    ["delivered", t("purchase.step-delivered", { name }), t("purchase.step-delivered-more")],
    ["done", t("purchase.step-done")],
  ];
  return html`<${Steps} steps=${steps} now=${ORDER[purchase.stage]} waits=${purchase.stage === "held"} />`;
}

const Frozen = ({ purchase }) =>
  purchase.held.length > 0 &&
  html`
    <p class="soft">
      ${t("purchase.frozen", {
        over: purchase.held.map((one) => `${one.name} (${money(one.amount, purchase.invoice.currency)})`).join(", "),
      })}
    </p>
  `;

function Paid({ purchase }) {
  const { amount, currency } = purchase.invoice;
  const path = at(card.value.id, "purchases", purchase.id, "receipt");
  const receipt = async () => save("payment.receipt", (await get(path)).file);
  return html`
    <div class="paid">
      <${Icon} name="done" />
      <span class="word">${t("purchase.paid")}</span>
      <span class="amount">${money(amount, currency)}</span>
      <span class="soft">${t("purchase.paid-to", { name: whom(purchase), time: moment(purchase.changed) })}</span>
    </div>
    ${purchase.fees !== null && html`<p class="soft">${t("purchase.fees", { fees: money(purchase.fees, currency) })}</p>`}
    <div class="actions wide">
      <a class="button" href=${place()}>${t("go.home")}</a>
      ${purchase.has_receipt && html`<${Act} class="quiet" icon="save" does=${receipt}>${t("purchase.receipt")}<//>`}
    </div>
  `;
}

export default function Purchase({ parts }) {
  const id = parts[1];
  const { problem, again } = useAsked(async () => {
    const made = await get(at(card.value.id, "purchases", id));
    purchases.value = { ...purchases.value, [made.id]: made };
  }, [id, card.value?.id]);
  const [failure, failed] = useState(null);
  const purchase = purchases.value[id];
  // While it is on its way the wallet is also asked now and then: a line that broke must not leave a wrong stage here.
  useEffect(() => {
    if (!LIVE.has(purchase?.stage)) return undefined;
    const timer = setInterval(again, 5000);
    return () => clearInterval(timer);
  }, [purchase?.stage]);
  if (!purchase)
    return html`<${Screen} title=${t("pay.title")} back=${place()}><${Trouble} problem=${problem} again=${again} />${!problem && html`<${Bones} />`}<//>`;

  const { stage, invoice } = purchase;
  const path = at(card.value.id, "purchases", id);
  const keep = (made) => made && (purchases.value = { ...purchases.value, [made.id]: made });
  async function stop() {
    const text = t(purchase.has_commit ? "purchase.stop-commit" : "purchase.stop-text", { name: whom(purchase) });
    if (await confirmed({ title: t("purchase.stop-title"), text, yes: t("purchase.stop") })) keep(await post(`${path}/stop`));
  }
  // The text is taken again, and its price with its fees is agreed to anew.
  const anew = () => go(place("pay"));
  const pay = async () => keep(await post(`${path}/confirm`, { fees_max: purchase.quote.fees }));
  const amount = html`<div class="sum"><${Amount} value=${invoice.amount} currency=${invoice.currency} /></div>`;
  return html`
    <${Screen} title=${t(`purchase.title-${stage}`)} back=${place()}>
      <div class="stack">
        <p class="hidden" role="status">${t(`purchase.title-${stage}`)}</p>
        ${stage === "done"
          ? html`<${Paid} purchase=${purchase} />`
          : html`<section class="sheet stack">
              <${Seller} invoice=${invoice} name=${purchase.name} />
              ${amount}
              ${(purchase.note || invoice.note) && html`<p class="quote">${purchase.note || invoice.note}</p>`}
            </section>`}
        ${stage === "held" && html`<${HandOver} purchase=${purchase} />
          <${Notice} tone="warn" icon="held"><p>${t("purchase.held-warn")}</p><//>`}
        ${stage in ORDER && stage !== "done" &&
        html`<section class="sheet stack" aria-label=${t("purchase.stages")}>
          <${Progress} purchase=${purchase} /><${Frozen} purchase=${purchase} />
        </section>`}
        ${stage === "priced" && purchase.quote?.fees != null && !purchase.quote.why &&
        html`<div class="actions"><${Act} does=${pay} failed=${failed}>${t("pay.do", { amount: money(purchase.quote.total, invoice.currency) })}<//></div>`}
        ${stage === "priced" && purchase.quote?.why && html`<${WhyNot} why=${purchase.quote.why} invoice=${invoice} again=${again} />`}
        ${stage === "stopping" && html`<${Notice} tone="warn" icon="held"><p>${t("purchase.stopping")}</p><//>`}
        ${stage === "not-known" && html`<${Notice} tone="warn" icon="held" role="alert"><p>${t("purchase.not-known")}</p><//>`}
        ${stage === "failed" && html`<${WhyNot} why=${purchase.why ?? { kind: "other", sentence: "", remedies: [] }} invoice=${invoice}
            title=${t("purchase.not-paid", { amount: money(invoice.amount, invoice.currency) })} again=${anew} doing=${{ "allow-fees": anew }} />`}
        ${stage === "stopped" && html`<${Notice} tone="plain"><p>${t("purchase.stopped")}</p><//>`}
        <${Trouble} problem=${failure} />
        ${(stage === "sending" || stage === "held") &&
        html`<div><${Act} class="quiet" does=${stop} failed=${failed}>${t("purchase.stop")}<//></div>`}
        ${(stage === "failed" || stage === "stopped") && html`<div><a class="button quiet" href=${place()}>${t("go.home")}</a></div>`}
      </div>
    <//>
  `;
}
