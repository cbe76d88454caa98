// One friend: what is owed, the limits of both sides in words of loss, how it stands and why, and what can be done.

import { useState } from "preact/hooks";
import { at, get, patch, remove } from "../api.js";
import { html } from "../html.js";
import { isBelow, isZero } from "../amounts.js";
import { say } from "../parts/confirm.js";
import { Act, Field, Form } from "../parts/fields.js";
import { save } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Key } from "../parts/key.js";
import { Amount } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen } from "../parts/screen.js";
import { Span } from "../parts/span.js";
import { FriendState } from "../parts/states.js";
import { Taker } from "../parts/taker.js";
import { go, place } from "../router.js";
import { card, friends } from "../state.js";
import { until } from "../times.js";
import { t } from "../words.js";

const path = (friend, ...more) => at(card.value.id, "friends", friend.key, ...more);
const replace = (made) => {
  friends.value = friends.value.map((one) => (one.key === made.key ? made : one));
};

function Line({ friend, line }) {
  const { name, key } = friend;
  const limit = place("friends", key, "limit", { currency: line.currency });
  return html`
    <section class="sheet stack" aria-label=${line.currency}>
      <div class="sum">
        <span class="soft">${t(isZero(line.balance) ? "friend.even" : isBelow(line.balance) ? "friend.owed" : "friend.owes", { name })}</span>
        <${Amount} value=${line.balance} currency=${line.currency} signed toned />
      </div>
      <${Span} line=${line} name=${name} />
      ${line.state === "waiting" && html`<${Notice} tone="warn" icon="wait"><p>${t("friend.waiting", { name, currency: line.currency })}</p><//>`}
      ${line.state === "offered" && html`<${Notice} tone="plain"><p>${t("friend.offered", { name, currency: line.currency })}</p><//>`}
      <dl class="facts">
        <dt>${t("friend.can-send")}</dt>
        <dd>${line.can_send === null ? t("friend.not-told", { name }) : html`<${Amount} value=${line.can_send} currency=${line.currency} />`}</dd>
        <dt>${t("friend.can-take")}</dt>
        <dd><${Amount} value=${line.can_take} currency=${line.currency} /></dd>
        ${!isZero(line.held_out) && html`<dt>${t("friend.held-out")}</dt><dd><${Amount} value=${line.held_out} currency=${line.currency} /></dd>`}
        ${!isZero(line.held_in) && html`<dt>${t("friend.held-in")}</dt><dd><${Amount} value=${line.held_in} currency=${line.currency} /></dd>`}
        <dt>${t("friend.others")}</dt>
        <dd>${t(line.is_open ? "friend.others-yes" : "friend.others-no")}</dd>
      </dl>
      <div class="actions wide">
        <a class="button quiet" href=${limit}>${t("friend.set-limit")}</a>
        <a class="button quiet" href=${place("friends", key, "ask", { currency: line.currency })}>${t("friend.ask")}</a>
      </div>
    </section>
  `;
}

function Why({ friend }) {
  if (friend.is_online || !friend.is_enabled || friend.books) return null;
  return html`
    <${Notice} icon="wait">
      <p>
        <strong>${t("friend.is-closed", { name: friend.name })}</strong> ${friend.reach.why ?? ""}
        ${friend.reach.retry ? ` ${t("card.again", { when: until(friend.reach.retry) })}` : ""}
      </p>
      <p class="soft">${t("friend.closed-means", { name: friend.name })}</p>
    <//>
  `;
}

// Where a friend is found now, by the card that it exported last.
function Newer({ friend }) {
  const [problem, failed] = useState(null);
  async function taken({ answer, text }) {
    if (answer.friend?.key !== friend.key) return failed({ kind: "not-theirs" });
    failed(null);
    try {
      replace(await patch(path(friend), { card: text }));
      return say(t("friend.newer-done"));
    } catch (found) {
      return failed(found);
    }
  }
  return html`
    <${Taker} label=${t("friend.newer")} hint=${t("friend.newer-hint")} accept=".friend,application/json,text/plain" taken=${taken} />
    ${problem?.kind === "not-theirs"
      ? html`<${Notice} tone="warn" role="alert"><p>${t("friend.newer-other", { name: friend.name })}</p><//>`
      : html`<${Trouble} problem=${problem} />`}
  `;
}

function Manage({ friend, failed }) {
  const [name, setName] = useState(friend.name);
  async function rename() {
    if (name.trim() && name.trim() !== friend.name) replace(await patch(path(friend), { name: name.trim() }));
    say(t("settings.saved"));
  }
  const turn = async () => replace(await patch(path(friend), { is_enabled: !friend.is_enabled }));
  const proof = async () => save(`${friend.name}.token`, (await get(path(friend, "proof"))).file);
  async function leave() {
    await remove(path(friend));
    friends.value = friends.value.filter((one) => one.key !== friend.key);
    say(t("friend.removed", { name: friend.name }));
    go(place("friends"), { replace: true });
  }
  return html`
    <details class="sheet">
      <summary><h2>${t("friend.manage")}</h2></summary>
      <div class="stack">
        <${Form}>
          <${Field} label=${t("add.name")} value=${name} onInput=${setName} maxlength="64" />
          <div><${Act} type="submit" class="quiet" does=${rename} failed=${failed}>${t("friend.rename")}<//></div>
        <//>
        <hr />
        <${Key} value=${friend.key} label=${t("key.theirs")} hint=${t("key.compare")} />
        <hr />
        <${Newer} friend=${friend} />
        <hr />
        <p class="soft">${t(friend.is_enabled ? "friend.off-means" : "friend.on-means", { name: friend.name })}</p>
        <div class="actions">
          <${Act} class="quiet" does=${turn} failed=${failed}>${t(friend.is_enabled ? "friend.turn-off" : "friend.turn-on")}<//>
          ${friend.has_proof && html`<${Act} class="quiet" icon="save" does=${proof} failed=${failed}>${t("friend.proof")}<//>`}
        </div>
        <hr />
        <p class="soft">${t("friend.remove-means", { name: friend.name })}</p>
        <div><${Act} class="quiet" does=${leave} failed=${failed}>${t("friend.remove", { name: friend.name })}<//></div>
      </div>
    </details>
  `;
}

export default function Friend({ parts }) {
  const [problem, failed] = useState(null);
  const friend = friends.value?.find((one) => one.key === parts[1]);
  const back = place("friends");
  if (!friends.value) return html`<${Screen} title=${t("places.friends")} back=${back}><${Bones} /><//>`;
  if (!friend) return html`<${Screen} title=${t("friend.nobody")} back=${back}><p>${t("friend.nobody-text")}</p><//>`;
  return html`
    <${Screen} title=${friend.name} back=${back} end=${html`<${FriendState} friend=${friend} />`}>
      <div class="stack">
        <${Trouble} problem=${problem} />
        ${friend.books &&
        html`<${Notice} tone="bad">
          <p><strong>${t("books.title", { name: friend.name })}</strong> ${t("books.short", { name: friend.name })}</p>
          <div><a class="button quiet" href=${place("books", friend.key)}>${t("books.look")}</a></div>
        <//>`}
        ${!friend.is_enabled && html`<${Notice} tone="warn"><p>${t("friend.is-off", { name: friend.name })}</p><//>`}
        <${Why} friend=${friend} />
        ${friend.currencies.map((line) => html`<${Line} key=${line.currency} friend=${friend} line=${line} />`)}
        ${!friend.books &&
        html`<div><a class="button plain" href=${place("friends", friend.key, "limit")}>
          <${Icon} name="add" />${t("friend.add-currency")}
        </a></div>`}
        <${Manage} friend=${friend} failed=${failed} />
      </div>
    <//>
  `;
}
