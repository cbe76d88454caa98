// The cards: which there are and how they stand; make one here, or use a node that runs elsewhere.

import { useState } from "preact/hooks";
import { at, get, patch, post, remove, wish } from "../api.js";
import { html } from "../html.js";
import { say } from "../parts/confirm.js";
import { Act, Field, Form } from "../parts/fields.js";
import { save } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Amount } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Screen } from "../parts/screen.js";
import { CardState } from "../parts/states.js";
import { Taker } from "../parts/taker.js";
import { go, place } from "../router.js";
import { card, cards, carried, chooseCard } from "../state.js";
import { t } from "../words.js";

const reload = async () => {
  cards.value = await get("cards");
};

function One({ one, failed }) {
  const [name, setName] = useState(one.name);
  const [edit, setEdit] = useState(false);
  async function rename() {
    if (name.trim() && name.trim() !== one.name) await patch(at(one.id), { name: name.trim() });
    await reload();
    setEdit(false);
  }
  async function turn() {
    await post(at(one.id, one.state === "closed" ? "open" : "close"));
    await reload();
  }
  async function drop() {
    await remove(at(one.id));
    await reload();
    say(t("cards.removed", { name: one.name }));
  }
  return html`
    <section class="sheet stack" aria-label=${one.name}>
      <div class="row apart">
        <span class="grow"><h2>${one.name}</h2>
          <span class="soft small">${t(one.kind === "local" ? "cards.local" : "cards.remote", { address: one.address ?? "" })}</span></span>
        <${CardState} card=${one} />
      </div>
      ${one.why && html`<${Notice} tone="warn"><p>${one.why}</p><//>`}
      ${one.app_ticket &&
      html`<${Notice}><p>${t("card.needs-ticket")}</p>
        <div><button type="button" class="quiet" onClick=${() => save("wallet.app", one.app_ticket)}><${Icon} name="save" />${t("card.save-ticket")}</button></div><//>`}
      ${one.kind === "remote" && one.state === "open" && !one.tells && html`<p class="soft small">${t("cards.tells-not")}</p>`}
      ${one.sums.length > 0 &&
      html`<ul class="row">${one.sums.map((sum) => html`<li><${Amount} value=${sum.balance} currency=${sum.currency} signed toned /></li>`)}
        ${one.state !== "open" && html`<li class="soft small">${t("cards.last")}</li>`}</ul>`}
      ${edit &&
      html`<${Form}><${Field} label=${t("cards.name")} value=${name} onInput=${setName} maxlength="64" />
        <div class="actions"><button type="button" class="quiet" onClick=${() => setEdit(false)}>${t("go.cancel")}</button>
        <${Act} type="submit" does=${rename} failed=${failed}>${t("friend.rename")}<//></div><//>`}
      <div class="actions">
        ${one.id !== card.value?.id && html`<button type="button" onClick=${() => chooseCard(one.id)}>${t("cards.look")}</button>`}
        ${!edit && html`<button type="button" class="quiet" onClick=${() => setEdit(true)}>${t("friend.rename")}</button>`}
        <${Act} class="quiet" does=${turn} failed=${failed}>${t(one.state === "closed" ? "card.do-open" : "card.do-close")}<//>
        ${one.state === "closed" && html`<${Act} class="quiet" does=${drop} failed=${failed}>${t("cards.remove")}<//>`}
      </div>
    </section>
  `;
}

function Add({ first }) {
  const taken = carried.value;
  const [name, setName] = useState("");
  const [node, setNode] = useState(taken?.text ?? "");
  const [identity, setIdentity] = useState("");
  const [kind, setKind] = useState(taken ? "remote" : "local");
  const [loud, setLoud] = useState(false);
  const [problem, failed] = useState(null);
  const [once] = useState(wish);
  async function make() {
    setLoud(true);
    if (!name.trim() || (kind === "remote" && !node)) return;
    const body = { name: name.trim(), kind, ...(kind === "remote" ? { node, ...(identity ? { identity } : {}) } : {}) };
    const made = await post("cards", body, once);
    carried.value = null;
    await reload();
    // Not waited for: whoever has gone elsewhere meanwhile is not called back.
    chooseCard(made.id);
    go(first ? place() : place("cards"), { replace: true });
  }
  const pick = (value) => html`
    <button type="button" aria-pressed=${kind === value} onClick=${() => setKind(value)}>${t(`cards.${value}-pick`)}</button>
  `;
  return html`
    <${Screen} title=${t(first ? "cards.first" : "cards.add")} back=${first ? null : place("cards")}>
      <div class="stack">
        ${first && html`<p>${t("cards.first-text")}</p>`}
        <div class="tabs" role="group" aria-label=${t("cards.kind")}>${pick("local")}${pick("remote")}</div>
        <p class="soft">${t(`cards.${kind}-text`)}</p>
        ${kind === "remote" &&
        (node
          ? html`<${Notice} tone="good"><p>${t("cards.node-taken")}</p>
              <div><button type="button" class="quiet" onClick=${() => setNode("")}>${t("pay.other")}</button></div><//>`
          : html`<${Taker} label=${t("cards.take")} hint=${t("cards.take-hint")} taken=${({ text }) => setNode(text)} accept=".ticket,.rcard,application/json,text/plain" />`)}
        <${Form}>
          <${Field} label=${t("cards.name")} hint=${t("cards.name-hint")} value=${name} onInput=${setName} maxlength="64"
            wrong=${loud && !name.trim() ? t("cards.name-missing") : null} />
          ${kind === "remote" &&
          html`<details><summary>${t("cards.identity")}</summary>
            <${Field} kind="textarea" rows="3" label=${t("cards.identity-label")} hint=${t("cards.identity-hint")} value=${identity} onInput=${setIdentity} /></details>`}
          ${loud && kind === "remote" && !node && html`<${Notice} tone="warn" role="alert"><p>${t("cards.node-missing")}</p><//>`}
          <${Trouble} problem=${problem} />
          <div class="actions"><${Act} type="submit" does=${make} failed=${failed}>${t("cards.make")}<//></div>
        <//>
      </div>
    <//>
  `;
}

export default function Cards({ parts, first }) {
  const [problem, failed] = useState(null);
  if (parts[1] === "add") return html`<${Add} first=${first} />`;
  const add = html`<a class="button plain" href=${place("cards", "add")}><${Icon} name="add" />${t("cards.add")}</a>`;
  return html`
    <${Screen} title=${t("more.cards-title")} back=${place("more")} end=${add}>
      <div class="stack">
        <${Trouble} problem=${problem} />
        ${(cards.value ?? []).map((one) => html`<${One} key=${one.id} one=${one} failed=${failed} />`)}
      </div>
    <//>
  `;
}
