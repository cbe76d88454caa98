// Lets a program in: what it may do, of which card, within which budget, until when. Its key is shown once.

import { useState } from "preact/hooks";
import { post, wish } from "../api.js";
import { html } from "../html.js";
import { Act, AmountField, Field, Form, Select, Tick, useAmount } from "../parts/fields.js";
import { copy } from "../parts/giver.js";
import { Icon } from "../parts/icons.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Screen } from "../parts/screen.js";
import { place } from "../router.js";
import { card, cardCurrencies, cards, currency } from "../state.js";
import { t } from "../words.js";

const ALL = "";
const PERIODS = ["day", "week", "month", "ever"];
const DAY_MS = 24 * 60 * 60 * 1000;
// How long it may last, in days; 0: without an end.
const SPANS = ["7", "30", "365", "0"];

const Made = ({ made }) => html`
  <div class="stack">
    <${Notice} tone="good"><p>${t("programs.made", { name: made.token.name })}</p><//>
    <section class="sheet stack" aria-labelledby="program-key">
      <h2 id="program-key">${t("programs.key")}</h2>
      <p class="key">${made.secret}</p>
      <div><button type="button" onClick=${() => copy(made.secret)}><${Icon} name="copy" />${t("programs.copy")}</button></div>
      <p class="soft">${t("programs.key-text")}</p>
    </section>
    <p class="soft">${t("programs.sent-as")} <code>Authorization: Bearer …</code></p>
    <div class="actions"><a class="button quiet" href=${place("settings")}>${t("programs.kept")}</a></div>
  </div>
`;

export default function ProgramAdd() {
  const [name, setName] = useState("");
  const [see, setSee] = useState(true);
  const [receive, setReceive] = useState(false);
  const [pay, setPay] = useState(false);
  const [of, setOf] = useState(ALL);
  const [from, setFrom] = useState(card.value?.id ?? "");
  const [unit, setUnit] = useState(currency.value ?? "");
  const [period, setPeriod] = useState("week");
  const [span, setSpan] = useState("365");
  const [loud, setLoud] = useState(false);
  const [problem, failed] = useState(null);
  const [made, keep] = useState(null);
  const [once] = useState(wish);
  const amount = useAmount(unit);
  const most = useAmount(unit, "");
  const many = (cards.value?.length ?? 0) > 1;
  // Of a token for one card the budget is of the same card.
  const payer = of === ALL ? from : of;
  const nothing = !see && !receive && !pay;

  async function make() {
    setLoud(true);
    const wrong = !name.trim() || nothing || (pay && (!unit.trim() || !amount.check() || (most.text && !most.check())));
    if (wrong) return;
    const rights = [see && "see", receive && "receive", pay && "pay"].filter(Boolean);
    const budget = { card: payer, currency: unit.trim(), amount: amount.value, period, ...(most.text ? { most: most.value } : {}) };
    const body = {
      name: name.trim(),
      rights,
      ...(of === ALL ? {} : { cards: [of] }),
      ...(pay ? { budgets: [budget] } : {}),
      ...(span === "0" ? {} : { expires: new Date(Date.now() + Number(span) * DAY_MS).toISOString() }),
    };
    keep(await post("tokens", body, once));
  }

  const ofCards = (cards.value ?? []).map((one) => [one.id, one.name]);
  return html`
    <${Screen} title=${t("programs.add")} back=${place("settings")}>
      ${made
        ? html`<${Made} made=${made} />`
        : html`<${Form}>
            <p class="soft">${t("programs.add-text")}</p>
            <${Field} label=${t("programs.name")} hint=${t("programs.name-hint")} value=${name} onInput=${setName} maxlength="64"
              wrong=${loud && !name.trim() ? t("programs.name-missing") : null} />
            <fieldset class="stack tight">
              <legend>${t("programs.rights")}</legend>
              <${Tick} checked=${see} onInput=${setSee}>${t("programs.see")}<//>
              <${Tick} checked=${receive} onInput=${setReceive}>${t("programs.receive")}<//>
              <${Tick} checked=${pay} onInput=${setPay}>${t("programs.pay")}<//>
            </fieldset>
            ${loud && nothing && html`<${Notice} tone="warn" role="alert"><p>${t("programs.nothing")}</p><//>`}
            ${many &&
            html`<${Select} label=${t("programs.of")} value=${of} onInput=${setOf} options=${[[ALL, t("programs.all-cards")], ...ofCards]} />`}
            ${pay &&
            html`<section class="sheet stack" aria-labelledby="program-budget">
              <h2 id="program-budget">${t("programs.budget-title")}</h2>
              <p class="soft">${t("programs.budget-text")}</p>
              ${many && of === ALL &&
              html`<${Select} label=${t("programs.from")} value=${from} onInput=${setFrom} options=${ofCards} />`}
              ${cardCurrencies.value.length
                ? html`<${Select} label=${t("add.currency")} value=${unit} onInput=${setUnit}
                    options=${cardCurrencies.value.map((one) => [one, one])} />`
                : html`<${Field} label=${t("add.currency")} value=${unit} onInput=${setUnit} maxlength="16"
                    wrong=${loud && !unit.trim() ? t("add.currency-missing") : null} />`}
              <div class="two">
                <${AmountField} amount=${amount} currency=${unit} label=${t("programs.amount")} />
                <${Select} label=${t("programs.period")} value=${period} onInput=${setPeriod}
                  options=${PERIODS.map((one) => [one, t(`programs.${one}`)])} />
              </div>
              <${AmountField} amount=${most} currency=${unit} label=${t("programs.most")} hint=${t("programs.most-hint")} />
            </section>`}
            <${Select} label=${t("programs.span")} value=${span} onInput=${setSpan}
              options=${SPANS.map((one) => [one, t(`programs.span-${one}`)])} />
            <${Trouble} problem=${problem} />
            <div class="actions"><${Act} type="submit" does=${make} failed=${failed}>${t("programs.make")}<//></div>
          <//>`}
    <//>
  `;
}
