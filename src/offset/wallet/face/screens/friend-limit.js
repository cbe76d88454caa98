// How far one trusts a friend in one currency: always in words of what can be lost.

import { useState } from "preact/hooks";
import { at, put } from "../api.js";
import { html } from "../html.js";
import { isBelow, isMore, typed } from "../amounts.js";
import { say } from "../parts/confirm.js";
import { Act, AmountField, Field, Form, Tick, useAmount } from "../parts/fields.js";
import { money } from "../parts/money.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen } from "../parts/screen.js";
import { go, place } from "../router.js";
import { card, friends, view } from "../state.js";
import { t } from "../words.js";

const PART = 2 ** 32;

// The rate as people write it: so many percent, and a fixed part.
const percentOf = (mul) => String(Number(((mul / PART) * 100).toFixed(4)));

function Limit({ friend, named }) {
  const [unit, setUnit] = useState(named ?? "");
  const line = friend.currencies.find((one) => one.currency === unit.trim());
  const amount = useAmount(unit, line ? typed(line.may_owe, view(unit).decimals) : "", { zero: true });
  const fixed = useAmount(unit, line ? typed(String(line.rate.add), view(unit).decimals) : "0", { zero: true });
  const [percent, setPercent] = useState(percentOf(line?.rate.mul ?? 0));
  const [open, setOpen] = useState(line?.is_open ?? true);
  const [problem, failed] = useState(null);
  const [loud, setLoud] = useState(false);
  const { name } = friend;
  const part = Math.round((Number(percent.replace(",", ".")) / 100) * PART);
  const badPercent = !(part >= 0 && part < PART);
  const owes = line && !isBelow(line.balance) ? line.balance : "0";

  async function save() {
    setLoud(true);
    if (!unit.trim() || badPercent || !amount.check() || !fixed.check()) return;
    const made = await put(at(card.value.id, "friends", friend.key, "currencies", unit.trim()), {
      may_owe: amount.value,
      is_open: open,
      rate: { mul: part, add: Number(fixed.value) },
    });
    if (made?.key) friends.value = friends.value.map((one) => (one.key === made.key ? made : one));
    say(t("settings.saved"));
    go(place("friends", friend.key), { replace: true });
  }

  return html`
    <${Form}>
      ${!named &&
      html`<${Field} label=${t("add.currency")} hint=${t("add.currency-hint")} value=${unit} onInput=${setUnit} maxlength="16"
        wrong=${loud && !unit.trim() ? t("add.currency-missing") : null} />`}
      <${AmountField} amount=${amount} currency=${unit} label=${t("limit.may-owe", { name })}
        hint=${amount.value ? t("limit.lose", { amount: money(amount.value, unit), name }) : t("limit.lose-empty")} />
      ${amount.value && isMore(owes, amount.value) &&
      html`<${Notice} tone="warn"><p>${t("limit.below", { name, amount: money(owes, unit) })}</p><//>`}
      ${line && html`<p>${line.may_owe_them === null
        ? t("limit.you-unknown-long", { name })
        : t("limit.lets-you", { name, amount: money(line.may_owe_them, unit) })}</p>`}
      <${Tick} checked=${open} onInput=${setOpen}>${t("limit.open", { name })}<//>
      ${open &&
      html`<details>
        <summary>${t("limit.rate")}</summary>
        <div class="stack">
          <p class="soft">${t("limit.rate-text", { name })}</p>
          <${AmountField} amount=${fixed} currency=${unit} label=${t("limit.rate-add")} />
          <${Field} label=${t("limit.rate-mul")} unit="%" inputmode="decimal" value=${percent} onInput=${setPercent}
            wrong=${badPercent ? t("limit.rate-wrong") : null} />
        </div>
      </details>`}
      <${Trouble} problem=${problem} />
      <div class="actions"><${Act} type="submit" does=${save} failed=${failed}>${t("limit.save")}<//></div>
    <//>
  `;
}

export default function FriendLimit({ parts, query }) {
  const friend = friends.value?.find((one) => one.key === parts[1]);
  const back = place("friends", parts[1]);
  if (!friend) return html`<${Screen} title=${t("places.friends")} back=${back}><${Bones} /><//>`;
  return html`
    <${Screen} title=${t("limit.title", { name: friend.name })} back=${back}>
      <${Limit} friend=${friend} named=${query.get("currency")} />
    <//>
  `;
}
