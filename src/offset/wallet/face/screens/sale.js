// One payment that one asks for: the code, the buyer's answer, and PAID as soon as the own node has the credits.

import { useEffect, useRef, useState } from "preact/hooks";
import { at, get, post } from "../api.js";
import { html } from "../html.js";
import { confirmed } from "../parts/confirm.js";
import { Act } from "../parts/fields.js";
import { Giver } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Amount, money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { Remedies } from "../parts/remedies.js";
import { State } from "../parts/states.js";
import { Taker } from "../parts/taker.js";
import { ring } from "../parts/sound.js";
import { place } from "../router.js";
import { card, sales, settings } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";

const WAITS = new Set(["opening", "open", "committed", "canceling"]);

const Paid = ({ sale }) => html`
  <div class="paid">
    <${Icon} name="done" />
    <span class="word">${t("purchase.paid")}</span>
    <span class="amount">${money(sale.amount, sale.currency)}</span>
    <span class="soft">${sale.note ? `${sale.note} · ` : ""}${moment(sale.changed)}</span>
  </div>
  <div class="actions wide">
    <a class="button" href=${place("get-paid")}>${t("sale.next")}</a>
    <a class="button quiet" href=${place()}>${t("go.home")}</a>
  </div>
`;

function Answer({ sale, keep }) {
  const [problem, failed] = useState(null);
  async function taken({ answer, text }) {
    failed(null);
    if (answer.kind !== "commit") return failed({ kind: "not-commit" });
    try {
      return keep(await post(at(card.value.id, "sales", sale.id, "commit"), { commit: text }));
    } catch (found) {
      return failed(found);
    }
  }
  return html`
    <section class="sheet stack" aria-labelledby="answer">
      <h2 id="answer">${t("sale.answer")}</h2>
      <p class="soft">${t("sale.answer-text")}</p>
      <${Taker} label=${t("sale.take")} hint=${t("take.hint")} accept=".commit,application/json,text/plain" taken=${taken} />
      <${Trouble} problem=${problem} />
    </section>
  `;
}

export default function Sale({ parts }) {
  const id = parts[1];
  const [failure, failed] = useState(null);
  const { problem, again } = useAsked(async () => {
    const made = await get(at(card.value.id, "sales", id));
    sales.value = { ...sales.value, [made.id]: made };
  }, [id, card.value?.id]);
  const sale = sales.value[id];
  const before = useRef(null);
  useEffect(() => {
    if (sale?.stage === "collected" && before.current && before.current !== "collected" && settings.value?.sound) ring();
    before.current = sale?.stage ?? null;
    if (!WAITS.has(sale?.stage)) return undefined;
    const timer = setInterval(again, 5000);
    return () => clearInterval(timer);
  }, [sale?.stage]);
  if (!sale)
    return html`<${Screen} title=${t("get.title")} back=${place("get-paid")}>
      <${Trouble} problem=${problem} again=${again} />${!problem && html`<${Bones} />`}
    <//>`;
  const keep = (made) => made && (sales.value = { ...sales.value, [made.id]: made });
  async function cancel() {
    if (await confirmed({ title: t("sale.cancel-title"), text: t("sale.cancel-text"), yes: t("sale.cancel") }))
      keep(await post(at(card.value.id, "sales", id, "cancel")));
  }
  const { stage } = sale;
  return html`
    <${Screen} title=${t(`sale.title-${stage}`)} back=${place("get-paid")}>
      <div class="stack">
        <p class="hidden" role="status">${t(`sale.title-${stage}`)}</p>
        ${stage === "collected" && html`<${Paid} sale=${sale} />`}
        ${stage !== "collected" &&
        html`<section class="sheet stack" aria-label=${t("get.title")}>
          <div class="row apart">
            <div class="sum"><${Amount} value=${sale.amount} currency=${sale.currency} /></div>
            <${State} shape=${stage === "open" ? "trying" : stage === "canceled" ? "off" : "held"}>${t(`sale.${stage}`)}<//>
          </div>
          ${sale.note && html`<p class="quote">${sale.note}</p>`}
          ${stage === "open" && html`<${Giver} text=${sale.text} file=${sale.file} name="payment.invoice" label=${t("sale.code", { amount: money(sale.amount, sale.currency) })} />`}
          ${stage === "committed" && html`<p>${t("sale.committed-text")}</p>`}
          ${stage === "canceled" && html`<p>${t("sale.canceled-text")}</p>`}
          ${stage === "not-known" && html`<p>${t("sale.not-known-text")}</p>`}
          ${sale.why && html`<${Notice} tone="warn"><p>${sale.why.sentence}</p>
            <${Remedies} remedies=${sale.why.remedies} doing=${{ "ask-anew": null }} /><//>`}
        </section>`}
        ${stage === "open" && html`<${Answer} sale=${sale} keep=${keep} />`}
        <${Trouble} problem=${failure} />
        ${stage === "open" && html`<div><${Act} class="quiet" does=${cancel} failed=${failed}>${t("sale.cancel")}<//></div>`}
      </div>
    <//>
  `;
}
