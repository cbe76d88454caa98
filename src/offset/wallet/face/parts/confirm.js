// A second yes, asked in a dialog: for what the wallet asks back, and for what the page itself asks.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hooks } from "../api.js";
import { html } from "../html.js";
import { t } from "../words.js";

const question = signal(null);

// Asks and waits: {title, text, yes}; true if the person agreed.
export const confirmed = (words) =>
  new Promise((resolve) => {
    question.value = { ...words, resolve };
  });

hooks.confirm = (problem) =>
  confirmed({ title: t("confirm.title"), text: problem.fields.detail, yes: t("confirm.yes") });

export function Confirm() {
  const box = useRef();
  const asked = question.value;
  useEffect(() => {
    if (asked) box.current?.showModal();
  }, [asked]);
  if (!asked) return null;
  // Closed before it is gone, so that the focus goes back to where it was.
  const answer = (value) => {
    box.current?.close();
    question.value = null;
    asked.resolve(value);
  };
  return html`
    <dialog ref=${box} aria-labelledby="confirm-title" onCancel=${(event) => (event.preventDefault(), answer(false))}>
      <article class="stack">
        <h2 id="confirm-title">${asked.title}</h2>
        <p>${asked.text}</p>
        <div class="actions wide">
          <button type="button" class="quiet" onClick=${() => answer(false)}>${t("confirm.no")}</button>
          <button type="button" onClick=${() => answer(true)}>${asked.yes}</button>
        </div>
      </article>
    </dialog>
  `;
}

const toast = signal("");
let ends = 0;

// Says shortly that something was done; screen readers hear it.
export function say(text) {
  toast.value = text;
  clearTimeout(ends);
  ends = setTimeout(() => (toast.value = ""), 4000);
}

export const Toast = () => html`
  <div role="status" aria-live="polite">${toast.value && html`<div class="toast">${toast.value}</div>`}</div>
`;
