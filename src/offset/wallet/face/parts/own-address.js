// The card's own address: a code that stays the same, for whoever chooses the amount; how it is called and for whom it is.

import { useState } from "preact/hooks";
import { at, patch } from "../api.js";
import { html } from "../html.js";
import { card } from "../state.js";
import { t } from "../words.js";
import { say } from "./confirm.js";
import { Act, Field, Form, Select } from "./fields.js";
import { Giver } from "./giver.js";
import { Trouble } from "./notice.js";

const OPEN_TO = ["anyone", "requests"];
const LABEL_BYTES_MAX = 32;

export function OwnAddress({ address, changed }) {
  const [label, setLabel] = useState(address.label);
  const [open, setOpen] = useState(address.open_to);
  const [problem, failed] = useState(null);
  const long = new TextEncoder().encode(label.trim()).length > LABEL_BYTES_MAX;
  async function save() {
    if (long) return;
    changed(await patch(at(card.value.id, "address"), { label: label.trim(), open_to: open }));
    say(t("settings.saved"));
  }
  return html`
    <section class="sheet stack" aria-labelledby="own-address">
      <h2 id="own-address">${t("address.title")}</h2>
      <p class="soft">${t(address.open_to === "anyone" ? "address.text" : "address.text-requests")}</p>
      ${address.open_to === "anyone" && html`<${Giver} text=${address.text} name="address.png" label=${t("address.code")} />`}
      <details>
        <summary>${t("address.change")}</summary>
        <${Form}>
          <${Field} label=${t("address.label")} hint=${t("address.label-hint")} value=${label} onInput=${setLabel} maxlength="32"
            wrong=${long ? t("address.label-long") : null} />
          <${Select} label=${t("address.open-to")} value=${open} onInput=${setOpen} options=${OPEN_TO.map((one) => [one, t(`address.open-${one}`)])} />
          <${Trouble} problem=${problem} />
          <div><${Act} type="submit" class="quiet" does=${save} failed=${failed}>${t("settings.save")}<//></div>
        <//>
      </details>
    </section>
  `;
}
