// Before anything is shown: the page was opened without its link, or the wallet was closed.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Act, Field, Form } from "../parts/fields.js";
import { Sign } from "../parts/icons.js";
import { Notice, Trouble } from "../parts/notice.js";
import { Screen } from "../parts/screen.js";
import { line, logIn, loginProblem } from "../state.js";
import { t } from "../words.js";

export default function Login() {
  const [code, set] = useState("");
  const closed = line.value === "closed";
  const submit = () => code.trim() && logIn(code);
  return html`
    <div class="door">
      <${Screen} title=${t(closed ? "login.closed" : "login.title")} above=${html`<${Sign} size=${56} />`}>
        <div class="stack">
          ${closed
            ? html`<${Notice} tone="warn" role="alert"><p>${t("login.closed-text")}</p><//>`
            : html`<p>${t("login.text")}</p>`}
          <p class="soft">${t("login.how")} <code>offset wallet open</code>${closed && html` ${t("login.how-closed")} <code>offset wallet</code>`}</p>
          <hr />
          <${Form} onSubmit=${submit}>
            <${Field} label=${t("login.code")} value=${code} onInput=${set} class="mono" spellcheck="false"
              hint=${html`${t("login.code-hint")} <code>offset wallet open --code</code>`} />
            <${Trouble} problem=${loginProblem.value} />
            <div><${Act} does=${() => logIn(code)} type="submit" disabled=${!code.trim()}>${t("login.do")}<//></div>
          <//>
        </div>
      <//>
    </div>
  `;
}
