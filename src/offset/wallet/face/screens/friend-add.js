// Add somebody: take the card that they exported, look whose it is, and set how far one trusts them.

import { useState } from "preact/hooks";
import { at, post, wish } from "../api.js";
import { html } from "../html.js";
import { say } from "../parts/confirm.js";
import { Act, AmountField, Field, Form, Tick, useAmount } from "../parts/fields.js";
import { Key } from "../parts/key.js";
import { money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Screen } from "../parts/screen.js";
import { Taker } from "../parts/taker.js";
import { go, place } from "../router.js";
import { card, carried, currency, friends } from "../state.js";
import { t } from "../words.js";

function Known({ found }) {
  const { friend } = found.answer;
  if (friend.is_own) return html`<${Notice} tone="warn" role="alert"><p>${t("add.own")}</p><//>`;
  return html`
    <${Notice} tone="warn" role="alert">
      <p>${t("add.known", { name: friend.name })}</p>
      <div><a class="button quiet" href=${place("friends", friend.key)}>${t("add.see", { name: friend.name })}</a></div>
    <//>
  `;
}

function Terms({ found }) {
  const [name, setName] = useState("");
  const [unit, setUnit] = useState(currency.value ?? "");
  const [open, setOpen] = useState(true);
  const [problem, setProblem] = useState(null);
  const [loud, setLoud] = useState(false);
  const [once] = useState(wish);
  const amount = useAmount(unit, "", { zero: true });
  const lose = amount.value ? money(amount.value, unit) : null;
  const who = name.trim() || t("add.them");
  async function add() {
    setLoud(true);
    if (!name.trim() || !unit.trim() || !amount.check()) return;
    const terms = { may_owe: amount.value, is_open: open };
    const made = await post(at(card.value.id, "friends"), {
      card: found.text, name: name.trim(), currencies: { [unit.trim()]: terms },
    }, once);
    if (!friends.value?.some((one) => one.key === made.key)) friends.value = [...(friends.value ?? []), made];
    say(t("add.done", { name: made.name }));
    go(place("friends", made.key), { replace: true });
  }
  return html`
    <${Form}>
      <section class="sheet stack">
        <${Key} value=${found.answer.friend.key} label=${t("key.theirs")} hint=${t("key.compare")} />
        ${!found.answer.friend.relays.length && html`<${Notice} tone="warn"><p>${t("add.no-relay")}</p><//>`}
      </section>
      <${Field} label=${t("add.name")} hint=${t("add.name-hint")} value=${name} onInput=${setName} maxlength="64"
        wrong=${loud && !name.trim() ? t("add.name-missing") : null} />
      ${!currency.value &&
      html`<${Field} label=${t("add.currency")} hint=${t("add.currency-hint")} value=${unit} onInput=${setUnit} maxlength="16"
        wrong=${loud && !unit.trim() ? t("add.currency-missing") : null} />`}
      <${AmountField} amount=${amount} currency=${unit} label=${t("limit.may-owe", { name: who })}
        hint=${lose ? t("limit.lose", { amount: lose, name: who }) : t("limit.lose-empty")} />
      <${Tick} checked=${open} onInput=${setOpen}>${t("limit.open", { name: who })}<//>
      <p class="soft">${t("add.both")}</p>
      <${Trouble} problem=${problem} />
      <div class="actions"><${Act} type="submit" does=${add} failed=${setProblem}>${t("add.do")}<//></div>
    <//>
  `;
}

export default function AddFriend() {
  const [found, set] = useState(() => {
    const taken = carried.value;
    carried.value = null;
    return taken?.answer.kind === "friend" ? taken : null;
  });
  const [other, setOther] = useState(null);
  const taken = (one) => {
    setOther(one.answer.kind === "friend" ? null : one.answer);
    set(one.answer.kind === "friend" ? one : null);
  };
  const { friend } = found?.answer ?? {};
  return html`
    <${Screen} title=${t("add.title")} back=${place("friends")}>
      ${!found
        ? html`
            <div class="stack">
              <p>${t("add.text")}</p>
              <${Taker} label=${t("add.take")} hint=${t("add.take-hint")} accept=".friend,application/json,text/plain" taken=${taken} />
              ${other && html`<${Notice} tone="warn" role="alert"><p>${other.hint} ${t("add.other")}</p><//>`}
              <${Notice}>
                <p>${t("add.need-yours")}</p>
                <div><a class="button quiet" href=${place("own-card")}>${t("own.show")}</a></div>
              <//>
            </div>
          `
        : friend.is_own || friend.name
          ? html`<${Known} found=${found} />`
          : html`<${Terms} found=${found} />`}
    <//>
  `;
}
