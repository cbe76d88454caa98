// Ask a friend to let one owe more: a few words to be sent, because only the friend can grant it.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { plus, typed } from "../amounts.js";
import { AmountField, Form, useAmount } from "../parts/fields.js";
import { copy } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { money } from "../parts/money.js";
import { Bones, Screen } from "../parts/screen.js";
import { place } from "../router.js";
import { currency, friends, view } from "../state.js";
import { t } from "../words.js";

function Ask({ friend, unit, more }) {
  const line = friend.currencies.find((one) => one.currency === unit);
  const now = line?.may_owe_them ?? null;
  const wanted = more && now !== null ? plus(now, more) : more;
  const amount = useAmount(unit, wanted ? typed(wanted, view(unit).decimals) : "");
  const [changed, change] = useState(null);
  const said = amount.value
    ? t(now === null ? "ask.words-unknown" : "ask.words", {
        name: friend.name,
        now: money(now ?? "0", unit),
        wanted: money(amount.value, unit),
      })
    : "";
  const words = changed ?? said;
  const share = navigator.share && (() => navigator.share({ text: words }).catch(() => {}));
  return html`
    <${Form}>
      <p>${now === null ? t("limit.you-unknown-long", { name: friend.name }) : t("limit.lets-you", { name: friend.name, amount: money(now, unit) })}</p>
      <${AmountField} amount=${amount} currency=${unit} label=${t("ask.wanted", { name: friend.name })} />
      <div class="field">
        <label for="ask-words">${t("ask.message")}</label>
        <textarea id="ask-words" rows="4" value=${words} onInput=${(event) => change(event.target.value)}></textarea>
        <span class="hint">${t("ask.hint", { name: friend.name })}</span>
      </div>
      <div class="actions">
        <button type="button" disabled=${!words} onClick=${() => copy(words)}><${Icon} name="copy" />${t("give.copy")}</button>
        ${share && html`<button type="button" class="quiet" disabled=${!words} onClick=${share}>${t("give.share")}</button>`}
      </div>
    <//>
  `;
}

export default function FriendAsk({ parts, query }) {
  const friend = friends.value?.find((one) => one.key === parts[1]);
  const back = place("friends", parts[1]);
  if (!friend) return html`<${Screen} title=${t("places.friends")} back=${back}><${Bones} /><//>`;
  return html`
    <${Screen} title=${t("ask.title", { name: friend.name })} back=${back}>
      <${Ask} friend=${friend} unit=${query.get("currency") || currency.value} more=${query.get("amount") || null} />
    <//>
  `;
}
