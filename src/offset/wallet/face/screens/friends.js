// All friends, to be searched; with a thousand of them only as many are drawn as one looks at.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { byWeight } from "../parts/circle.js";
import { Field } from "../parts/fields.js";
import { FriendItem } from "../parts/friend-item.js";
import { Icon } from "../parts/icons.js";
import { Empty } from "../parts/notice.js";
import { Bones, Screen } from "../parts/screen.js";
import { place } from "../router.js";
import { currency, friends } from "../state.js";
import { t } from "../words.js";

const STEP = 50;
const SEARCH_FROM = 8;

export default function Friends() {
  const [sought, seek] = useState("");
  const [count, show] = useState(STEP);
  const all = friends.value;
  const wanted = sought.trim().toLocaleLowerCase();
  const found = all && byWeight(all.filter((one) => one.name.toLocaleLowerCase().includes(wanted)), currency.value);
  const add = html`<a class="button" href=${place("friends", "add")}><${Icon} name="add" />${t("friends.add")}</a>`;
  const own = html`<a class="button quiet" href=${place("own-card")}><${Icon} name="qr" />${t("own.show")}</a>`;
  return html`
    <${Screen} title=${t("places.friends")}>
      ${!all
        ? html`<${Bones} lines=${6} />`
        : !all.length
          ? html`<${Empty} icon="friends" title=${t("home.no-friends")} actions=${[add, own]}>${t("home.no-friends-text")}<//>`
          : html`
              <div class="stack">
                <div class="actions">${add}${own}</div>
                ${all.length >= SEARCH_FROM &&
                html`<${Field} label=${t("friends.search")} type="search" value=${sought}
                  onInput=${(text) => (seek(text), show(STEP))} />`}
                <p class="soft small" role="status">${wanted ? t("friends.found", { n: found.length }) : t("friends.count", { n: all.length })}</p>
                ${found.length > 0 &&
                html`<ul class="list">
                  ${found.slice(0, count).map(
                    (one) => html`<li key=${one.key}><${FriendItem} friend=${one} currency=${currency.value} /></li>`,
                  )}
                </ul>`}
                ${found.length > count &&
                html`<div><button type="button" class="quiet" onClick=${() => show(count + STEP)}>
                  ${t("friends.more", { n: Math.min(STEP, found.length - count) })}
                </button></div>`}
              </div>
            `}
    <//>
  `;
}
