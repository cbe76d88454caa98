// What is wrong, said in one sentence, with buttons that help.

import { html } from "../html.js";
import { Declined, Problem } from "../api.js";
import { has, t } from "../words.js";
import { Icon } from "./icons.js";
import { Remedies } from "./remedies.js";

const ICONS = { warn: "warn", bad: "not", good: "done", plain: "info", held: "held" };

export const Notice = ({ tone = "plain", icon, children, role, ...rest }) => html`
  <div class=${`notice ${tone}`} role=${role} ...${rest}>
    <${Icon} name=${icon ?? ICONS[tone]} />
    <div class="body">${children}</div>
  </div>
`;

// The sentence of a problem: the wallet's own, else ours for its kind.
export function sentenceOf(problem) {
  if (problem instanceof Problem && problem.fields.detail) return problem.fields.detail;
  const key = `problem.${problem?.kind}`;
  return has(key) ? t(key) : t("problem.ours");
}

// Read out as soon as it appears; `doing` has what the screen itself can do.
export function Trouble({ problem, again, doing, children }) {
  if (!problem || problem instanceof Declined) return null;
  return html`
    <${Notice} tone="bad" role="alert">
      <p>${sentenceOf(problem)}</p>
      <${Remedies} remedies=${problem.fields?.remedies ?? []} again=${again} doing=${doing} />
      ${children}
    <//>
  `;
}

// Nothing is there yet: what it would be, and what to do first.
export const Empty = ({ icon, title, children, actions }) => html`
  <div class="empty">
    <${Icon} name=${icon} class="big" />
    <h2>${title}</h2>
    <p class="soft">${children}</p>
    ${actions && html`<div class="actions">${actions}</div>`}
  </div>
`;
