// Gives a text away: as a code to be scanned, to be copied, shared or saved as a file.

import { useEffect, useState } from "preact/hooks";
import { blob } from "../api.js";
import { html } from "../html.js";
import { t } from "../words.js";
import { say } from "./confirm.js";
import { Icon } from "./icons.js";

// Saves a file from memory, so that no link carries a key.
export function save(name, content, type = "application/json") {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  say(t("give.copied"));
}

export function Code({ text, label }) {
  const [url, set] = useState(null);
  useEffect(() => {
    let made = null;
    let over = false;
    blob("qr", { body: { text, form: "svg", scale: 4 } }).then(
      (picture) => {
        if (over) return;
        made = URL.createObjectURL(picture);
        set(made);
      },
      () => {},
    );
    return () => {
      over = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [text]);
  return html`<div class="qr">${url ? html`<img src=${url} alt=${label} />` : html`<span class="bone"></span>`}</div>`;
}

// `name` is that of the file, `label` what the code is.
export function Giver({ text, file, name, label, code = true }) {
  const share = navigator.share && (() => navigator.share({ text }).catch(() => {}));
  const picture = async () => save(name.replace(/\.\w+$/, ".png"), await blob("qr", { body: { text, form: "png", scale: 8 } }));
  return html`
    <div class="stack">
      ${code && html`<${Code} text=${text} label=${label} />`}
      <div class="thirds">
        <button type="button" class="quiet" onClick=${() => copy(text)}><${Icon} name="copy" />${t("give.copy")}</button>
        ${share && html`<button type="button" class="quiet" onClick=${share}><${Icon} name="out" />${t("give.share")}</button>`}
        ${code &&
        html`<button type="button" class="quiet" onClick=${picture}><${Icon} name="picture" />${t("give.picture")}</button>`}
        ${file &&
        html`<button type="button" class="quiet" onClick=${() => save(name, file)}>
          <${Icon} name="save" />${t("give.file")}
        </button>`}
      </div>
      <details>
        <summary>${t("give.show-text")}</summary>
        <p class="key soft">${text}</p>
      </details>
    </div>
  `;
}
