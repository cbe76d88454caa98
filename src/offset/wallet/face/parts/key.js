// A public key, in groups that two people can read to one another.

import { html } from "../html.js";
import { t } from "../words.js";
import { copy } from "./giver.js";
import { Icon } from "./icons.js";

export const groups = (key) => key.match(/.{1,4}/g) ?? [];

export const Key = ({ value, label, hint }) => html`
  <div class="stack tight">
    <div class="row apart">
      <span class="soft">${label}</span>
      <button type="button" class="plain only-icon" aria-label=${t("key.copy")} title=${t("key.copy")} onClick=${() => copy(value)}>
        <${Icon} name="copy" />
      </button>
    </div>
    <code class="key groups">${groups(value).map((part) => html`<span>${part}</span>`)}</code>
    ${hint && html`<small>${hint}</small>`}
  </div>
`;
