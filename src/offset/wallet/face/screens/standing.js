// Relays and index servers: what they are for and what they learn, how it stands with each, adding and removing.

import { useState } from "preact/hooks";
import { at, put, remove } from "../api.js";
import { html } from "../html.js";
import { confirmed } from "../parts/confirm.js";
import { Act, Field, Form } from "../parts/fields.js";
import { Empty, Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen } from "../parts/screen.js";
import { ReachState } from "../parts/states.js";
import { Taker } from "../parts/taker.js";
import { place } from "../router.js";
import { card, carried, loadStanding, standing } from "../state.js";
import { until } from "../times.js";
import { t } from "../words.js";

function Entry({ entry, kind, failed }) {
  async function drop() {
    const sure = { title: t(`standing.remove-${kind}`, { name: entry.name }), text: t(`standing.remove-${kind}-text`), yes: t("standing.remove") };
    if (!(await confirmed(sure))) return;
    await remove(at(card.value.id, kind, entry.key));
    await loadStanding();
  }
  return html`
    <div class="item">
      <span class="grow">
        <span class="name">${entry.name || entry.address}</span>
        <span class="more">${entry.address}</span>
        <span class="more row">
          <${ReachState} reach=${entry.reach} />
          ${entry.reach.why && html`<span>${entry.reach.why}</span>`}
          ${entry.reach.retry && html`<span>${t("card.again", { when: until(entry.reach.retry) })}</span>`}
          ${!entry.is_own && html`<span>${t("standing.kept")}</span>`}
        </span>
      </span>
      ${entry.is_own &&
      html`<${Act} class="plain only-icon" does=${drop} failed=${failed} icon="close"
        aria-label=${t("standing.remove-label", { name: entry.name || entry.address })} />`}
    </div>
  `;
}

function Kind({ kind, failed }) {
  const entries = standing.value[kind];
  return html`
    <section class="stack tight" aria-labelledby=${`standing-${kind}`}>
      <h2 id=${`standing-${kind}`}>${t(`standing.${kind}`)}</h2>
      <p class="soft">${t(`standing.${kind}-text`)}</p>
      ${entries.length > 0
        ? html`<ul class="list">${entries.map((entry) => html`<li key=${entry.key}><${Entry} entry=${entry} kind=${kind} failed=${failed} /></li>`)}</ul>`
        : html`<${Empty} icon="relay" title=${t(`standing.no-${kind}`)}>${t(`standing.no-${kind}-text`)}<//>`}
    </section>
  `;
}

function Adding({ found, done }) {
  const { server, kind } = found.answer;
  const [name, setName] = useState("");
  const [as, setAs] = useState(kind === "server" ? "servers" : "relays");
  const [problem, failed] = useState(null);
  async function add() {
    await put(at(card.value.id, as, server.key), { address: server.address, name: name.trim() || server.address });
    await loadStanding();
    done();
  }
  const pick = (value) => html`
    <button type="button" aria-pressed=${as === value} onClick=${() => setAs(value)}>${t(`standing.as-${value}`)}</button>
  `;
  return html`
    <section class="sheet">
      <${Form}>
        <p><strong>${server.address}</strong><br /><code class="key soft">${server.key}</code></p>
        <div class="tabs" role="group" aria-label=${t("standing.as")}>${pick("relays")}${pick("servers")}</div>
        <p class="soft">${t(`standing.${as}-text`)}</p>
        <${Field} label=${t("standing.name")} value=${name} onInput=${setName} maxlength="64" placeholder=${server.address} />
        <${Trouble} problem=${problem} />
        <div class="actions wide">
          <button type="button" class="quiet" onClick=${done}>${t("go.cancel")}</button>
          <${Act} type="submit" does=${add} failed=${failed}>${t("standing.add")}<//>
        </div>
      <//>
    </section>
  `;
}

const isServer = (one) => Boolean(one?.answer.server);

export default function Standing() {
  const [found, set] = useState(() => {
    const taken = carried.value;
    carried.value = null;
    return isServer(taken) ? taken : null;
  });
  const [other, setOther] = useState(null);
  const [problem, failed] = useState(null);
  const taken = (one) => {
    setOther(isServer(one) ? null : one.answer);
    set(isServer(one) ? one : null);
  };
  return html`
    <${Screen} title=${t("more.standing-title")} back=${place("more")}>
      ${!standing.value
        ? html`<${Bones} lines=${4} />`
        : html`
            <div class="stack loose">
              <${Trouble} problem=${problem} />
              <${Kind} kind="relays" failed=${failed} />
              <${Kind} kind="servers" failed=${failed} />
              <section class="stack" aria-labelledby="standing-add">
                <h2 id="standing-add">${t("standing.add-title")}</h2>
                ${found
                  ? html`<${Adding} found=${found} done=${() => set(null)} />`
                  : html`<${Taker} label=${t("standing.take")} hint=${t("standing.take-hint")} taken=${taken} accept=".relay,.index,.ticket,application/json,text/plain" />`}
                ${other && html`<${Notice} tone="warn" role="alert"><p>${other.hint} ${t("standing.other")}</p><//>`}
              </section>
            </div>
          `}
    <//>
  `;
}
