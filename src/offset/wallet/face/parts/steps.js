// The stages of a payment, one under the other: what is done, what is now, what comes.

import { html } from "../html.js";
import { t } from "../words.js";
import { Icon } from "./icons.js";

// `steps` are [key, sentence], `now` the number of the one at work; `waits` whether it turns or stands still.
export const Steps = ({ steps, now, waits = false }) => html`
  <ol class="steps">
    ${steps.map(([key, text, more], number) => {
      const state = number < now ? "done" : number === now ? "now" : "next";
      const icon = state === "done" ? "done" : state === "next" ? "blank" : waits ? "held" : "turn";
      return html`
        <li key=${key} class=${state} aria-current=${state === "now" ? "step" : undefined}>
          <${Icon} name=${icon} class=${state === "now" && !waits ? "busy-icon" : ""} />
          <span>
            <span class="hidden">${t(`steps.${state}`)} </span>${text}
            ${state === "now" && more && html`<span class="soft small"><br />${more}</span>`}
          </span>
        </li>
      `;
    })}
  </ol>
`;
