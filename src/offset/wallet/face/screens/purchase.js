// One payment that one makes: its stages, the commit to hand over, stopping it, and how it ended.

import { useEffect, useState } from "preact/hooks";
import { at, get, post, wish } from "../api.js";
import { html } from "../html.js";
import { confirmed } from "../parts/confirm.js";
import { Act } from "../parts/fields.js";
import { copy, Giver, save } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Amount, money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Costs, Dear, Decimals, Earlier, Seller } from "../parts/quote.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { Steps } from "../parts/steps.js";
import { WhyNot } from "../parts/why.js";
import { go, place } from "../router.js";
import { askedTexts, card, purchases } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";

const ORDER = { priced: 0, sending: 1, held: 2, delivered: 3, done: 4 };
const LIVE = new Set(["asking", "sending", "held", "delivered", "stopping", "not-known"]);

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

// The wallet of the seller is asked for the price; while it is closed it is asked again and again.
function Asking({ purchase }) {
  const { why } = purchase;
  const name = whom(purchase);
  return html`
    <section class="sheet stack" aria-label=${t("purchase.stages")}>
      <${Steps} steps=${[["asking", t("purchase.step-asking", { name }), t("purchase.step-asking-more")]]} now=${0} waits=${why !== null} />
    </section>
    ${why && html`<${Notice} tone="warn" icon="wait"><p>${why.sentence}</p>
      ${why.kind === "closed" &&
      html`<div><button type="button" class="quiet" onClick=${() => copy(t("purchase.open-words"))}><${Icon} name="copy" />${t("purchase.tell")}</button></div>`}<//>`}
  `;
}

// The wallets hand it over by themselves; by hand it goes as well, where the line fails.
function Delivery({ purchase }) {
  const { why } = purchase;
  return html`
    ${why && html`<${Notice} tone="warn" icon="wait"><p>${why.sentence}</p><//>`}
    <details open=${why !== null}>
      <summary>${t("purchase.by-hand")}</summary>
      <${HandOver} purchase=${purchase} />
    </details>
  `;
}

// All that speaks for and against it; then one press pays.
function Priced({ purchase, pay, stop, failed, again }) {
  const { quote, invoice } = purchase;
  // It was told without its price.
  useEffect(() => void (quote === null && again()), [quote === null]);
  if (!quote) return html`<${Bones} lines=${3} height=${24} />`;
  if (quote.why || quote.fees === null) return html`<${WhyNot} why=${quote.why} invoice=${invoice} again=${again} nothing=${!quote.earlier.length} />`;
  return html`
    <section class="sheet stack" aria-label=${t("pay.total")}><${Costs} quote=${quote} /></section>
    <${Decimals} invoice=${invoice} />
    ${quote.earlier.length > 0 && html`<${Earlier} ids=${quote.earlier} />`}
    <${Dear} quote=${quote} />
    <div class="actions wide">
      <${Act} class="quiet" does=${stop} failed=${failed}>${t("pay.not-now")}<//>
      <${Act} does=${pay} failed=${failed} disabled=${quote.earlier.length > 0}>${t("pay.do", { amount: money(quote.total, invoice.currency) })}<//>
    </div>
  `;
}

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
  // Nothing is held yet: it ends without a question.
  const drop = async () => keep(await post(`${path}/stop`));
  // The same text again, by a new payment: this one has ended.
  async function askAgain(whenOpen) {
    const to = askedTexts.value[id];
    // After a reload the text is not here any more, and has to be taken again.
    if (!to) return go(place("pay"));
    const { amount, currency } = invoice;
    const wishes = { to, amount, currency, name: purchase.name, when_open: whenOpen };
    const made = await post(at(card.value.id, "purchases"), wishes, wish());
    askedTexts.value = { ...askedTexts.value, [made.id]: wishes.to };
    return go(place("pay", made.id), { replace: true });
  }
  const onceMore = () => askAgain(false).catch(failed);
  // Whoever has an address can be asked for another invoice at once; a request or an invoice has to be made anew by hand.
  const doing = { "try-again": onceMore, "allow-fees": onceMore, ...(purchase.asked === "address" && { "ask-anew": onceMore }) };
  async function stop() {
    const text = t(purchase.has_commit ? "purchase.stop-commit" : "purchase.stop-text", { name: whom(purchase) });
    if (await confirmed({ title: t("purchase.stop-title"), text, yes: t("purchase.stop") })) keep(await post(`${path}/stop`));
  }
  const pay = async () => keep(await post(`${path}/confirm`, { fees_max: purchase.quote.fees }));
  const amount = html`<div class="sum"><${Amount} value=${invoice.amount} currency=${invoice.currency} /></div>`;
  return html`
    <${Screen} title=${t(`purchase.title-${stage}`)} back=${place()}>
      <div class="stack">
        <p class="hidden" role="status">${t(`purchase.title-${stage}`)}</p>
        ${stage === "done"
          ? html`<${Paid} purchase=${purchase} />`
          : html`<section class="sheet stack">
              <${Seller} invoice=${invoice} name=${purchase.asked ? "" : purchase.name} called=${purchase.name} />
              ${amount}
              ${(purchase.note || invoice.note) && html`<p class="quote">${purchase.note || invoice.note}</p>`}
            </section>`}
        ${stage === "asking" && html`<${Asking} purchase=${purchase} />`}
        ${stage === "held" && html`${!purchase.asked && html`<${HandOver} purchase=${purchase} />`}
          <${Notice} tone="warn" icon="held"><p>${t("purchase.held-warn")}</p><//>`}
        ${stage in ORDER && stage !== "done" && stage !== "priced" &&
        html`<section class="sheet stack" aria-label=${t("purchase.stages")}>
          <${Progress} purchase=${purchase} /><${Frozen} purchase=${purchase} />
        </section>`}
        ${stage === "held" && purchase.asked && html`<${Delivery} purchase=${purchase} />`}
        ${stage === "priced" && html`<${Priced} purchase=${purchase} pay=${pay} stop=${drop} failed=${failed} again=${again} />`}
        ${stage === "stopping" && html`<${Notice} tone="warn" icon="held"><p>${t("purchase.stopping")}</p><//>`}
        ${stage === "not-known" && html`<${Notice} tone="warn" icon="held" role="alert"><p>${t("purchase.not-known")}</p><//>`}
        ${stage === "failed" && html`<${WhyNot} why=${purchase.why ?? { kind: "other", sentence: "", remedies: [] }} invoice=${invoice}
            doing=${doing} title=${t("purchase.not-paid", { amount: money(invoice.amount, invoice.currency) })} />`}
        ${stage === "stopped" && html`<${Notice} tone="plain"><p>${t("purchase.stopped")}</p>${purchase.why && html`<p>${purchase.why.sentence}</p>`}<//>`}
        ${stage === "failed" && purchase.why?.kind === "closed" && askedTexts.value[id] &&
        html`<div><${Act} does=${() => askAgain(true)} failed=${failed}>${t("purchase.until-tomorrow")}<//></div>`}
        <${Trouble} problem=${failure} doing=${purchase.asked === "address" ? { "ask-anew": onceMore } : {}} />
        ${stage === "asking" && html`<div><${Act} class="quiet" does=${drop} failed=${failed}>${t("pay.not-now")}<//></div>`}
        ${(stage === "sending" || stage === "held") &&
        html`<div><${Act} class="quiet" does=${stop} failed=${failed}>${t("purchase.stop")}<//></div>`}
        ${(stage === "failed" || stage === "stopped") && html`<div><a class="button quiet" href=${place()}>${t("go.home")}</a></div>`}
      </div>
    <//>
  `;
}
