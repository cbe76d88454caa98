// How amounts of a currency are shown: decimals and what stands beside them. What is owed does not change by it.

import { useState } from "preact/hooks";
import { get, put } from "../api.js";
import { html } from "../html.js";
import { shown } from "../amounts.js";
import { say } from "../parts/confirm.js";
import { Act, Field, Form } from "../parts/fields.js";
import { Empty, Trouble } from "../parts/notice.js";
import { Screen } from "../parts/screen.js";
import { place } from "../router.js";
import { currencies } from "../state.js";
import { t } from "../words.js";

const SAMPLE = "123456";

function One({ one }) {
  const [decimals, setDecimals] = useState(String(one.decimals));
  const [label, setLabel] = useState(one.label);
  const [problem, failed] = useState(null);
  const count = Number(decimals);
  const good = /^\d{1,2}$/.test(decimals) && count <= 38;
  async function save() {
    if (!good) return;
    await put(`currencies/${encodeURIComponent(one.currency)}`, { decimals: count, label: label.trim() });
    currencies.value = await get("currencies");
    say(t("settings.saved"));
  }
  return html`
    <section class="sheet" aria-label=${one.currency}>
      <${Form}>
        <h2>${one.currency}</h2>
        <div class="two">
          <${Field} label=${t("currencies.decimals")} inputmode="numeric" value=${decimals} onInput=${setDecimals}
            wrong=${good ? null : t("currencies.decimals-wrong")} />
          <${Field} label=${t("currencies.label")} value=${label} onInput=${setLabel} maxlength="16" />
        </div>
        <p class="soft">${t("currencies.sample", { raw: SAMPLE, shown: `${shown(SAMPLE, good ? count : 0)}\u00a0${label.trim() || one.currency}` })}</p>
        <${Trouble} problem=${problem} />
        <div><${Act} type="submit" class="quiet" does=${save} failed=${failed}>${t("settings.save")}<//></div>
      <//>
    </section>
  `;
}

export default function Currencies() {
  const all = [...currencies.value].sort((a, b) => Number(b.is_used) - Number(a.is_used));
  return html`
    <${Screen} title=${t("more.currencies-title")} back=${place("more")}>
      <div class="stack">
        <p>${t("currencies.text")}</p>
        ${all.length
          ? all.map((one) => html`<${One} key=${one.currency} one=${one} />`)
          : html`<${Empty} icon="coins" title=${t("currencies.none")}>${t("currencies.none-text")}<//>`}
      </div>
    <//>
  `;
}
