// States by shape, word and colour: a full disc is open, a ring is closed, a triangle wants somebody.

import { html } from "../html.js";
import { t } from "../words.js";

const SHAPES = {
  up: html`<circle cx="6" cy="6" r="5" fill="currentColor" />`,
  down: html`<circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5" />`,
  trying: html`<path d="M6 1.5a4.5 4.5 0 1 1-4.5 4.5" fill="none" stroke="currentColor" stroke-width="2" />`,
  off: html`<rect x="1.5" y="1.5" width="9" height="9" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.5" />`,
  bad: html`<path d="M6 1 11.5 11H.5z" fill="currentColor" />`,
  held: html`<path d="M2.5 1.5h2.5v9H2.5zM7 1.5h2.5v9H7z" fill="currentColor" />`,
  unknown: html`<circle cx="6" cy="6" r="2" fill="currentColor" />`,
};

export const State = ({ shape, children }) => html`
  <span class=${`state ${shape}`}>
    <svg viewBox="0 0 12 12" aria-hidden="true">${SHAPES[shape] ?? SHAPES.unknown}</svg>
    <span>${children}</span>
  </span>
`;

// How it stands with a friend, in one word; what stops payments comes first.
export function friendState(friend) {
  if (friend.books) return { shape: "bad", word: t("friend.books-differ") };
  if (!friend.is_enabled) return { shape: "off", word: t("friend.off") };
  if (friend.is_online) return { shape: "up", word: t("friend.open") };
  if (friend.reach.state === "trying") return { shape: "trying", word: t("friend.trying") };
  return { shape: "down", word: t("friend.closed") };
}

export const FriendState = ({ friend }) => {
  const { shape, word } = friendState(friend);
  return html`<${State} shape=${shape}>${word}<//>`;
};

const REACH = { up: "up", trying: "trying", down: "bad", off: "off", unknown: "unknown" };

// How it stands with a relay or an index server.
export const ReachState = ({ reach }) => html`
  <${State} shape=${REACH[reach.state] ?? "unknown"}>${t(`reach.${reach.state}`)}<//>
`;

const CARD = { open: "up", opening: "trying", away: "bad", stopped: "bad", locked: "down", closed: "down" };

export const CardState = ({ card }) => html`
  <${State} shape=${CARD[card.state] ?? "unknown"}>${t(`card.${card.state}`)}<//>
`;
