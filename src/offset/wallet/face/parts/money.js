// Amounts and balances: tabular figures, the currency beside them, and never by colour alone.

import { html } from "../html.js";
import { isBelow, isZero, shown } from "../amounts.js";
import { view } from "../state.js";
import { t } from "../words.js";

const LONG = 14;
const tone = (value) => (isZero(value) ? "" : isBelow(value) ? "owe" : "owed");

// "20.00 FST" as plain text, for sentences and labels.
export const money = (value, currency, sign) => {
  const { decimals, label } = view(currency);
  return `${shown(value, decimals, sign)}\u00a0${label || currency}`;
};

// For what leaves the amount to the payer.
export const anyAmount = (currency) => t("request.any-amount", { currency: view(currency).label || currency });

// An amount; `signed` shows + and −, `toned` colours it by its side.
export function Amount({ value, currency, signed = false, toned = false, unit = true }) {
  const { decimals, label } = view(currency);
  const text = shown(value, decimals, signed ? "always" : "negative");
  return html`
    <span class=${`amount ${toned ? tone(value) : ""} ${text.length > LONG ? "long" : ""}`}>
      ${text}${unit && html`<span class="unit">${label || currency}</span>`}
    </span>
  `;
}

// Who owes whom, in a word: "owes you", "you owe", "even".
export const side = (value) => t(isZero(value) ? "side.even" : isBelow(value) ? "side.you-owe" : "side.owes-you");

// The sum of a card, large.
export function Sum({ value, currency }) {
  const { decimals, label } = view(currency);
  const text = shown(value, decimals, "always");
  return html`
    <div class=${`figure amount ${text.length > 10 ? "long" : ""}`}>
      ${text}<span class="unit">${label || currency}</span>
    </div>
  `;
}
