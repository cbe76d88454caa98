// One row of the history, as a page to print; with its proof, where there is one.

import { at, get } from "../api.js";
import { html } from "../html.js";
import { Act } from "../parts/fields.js";
import { save } from "../parts/giver.js";
import { rowTitle } from "../parts/history-row.js";
import { Icon } from "../parts/icons.js";
import { Amount } from "../parts/money.js";
import { Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { place } from "../router.js";
import { card } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";

// The row, and the payment that it is of.
async function read(id) {
  const { rows } = await get(`${at(card.value.id, "history")}?after=${id + 1}`);
  const row = rows.find((one) => one.id === id);
  if (!row) return { row: null };
  const [kind, of] = row.purchase ? ["purchases", row.purchase] : ["sales", row.sale];
  return { row, kind, payment: of ? await get(at(card.value.id, kind, of)).catch(() => null) : null };
}

function Facts({ row, payment }) {
  const invoice = payment?.invoice;
  const fact = (word, value) => value && html`<dt>${t(`receipt.${word}`)}</dt><dd>${value}</dd>`;
  const long = (word, value) => value && html`<dt class="long">${t(`receipt.${word}`)}</dt><dd class="long"><code class="key">${value}</code></dd>`;
  return html`
    <dl class="facts">
      ${fact("when", moment(row.at))}
      ${fact("who", row.name)}
      ${fact("note", row.note)}
      ${fact("over", row.friend_name)}
      ${invoice && fact("amount", html`<${Amount} value=${invoice.amount} currency=${invoice.currency} />`)}
      ${row.fees !== null && fact(row.cause === "passing" ? "earned" : "fees", html`<${Amount} value=${row.fees} currency=${row.currency} />`)}
      ${fact("balance", html`<${Amount} value=${row.total} currency=${row.currency} signed />`)}
      ${row.friend_name && fact("with", html`<${Amount} value=${row.balance} currency=${row.currency} signed />`)}
      ${long("invoice", invoice?.id ?? row.sale)}
      ${long("seller", invoice?.seller)}
    </dl>
  `;
}

export default function Receipt({ parts }) {
  const id = Number(parts[1]);
  const { data, problem, again } = useAsked(() => read(id), [id, card.value?.id]);
  const back = place("history");
  if (!data)
    return html`<${Screen} title=${t("receipt.title")} back=${back}><${Trouble} problem=${problem} again=${again} />${!problem && html`<${Bones} />`}<//>`;
  const { row, payment } = data;
  if (!row) return html`<${Screen} title=${t("receipt.title")} back=${back}><p>${t("receipt.nothing")}</p><//>`;
  const file = async () => save("payment.receipt", (await get(at(card.value.id, "purchases", row.purchase, "receipt"))).file);
  return html`
    <${Screen} title=${rowTitle(row)} back=${back}>
      <div class="stack receipt">
        <section class="sheet stack">
          <div class="row apart">
            <div class="sum"><${Amount} value=${row.delta} currency=${row.currency} signed /></div>
            <span class="soft">${card.value.name}</span>
          </div>
          <hr />
          <${Facts} row=${row} payment=${payment} />
        </section>
        ${payment?.has_receipt && html`<p class="soft small">${t("receipt.proof")}</p>`}
        <div class="actions wide no-print">
          <button type="button" onClick=${() => print()}><${Icon} name="print" />${t("receipt.print")}</button>
          ${payment?.has_receipt && html`<${Act} class="quiet" icon="save" does=${file}>${t("purchase.receipt")}<//>`}
        </div>
      </div>
    <//>
  `;
}
