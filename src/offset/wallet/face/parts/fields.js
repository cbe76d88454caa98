// Fields with their labels, hints and what is wrong; and the button that does one thing once.

import { useId, useRef, useState } from "preact/hooks";
import { Declined } from "../api.js";
import { parsed } from "../amounts.js";
import { html } from "../html.js";
import { view } from "../state.js";
import { t } from "../words.js";
import { Icon } from "./icons.js";

export function Field({ label, hint, wrong, kind = "input", unit, onInput, value, ...rest }) {
  const id = useId();
  const told = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ") || undefined;
  const field = html`
    <${kind}
      id=${id} value=${value} aria-describedby=${told} aria-invalid=${wrong ? "true" : undefined}
      autocomplete="off" onInput=${(event) => onInput(event.target.value)} ...${rest}
    />
  `;
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${unit ? html`<div class="with-unit">${field}<span class="unit">${unit}</span></div>` : field}
      ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
      ${wrong && html`<span class="wrong" id=${`${id}-wrong`}><${Icon} name="warn" />${wrong}</span>`}
    </div>
  `;
}

export function Select({ label, hint, options, value, onInput }) {
  const id = useId();
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <select id=${id} value=${value} onChange=${(event) => onInput(event.target.value)}>
        ${options.map(([key, word]) => html`<option value=${key} selected=${key === value}>${word}</option>`)}
      </select>
      ${hint && html`<span class="hint">${hint}</span>`}
    </div>
  `;
}

// What is typed into a field of an amount: {text, set, value, wrong, check}. `check()` shows what is wrong.
export function useAmount(currency, initial = "", options = {}) {
  const [text, set] = useState(initial);
  const [shown, show] = useState(false);
  const { decimals } = view(currency);
  const found = parsed(text, decimals, options);
  const loud = found.wrong && (shown || (text && found.wrong !== "zero"));
  return {
    text,
    set,
    value: found.value ?? null,
    wrong: loud ? t(`amount.${found.wrong}`, { n: decimals }) : null,
    check: () => {
      show(true);
      return found.value !== undefined;
    },
  };
}

export const AmountField = ({ amount, currency, label, hint, wrong, ...rest }) => html`
  <${Field}
    label=${label} hint=${hint} wrong=${wrong ?? amount.wrong} unit=${view(currency).label || currency}
    inputmode="decimal" value=${amount.text} onInput=${amount.set} placeholder="0" ...${rest}
  />
`;

export function Tick({ checked, onInput, children }) {
  return html`
    <label class="tick">
      <input type="checkbox" checked=${checked} onChange=${(event) => onInput(event.target.checked)} />
      <span>${children}</span>
    </label>
  `;
}

// Does something once, however often it is pressed; it says that it is at work.
export function Act({ does, failed, children, class: name, icon, ...rest }) {
  const [busy, set] = useState(false);
  const running = useRef(false);
  async function press() {
    if (running.current) return;
    running.current = true;
    set(true);
    try {
      failed?.(null);
      await does();
    } catch (problem) {
      if (!(problem instanceof Declined)) failed ? failed(problem) : console.warn(problem.message);
    } finally {
      running.current = false;
      set(false);
    }
  }
  return html`
    <button type="button" class=${name} aria-disabled=${busy ? "true" : undefined} aria-busy=${busy} onClick=${press} ...${rest}>
      ${busy ? html`<${Icon} name="turn" class="busy-icon" />` : icon && html`<${Icon} name=${icon} />`}
      ${children}
    </button>
  `;
}

// A form whose Enter does the same as its button.
export const Form = ({ onSubmit, children, ...rest }) => html`
  <form
    class="stack" novalidate ...${rest}
    onSubmit=${(event) => {
      event.preventDefault();
      onSubmit?.();
    }}
  >
    ${children}
  </form>
`;
