// One's own card, for friends to add: as a code, a text, a file.

import { at, get } from "../api.js";
import { html } from "../html.js";
import { Giver } from "../parts/giver.js";
import { Key } from "../parts/key.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Bones, Screen, useAsked } from "../parts/screen.js";
import { place } from "../router.js";
import { card } from "../state.js";
import { t } from "../words.js";

export default function OwnCard() {
  const { data, problem, again } = useAsked(() => get(at(card.value.id, "own-card")), [card.value?.id, card.value?.state]);
  return html`
    <${Screen} title=${t("own.title")} back=${place("friends")}>
      <div class="stack loose">
        <p>${t("own.text")}</p>
        <${Trouble} problem=${problem} again=${again} />
        ${data?.relays === 0 &&
        html`<${Notice} tone="warn">
          <p>${t("own.no-relay")}</p>
          <div><a class="button quiet" href=${place("standing")}>${t("remedy.add-relay")}</a></div>
        <//>`}
        ${data
          ? html`<${Giver} text=${data.text} file=${data.file} name=${`${card.value.name}.friend`} label=${t("own.code")} />`
          : !problem && html`<${Bones} lines=${1} height=${320} />`}
        ${card.value?.public_key &&
        html`<section class="sheet"><${Key} value=${card.value.public_key} label=${t("key.yours")} hint=${t("key.read-out")} /></section>`}
      </div>
    <//>
  `;
}
