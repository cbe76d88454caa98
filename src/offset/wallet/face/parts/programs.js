// Programs that may do something without being asked each time: what each may, what is left to it, and the way to end it.

import { useState } from "preact/hooks";
import { get, remove } from "../api.js";
import { html } from "../html.js";
import { place } from "../router.js";
import { cards, view } from "../state.js";
import { moment } from "../times.js";
import { t } from "../words.js";
import { shown } from "../amounts.js";
import { confirmed, say } from "./confirm.js";
import { Act } from "./fields.js";
import { Icon } from "./icons.js";
import { money } from "./money.js";
import { Trouble } from "./notice.js";
import { Bones, useAsked } from "./screen.js";

const nameOf = (id) => cards.value?.find((one) => one.id === id)?.name ?? t("programs.gone-card");

// "see, receive · Garden circle".
const may = (token) =>
  t("programs.may", {
    rights: token.rights.map((right) => t(`programs.does-${right}`)).join(", "),
    cards: token.cards === null ? t("programs.all-cards") : token.cards.map(nameOf).join(", "),
  });

// "left 15.00 of 20.00 FST a week from Garden circle".
function budgetOf(budget) {
  const { decimals } = view(budget.currency);
  const amount = money(budget.amount, budget.currency);
  const values = { amount, card: nameOf(budget.card), period: t(`programs.${budget.period}`) };
  return budget.left === null
    ? t("programs.budget-closed", values)
    : t("programs.budget", { ...values, left: shown(budget.left, decimals) });
}

const times = (token) =>
  [
    token.seen ? t("programs.seen", { time: moment(token.seen) }) : t("programs.not-seen"),
    token.expires && t("programs.until", { time: moment(token.expires) }),
  ]
    .filter(Boolean)
    .join(" \u00b7 ");

export function Programs() {
  const { data, problem, again } = useAsked(() => get("tokens"), []);
  const [failure, failed] = useState(null);
  async function end(token) {
    const sure = { title: t("programs.end-title", { name: token.name }), text: t("programs.end-text"), yes: t("programs.end") };
    if (!(await confirmed(sure))) return;
    await remove(`tokens/${token.id}`);
    say(t("programs.ended", { name: token.name }));
    again();
  }
  return html`
    <section class="stack tight" aria-labelledby="settings-programs">
      <div class="head">
        <h2 id="settings-programs">${t("programs.title")}</h2>
        <a class="button plain" href=${place("programs", "add")}><${Icon} name="add" />${t("programs.add")}</a>
      </div>
      <p class="soft">${t(data?.length === 0 ? "programs.none" : "programs.text")}</p>
      <${Trouble} problem=${problem ?? failure} again=${again} />
      ${!data
        ? !problem && html`<${Bones} lines=${1} />`
        : data.length > 0 &&
          html`<ul class="list">
            ${data.map(
              (token) => html`
                <li key=${token.id}><div class="item">
                  <span class="grow">
                    <span class="name">${token.name}</span>
                    <span class="more">${may(token)}</span>
                    ${token.budgets.map((budget) => html`<span class="more">${budgetOf(budget)}</span>`)}
                    <span class="more">${times(token)}</span>
                  </span>
                  <${Act} class="quiet" does=${() => end(token)} failed=${failed}
                    aria-label=${t("programs.end-label", { name: token.name })}>${t("programs.end")}<//>
                </div></li>
              `,
            )}
          </ul>`}
    </section>
  `;
}
