// Books that differ: both numbers in plain words, and what accepting the friend's would cost.

import { useState } from "preact/hooks";
import { at, get, post } from "../api.js";
import { html } from "../html.js";
import { isBelow, isZero } from "../amounts.js";
import { confirmed, say } from "../parts/confirm.js";
import { Act } from "../parts/fields.js";
import { copy, save } from "../parts/giver.js";
import { money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen } from "../parts/screen.js";
import { go, place } from "../router.js";
import { card, friends } from "../state.js";
import { t } from "../words.js";

// "Dana owes you 50 FST", "you owe Dana 5 FST", "neither owes anything".
function owing(value, unit, name) {
  if (value === null) return t("books.not-told", { name });
  if (isZero(value)) return t("books.even");
  return t(isBelow(value) ? "books.you-owe" : "books.owes-you", { name, amount: money(value, unit, "never") });
}

// What accepting changes, in words: it costs, it gives, or it changes nothing.
function costing(line) {
  if (line.cost === null) return null;
  if (isZero(line.cost)) return t("books.costs-nothing");
  const amount = money(line.cost, line.currency, "never");
  return t(isBelow(line.cost) ? "books.gives" : "books.costs", { amount });
}

const Line = ({ line, name }) => html`
  <section class="sheet stack tight" aria-label=${line.currency}>
    <h2>${line.currency}</h2>
    <dl class="facts books">
      <dt>${t("books.yours")}</dt><dd>${owing(line.ours, line.currency, name)}</dd>
      <dt>${t("books.theirs", { name })}</dt><dd>${owing(line.theirs, line.currency, name)}</dd>
      ${line.signed !== null && html`<dt>${t("books.signed", { name })}</dt><dd>${owing(line.signed, line.currency, name)}</dd>`}
    </dl>
    ${costing(line) && html`<p><strong>${costing(line)}</strong></p>`}
  </section>
`;

export default function Books({ parts }) {
  const [problem, failed] = useState(null);
  const friend = friends.value?.find((one) => one.key === parts[1]);
  const back = place("friends");
  if (!friend) return html`<${Screen} title=${t("places.friends")} back=${back}><${Bones} /><//>`;
  const { name, books, key } = friend;
  const path = (...more) => at(card.value.id, "friends", key, ...more);
  if (!books)
    return html`<${Screen} title=${name} back=${back}>
      <${Notice} tone="good"><p>${t("books.agree", { name })}</p>
        <div><a class="button quiet" href=${place("friends", key)}>${t("add.see", { name })}</a></div><//>
    <//>`;
  async function accept() {
    const text = [t("books.accept-text", { name }), ...books.lines.map((line) => `${line.currency}: ${costing(line) ?? ""}`)].join(" ");
    if (!(await confirmed({ title: t("books.accept-title", { name }), text, yes: t("books.accept", { name }) }))) return;
    const { is_done } = await post(path("reset"), { terms: books.terms });
    say(t(is_done ? "books.done" : "books.later", { name }));
    go(place("friends", key), { replace: true });
  }
  const words = t("books.ask-words", {
    name,
    lines: books.lines.map((line) => `${line.currency}: ${owing(line.ours, line.currency, name)}`).join("; "),
  });
  const proof = async () => save(`${name}.token`, (await get(path("proof"))).file);
  return html`
    <${Screen} title=${t("books.title", { name })} back=${place("friends", key)}>
      <div class="stack">
        <${Notice} tone="bad" icon="books"><p>${t("books.short", { name })}</p><//>
        ${books.lines.map((line) => html`<${Line} line=${line} name=${name} />`)}
        <${Trouble} problem=${problem} />
        <div class="actions wide">
          <button type="button" onClick=${() => copy(words)}>${t("books.ask", { name })}</button>
          ${books.terms
            ? html`<${Act} class="quiet" does=${accept} failed=${failed}>${t("books.accept", { name })}<//>`
            : html`<p class="soft">${t("books.wait", { name })}</p>`}
        </div>
        <details>
          <summary>${t("books.what")}</summary>
          <div class="stack">
            <p>${t("books.what-text", { name })}</p>
            ${friend.has_proof && html`<div><${Act} class="quiet" icon="save" does=${proof} failed=${failed}>${t("friend.proof")}<//></div>`}
          </div>
        </details>
      </div>
    <//>
  `;
}
