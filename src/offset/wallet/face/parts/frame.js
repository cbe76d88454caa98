// Around every screen: the card and currency that are looked at, the places to go, and what is wrong with the card.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { at, post } from "../api.js";
import { place, route } from "../router.js";
import {
  card, cardCurrencies, cards, chooseCard, chooseCurrency, currency, line, problem, view,
} from "../state.js";
import { until } from "../times.js";
import { t } from "../words.js";
import { save } from "./giver.js";
import { Act, Field, Form } from "./fields.js";
import { Icon, Sign } from "./icons.js";
import { Notice, Trouble } from "./notice.js";
import { CardState } from "./states.js";

const PLACES = [
  ["home", "home", []],
  ["friends", "friends", ["friends", "own-card", "books"]],
  ["history", "history", ["history"]],
  ["more", "more", ["more", "held", "standing", "cards", "currencies", "settings", "programs"]],
];

const Places = () => html`
  <nav class="places" aria-label=${t("places.label")}>
    <div class="inside">
      <span class="word"><${Sign} />Offset</span>
      <ul>
        ${PLACES.map(([name, icon, within]) => {
          const here = name === "home" ? ["home", "pay", "get-paid", "requests"] : within;
          return html`
            <li>
              <a href=${name === "home" ? place() : place(name)} aria-current=${here.includes(route.value.name) ? "page" : undefined}>
                <${Icon} name=${icon} /><span>${t(`places.${name}`)}</span>
              </a>
            </li>
          `;
        })}
      </ul>
    </div>
  </nav>
`;

const Pick = ({ label, value, options, pick }) => html`
  <label class="pick">
    <span class="hidden">${label}</span>
    <select value=${value} onChange=${(event) => pick(event.target.value)}>
      ${options.map(([key, word]) => html`<option value=${key} selected=${key === value}>${word}</option>`)}
    </select>
  </label>
`;

const Top = () => html`
  <header class="top">
    <div class="switch">
      ${(cards.value?.length ?? 0) > 1
        ? html`<${Pick} label=${t("top.card")} value=${card.value.id} pick=${chooseCard}
            options=${cards.value.map((one) => [one.id, one.name])} />`
        : html`<span class="card-name">${card.value?.name ?? "Offset"}</span>`}
      ${cardCurrencies.value.length > 1 &&
      html`<${Pick} label=${t("top.currency")} value=${currency.value} pick=${chooseCurrency}
          options=${cardCurrencies.value.map((name) => [name, view(name).label || name])} />`}
    </div>
    ${card.value && html`<${CardState} card=${card.value} />`}
  </header>
`;

function Unlock({ now }) {
  const [secret, setSecret] = useState("");
  const [loud, setLoud] = useState(false);
  const [refused, failed] = useState(null);
  async function unlock() {
    setLoud(true);
    if (!secret) return;
    await post(at(now.id, "unlock"), { secret });
    setSecret("");
    failed(null);
  }
  return html`
    <${Notice} tone="warn">
      <p><strong>${t("card.is-locked", { name: now.name })}</strong> ${now.why ?? ""}</p>
      <${Form}>
        <${Field} label=${t("card.secret")} type="password" value=${secret} onInput=${setSecret} maxlength="1024"
          wrong=${loud && !secret ? t("card.secret-missing") : null} />
        <${Trouble} problem=${refused} />
        <div class="actions"><${Act} type="submit" does=${unlock} failed=${failed}>${t("card.do-unlock")}<//></div>
      <//>
    <//>
  `;
}

const openCard = () => post(at(card.value.id, "open"));

function CardTrouble() {
  const now = card.value;
  if (!now || now.state === "open" || now.state === "opening") return null;
  if (now.state === "closed")
    return html`
      <${Notice} tone="warn">
        <p><strong>${t("card.is-closed", { name: now.name })}</strong> ${t("card.closed-means")}</p>
        <div><${Act} does=${openCard}>${t("card.do-open")}<//></div>
      <//>
    `;
  if (now.state === "locked") return html`<${Unlock} key=${now.id} now=${now} />`;
  return html`
    <${Notice} tone="bad">
      <p>
        <strong>${t(`card.is-${now.state}`, { name: now.name })}</strong> ${now.why ?? ""}
        ${now.retry ? ` ${t("card.again", { when: until(now.retry) })}` : ""}
      </p>
      ${now.app_ticket &&
      html`<p>${t("card.needs-ticket")}</p>
        <div class="actions">
          <button type="button" class="quiet" onClick=${() => save("wallet.app", now.app_ticket)}>
            <${Icon} name="save" />${t("card.save-ticket")}
          </button>
        </div>`}
    <//>
  `;
}

export const Frame = ({ children }) => html`
  <div class="frame">
    <a class="button skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.querySelector("main h1")?.focus();
    }}>${t("go.skip")}</a>
    <${Top} />
    <div class="notices" aria-live="polite">
      ${line.value === "lost" && html`<${Notice} tone="warn" icon="wait"><p>${t("line.lost")}</p><//>`}
      <${CardTrouble} />
      <${Trouble} problem=${problem.value} />
    </div>
    ${children}
    <${Places} />
  </div>
`;
