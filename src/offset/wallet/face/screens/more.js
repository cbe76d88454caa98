// Where the less frequent things are.

import { html } from "../html.js";
import { Icon } from "../parts/icons.js";
import { Screen } from "../parts/screen.js";
import { place } from "../router.js";
import { held, logOut, me } from "../state.js";
import { t } from "../words.js";

const PLACES = [
  ["held", "held"],
  ["own-card", "qr"],
  ["standing", "relay"],
  ["cards", "card"],
  ["currencies", "coins"],
  ["settings", "settings"],
];

export default function More() {
  const waiting = held.value ? held.value.purchases.length + held.value.sales.length : 0;
  const more = (name) => (name === "held" && waiting ? t("more.held-now", { n: waiting }) : t(`more.${name}`));
  return html`
    <${Screen} title=${t("places.more")}>
      <div class="stack">
        <ul class="list">
          ${PLACES.map(
            ([name, icon]) => html`
              <li><a class="item" href=${place(name)}>
                <span class="row-icon"><${Icon} name=${icon} /></span>
                <span class="grow"><span class="name">${t(`more.${name}-title`)}</span><span class="more">${more(name)}</span></span>
                <${Icon} name="next" class="soft" />
              </a></li>
            `,
          )}
        </ul>
        <div class="row apart">
          <button type="button" class="quiet" onClick=${logOut}>${t("more.log-out")}</button>
          <span class="soft small">${me.value && t("more.version", { version: me.value.version })}</span>
        </div>
      </div>
    <//>
  `;
}
