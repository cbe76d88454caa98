// All that is held: for which payment, at which stage, and with which friend.

import { html } from "../html.js";
import { isZero } from "../amounts.js";
import { Amount } from "../parts/money.js";
import { Empty, Notice } from "../parts/notice.js";
import { Bones, Screen } from "../parts/screen.js";
import { State } from "../parts/states.js";
import { place } from "../router.js";
import { held, purchases, sales } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";

const Purchase = ({ purchase }) => html`
  <a class="item" href=${place("pay", purchase.id)}>
    <span class="grow">
      <span class="name">${t("held.to", { name: purchase.invoice.seller_name || purchase.name || t("pay.somebody") })}</span>
      <span class="more row"><${State} shape="held">${t(`held.${purchase.stage}`)}<//>${t("held.since", { time: moment(purchase.made) })}</span>
    </span>
    <span class="end"><${Amount} value=${purchase.invoice.amount} currency=${purchase.invoice.currency} /></span>
  </a>
`;

const Sale = ({ sale }) => html`
  <a class="item" href=${place("get-paid", sale.id)}>
    <span class="grow">
      <span class="name">${sale.note || t("held.for-you")}</span>
      <span class="more row"><${State} shape="held">${t(`sale.${sale.stage}`)}<//>${t("held.since", { time: moment(sale.made) })}</span>
    </span>
    <span class="end"><${Amount} value=${sale.amount} currency=${sale.currency} /></span>
  </a>
`;

const Lines = ({ lines, title, text }) =>
  lines.length > 0 &&
  html`
    <section class="stack tight">
      <h2>${title}</h2>
      ${text && html`<p class="soft">${text}</p>`}
      <ul class="list">
        ${lines.map(
          (line) => html`
            <li>
              <a class="item" href=${place("friends", line.friend)}>
                <span class="grow">
                  <span class="name">${line.name}</span>
                  <span class="more"><${State} shape=${line.is_online ? "up" : "down"}>${t(line.is_online ? "friend.open" : "friend.closed")}<//></span>
                </span>
                <span class="end">
                  ${!isZero(line.out) && html`<span class="more">${t("held.by-you")}</span> <${Amount} value=${line.out} currency=${line.currency} />`}
                  ${!isZero(line.coming) && html`<br hidden=${isZero(line.out)} /><span class="more">${t("held.by-them")}</span> <${Amount} value=${line.coming} currency=${line.currency} />`}
                </span>
              </a>
            </li>
          `,
        )}
      </ul>
    </section>
  `;

export default function Held() {
  const now = held.value;
  const all = now && {
    purchases: now.purchases.map((one) => purchases.value[one.id] ?? one),
    sales: now.sales.map((one) => sales.value[one.id] ?? one),
  };
  const some = all && all.purchases.length + all.sales.length > 0;
  return html`
    <${Screen} title=${t("held.title")} back=${place("more")}>
      ${!now
        ? html`<${Bones} />`
        : !some && !now.lines.length
          ? html`<${Empty} icon="held" title=${t("held.nothing")}>${t("held.nothing-text")}<//>`
          : html`
              <div class="stack loose">
                <p class="soft">${t("held.text")}</p>
                ${all.purchases.length > 0 &&
                html`<section class="stack tight"><h2>${t("held.out")}</h2>
                  <ul class="list">${all.purchases.map((one) => html`<li key=${one.id}><${Purchase} purchase=${one} /></li>`)}</ul>
                  <${Notice} tone="warn" icon="held"><p>${t("purchase.held-warn")}</p><//>
                </section>`}
                ${all.sales.length > 0 &&
                html`<section class="stack tight"><h2>${t("held.in")}</h2>
                  <ul class="list">${all.sales.map((one) => html`<li key=${one.id}><${Sale} sale=${one} /></li>`)}</ul></section>`}
                <${Lines} lines=${now.lines} title=${t("held.lines")} text=${t("held.lines-text")} />
                <${Lines} lines=${now.passing_out} title=${t("held.passing")} text=${t("held.passing-text")} />
              </div>
            `}
    <//>
  `;
}
