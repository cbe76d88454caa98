// Why a payment cannot be, or was not: the sentence, what stopped it, and buttons that help.

import { html } from "../html.js";
import { at, get } from "../api.js";
import { isMore, minus } from "../amounts.js";
import { place } from "../router.js";
import { card } from "../state.js";
import { t } from "../words.js";
import { copy } from "./giver.js";
import { Amount, money } from "./money.js";
import { Notice } from "./notice.js";
import { Remedies } from "./remedies.js";
import { Bones, useAsked } from "./screen.js";
import { State } from "./states.js";

// What each friend lets through now: the person sees where it is narrow.
function Lines({ invoice }) {
  const query = new URLSearchParams({ to: invoice.seller, currency: invoice.currency });
  const { data } = useAsked(() => get(`${at(card.value.id, "capacity")}?${query}`), [invoice.id]);
  if (!data) return html`<${Bones} lines=${2} height=${28} />`;
  if (!data.own_lines.length) return null;
  return html`
    <section class="stack tight" aria-labelledby="why-lines">
      <h2 id="why-lines">${t("why.lines")}</h2>
      <ul class="list">
        ${data.own_lines.map(
          (line) => html`
            <li><a class="item" href=${place("friends", line.friend)}>
              <span class="grow"><span class="name">${line.name}</span>
                <${State} shape=${line.is_online ? "up" : "down"}>${t(line.is_online ? "friend.open" : "friend.closed")}<//></span>
              <span class=${line.is_online ? "" : "soft"}>
                ${line.can_send === null ? t("why.not-told") : html`<${Amount} value=${line.can_send} currency=${invoice.currency} />`}
              </span>
            </a></li>
          `,
        )}
      </ul>
    </section>
  `;
}

const OF_LINES = new Set(["own-lines", "all-closed", "beyond", "no-currency"]);

export function WhyNot({ why, invoice, again, title, nothing = true, doing = {} }) {
  if (!why) return null;
  const short = why.most && isMore(invoice.amount, why.most) ? why.most : null;
  const words = short && t("why.pay-less-words", { amount: money(short, invoice.currency) });
  const acts = {
    "pay-less": () => copy(words),
    "ask-anew": () => copy(t("why.ask-anew-words", { amount: money(invoice.amount, invoice.currency) })),
    ...doing,
  };
  // The wallet may leave the amount of a remedy out: then it is what is missing.
  const remedies = why.remedies.map((one) => ({
    ...one,
    currency: one.currency ?? invoice.currency,
    amount: one.amount ?? (one.action === "ask-friend" && short ? minus(invoice.amount, short) : (why.most ?? null)),
  }));
  return html`
    <${Notice} tone="bad" role="alert">
      <p><strong>${title ?? t("why.cannot")}</strong> ${why.sentence}</p>
      ${why.most && html`<p>${t(why.is_at_least ? "why.at-least" : "why.most", { amount: money(why.most, invoice.currency) })}</p>`}
      ${nothing && html`<p>${t("why.nothing")}</p>`}
    <//>
    <${Remedies} remedies=${remedies} again=${again} doing=${acts} first="" />
    ${OF_LINES.has(why.kind) && html`<${Lines} invoice=${invoice} />`}
  `;
}
