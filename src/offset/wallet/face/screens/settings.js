// Settings of the wallet, of this page, which programs may do what, and who else is logged in.

import { useState } from "preact/hooks";
import { get, patch, remove } from "../api.js";
import { html } from "../html.js";
import { say } from "../parts/confirm.js";
import { Act, Field, Form, Select, Tick } from "../parts/fields.js";
import { Trouble } from "../parts/notice.js";
import { Programs } from "../parts/programs.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { place } from "../router.js";
import { cards, settings } from "../state.js";
import { chooseTheme, theme } from "../theme.js";
import { moment } from "../times.js";
import { t } from "../words.js";

function Wallet() {
  const now = settings.value;
  const [owner, setOwner] = useState(now.owner);
  const [percent, setPercent] = useState(String(now.fees_percent));
  const [sound, setSound] = useState(now.sound);
  const [main, setMain] = useState(now.main_card ?? "");
  const [problem, failed] = useState(null);
  const good = /^\d{1,3}$/.test(percent) && Number(percent) <= 100;
  async function save() {
    if (!good) return;
    settings.value = await patch("settings", {
      owner: owner.trim(), fees_percent: Number(percent), sound, ...(main ? { main_card: main } : {}),
    });
    say(t("settings.saved"));
  }
  return html`
    <section class="sheet" aria-labelledby="settings-wallet">
      <${Form}>
        <h2 id="settings-wallet">${t("settings.wallet")}</h2>
        <${Field} label=${t("settings.owner")} hint=${t("settings.owner-hint")} value=${owner} onInput=${setOwner} maxlength="64" />
        <${Field} label=${t("settings.fees")} hint=${t("settings.fees-hint")} unit="%" inputmode="numeric" value=${percent}
          onInput=${setPercent} wrong=${good ? null : t("settings.fees-wrong")} />
        ${(cards.value?.length ?? 0) > 1 &&
        html`<${Select} label=${t("settings.main")} value=${main} onInput=${setMain}
          options=${[["", t("settings.main-none")], ...cards.value.map((one) => [one.id, one.name])]} />`}
        <${Tick} checked=${sound} onInput=${setSound}>${t("settings.sound")}<//>
        <${Trouble} problem=${problem} />
        <div><${Act} type="submit" does=${save} failed=${failed}>${t("settings.save")}<//></div>
      <//>
    </section>
  `;
}

const Look = () => html`
  <section class="sheet stack" aria-labelledby="settings-page">
    <h2 id="settings-page">${t("settings.page")}</h2>
    <div class="tabs" role="group" aria-label=${t("settings.theme")}>
      ${["auto", "light", "dark"].map(
        (name) => html`<button type="button" aria-pressed=${theme.value === name} onClick=${() => chooseTheme(name)}>${t(`settings.${name}`)}</button>`,
      )}
    </div>
  </section>
`;

function Sessions() {
  const { data, problem, again } = useAsked(() => get("sessions"), []);
  const [failure, failed] = useState(null);
  const sessions = data?.sessions ?? data;
  async function end(one) {
    await remove(`sessions/${one.id}`);
    again();
  }
  return html`
    <section class="stack tight" aria-labelledby="settings-sessions">
      <h2 id="settings-sessions">${t("settings.sessions")}</h2>
      <p class="soft">${t("settings.sessions-text")}</p>
      <${Trouble} problem=${problem ?? failure} again=${again} />
      ${!sessions
        ? !problem && html`<${Bones} lines=${1} />`
        : html`<ul class="list">
            ${sessions.map(
              (one) => html`
                <li key=${one.id}><div class="item">
                  <span class="grow"><span class="name">${t(one.is_this ? "settings.this-page" : `settings.session-${one.kind}`)}</span>
                    <span class="more">${t("settings.since", { time: moment(one.since) })}</span></span>
                  ${!one.is_this && html`<${Act} class="quiet" does=${() => end(one)} failed=${failed}>${t("settings.end")}<//>`}
                </div></li>
              `,
            )}
          </ul>`}
    </section>
  `;
}

export default function Settings() {
  return html`
    <${Screen} title=${t("more.settings-title")} back=${place("more")}>
      <div class="stack loose">
        ${settings.value ? html`<${Wallet} />` : html`<${Bones} />`}
        <${Look} />
        <${Programs} />
        <${Sessions} />
      </div>
    <//>
  `;
}
