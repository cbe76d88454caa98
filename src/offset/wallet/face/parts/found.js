// Something was read that is no invoice: what it is, and where it is of use.

import { useState } from "preact/hooks";
import { at, post } from "../api.js";
import { html } from "../html.js";
import { go, place } from "../router.js";
import { card, carried } from "../state.js";
import { t } from "../words.js";
import { Act } from "./fields.js";
import { Amount } from "./money.js";
import { Notice, Trouble } from "./notice.js";

// Which of the doings of the wallet leads where, with the text in hand.
const LEADS = {
  "add-friend": () => place("friends", "add"),
  "add-relay": () => place("standing"),
  "add-server": () => place("standing"),
  "add-card": () => place("cards", "add"),
};

const Verdict = ({ good }) =>
  html`<${Notice} tone=${good ? "good" : good === false ? "bad" : "plain"}>
    <p>${t(good ? "found.good" : good === false ? "found.bad" : "found.unknown")}</p>
  <//>`;

export function Found({ found, drop }) {
  const { answer, text } = found;
  const [problem, failed] = useState(null);
  const part = answer.commit ?? answer.receipt;
  async function collect() {
    await post(at(card.value.id, "sales", answer.commit.invoice, "commit"), { commit: text });
    go(place("get-paid", answer.commit.invoice), { replace: true });
  }
  function lead(doing) {
    carried.value = found;
    go(LEADS[doing]());
  }
  return html`
    <section class="sheet stack">
      <p class="soft">${t(`found.${answer.kind}`)}</p>
      ${part && html`<div class="sum"><${Amount} value=${part.amount} currency=${part.currency} /></div>`}
      <p>${answer.hint}</p>
      ${answer.receipt && html`<${Verdict} good=${answer.receipt.is_good} />`}
      <${Trouble} problem=${problem} />
      <div class="actions wide">
        <button type="button" class="quiet" onClick=${drop}>${t("pay.other")}</button>
        ${answer.can.includes("collect") && html`<${Act} does=${collect} failed=${failed}>${t("found.collect")}<//>`}
        ${answer.can
          .filter((doing) => LEADS[doing])
          .map((doing) => html`<button type="button" onClick=${() => lead(doing)}>${t(`found.do-${doing}`)}</button>`)}
      </div>
    </section>
  `;
}
