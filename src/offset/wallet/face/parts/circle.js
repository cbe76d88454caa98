// The picture of the friends: oneself in the middle; each line is thick at who owes and thin at who is owed.

import { html } from "../html.js";
import { isBelow, isZero, shown, size } from "../amounts.js";
import { place } from "../router.js";
import { view } from "../state.js";
import { t } from "../words.js";
import { money, side } from "./money.js";
import { friendState } from "./states.js";

const WIDTH = 348;
const HEIGHT = 364;
const MIDDLE = { x: WIDTH / 2, y: HEIGHT / 2 };
const REACH = { x: 132, y: 140 };
const DISC = 37;
const ME = 27;
const SHOWN_MAX = 8;
const FLAT = 90;

const balanceOf = (friend, currency) => friend.currencies.find((one) => one.currency === currency)?.balance ?? "0";
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// The friends with the largest amounts first, those whose books differ ahead of all.
export function byWeight(friends, currency) {
  const weight = (one) => size(balanceOf(one, currency));
  return [...friends].sort((a, b) => {
    if (!a.books !== !b.books) return a.books ? -1 : 1;
    const [x, y] = [weight(a), weight(b)];
    return x === y ? a.name.localeCompare(b.name) : x > y ? -1 : 1;
  });
}

// How thick a line is: between 4 and 20, by its part of the largest amount.
function thickness(value, largest) {
  if (isZero(value) || largest === 0n) return 0;
  return 4 + Number((size(value) * 1600n) / largest) / 100;
}

// A wedge between two points, wide at the first.
function wedge(from, to, wide) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const side_ = { x: (-(to.y - from.y) / length) * (wide / 2), y: ((to.x - from.x) / length) * (wide / 2) };
  const thin = 0.75 / (wide / 2);
  const points = [
    [from.x + side_.x, from.y + side_.y],
    [to.x + side_.x * thin, to.y + side_.y * thin],
    [to.x - side_.x * thin, to.y - side_.y * thin],
    [from.x - side_.x, from.y - side_.y],
  ];
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

function Node({ friend, currency, angle, largest }) {
  const at = { x: MIDDLE.x + Math.cos(angle) * REACH.x, y: MIDDLE.y + Math.sin(angle) * REACH.y };
  const far = Math.hypot(at.x - MIDDLE.x, at.y - MIDDLE.y);
  const toward = { x: (at.x - MIDDLE.x) / far, y: (at.y - MIDDLE.y) / far };
  const near = { x: MIDDLE.x + toward.x * ME, y: MIDDLE.y + toward.y * ME };
  const edge = { x: at.x - toward.x * DISC, y: at.y - toward.y * DISC };
  const balance = balanceOf(friend, currency);
  const { decimals } = view(currency);
  const { word } = friendState(friend);
  const owes = !isBelow(balance);
  const tone = isZero(balance) ? "" : owes ? "owed" : "owe";
  const amount = shown(balance, decimals, "always");
  const label = friend.books
    ? `${friend.name}: ${t("circle.differ")}, ${word}`
    : `${friend.name}: ${money(balance, currency, "never")}, ${side(balance)}, ${word}`;
  return html`
    <a href=${place("friends", friend.key)} aria-label=${label} class=${friend.is_online ? "" : "closed"}>
      <line class="thread" x1=${near.x} y1=${near.y} x2=${edge.x} y2=${edge.y} />
      ${tone &&
      html`<polygon class=${`flow ${tone}`}
        points=${owes ? wedge(edge, near, thickness(balance, largest)) : wedge(near, edge, thickness(balance, largest))} />`}
      <circle class="disc" cx=${at.x} cy=${at.y} r=${DISC} />
      <text class="who" x=${at.x} y=${at.y - 3} text-anchor="middle">${short(friend.name, 9)}</text>${" "}
      <text class=${`what ${tone}`} x=${at.x} y=${at.y + 15} text-anchor="middle">
        ${friend.books ? t("circle.differ") : short(amount, 9)}
      </text>
    </a>
  `;
}

// Its place, while the friends are not known.
export const CircleBone = () => html`
  <div class="circle" aria-hidden="true"><span class="bone" style=${{ aspectRatio: `${WIDTH} / ${HEIGHT}` }}></span></div>
`;

export function Circle({ friends, currency, total = friends.length }) {
  const some = byWeight(friends, currency).slice(0, SHOWN_MAX);
  const largest = some.reduce((most, one) => {
    const own = size(balanceOf(one, currency));
    return own > most ? own : most;
  }, 0n);
  // From the top, clockwise; one friend or two stand beside oneself, and the picture is as flat as they are.
  const flat = some.length < 3;
  const turn = (2 * Math.PI) / (flat ? 2 : some.length);
  const begin = flat ? 0 : -Math.PI / 2;
  const box = flat ? `0 ${MIDDLE.y - FLAT / 2} ${WIDTH} ${FLAT}` : `0 0 ${WIDTH} ${HEIGHT}`;
  return html`
    <figure class="stack tight" aria-label=${t("circle.label")}>
      <svg class="circle" viewBox=${box}>
        ${!flat && html`<ellipse class="ring" cx=${MIDDLE.x} cy=${MIDDLE.y} rx=${REACH.x} ry=${REACH.y} />`}
        ${some.map(
          (friend, number) => html`
            <${Node} key=${friend.key} friend=${friend} currency=${currency} largest=${largest}
              angle=${begin + number * turn} />
          `,
        )}
        <circle class="me" cx=${MIDDLE.x} cy=${MIDDLE.y} r=${ME} />
        <text class="me-word" x=${MIDDLE.x} y=${MIDDLE.y + 5} text-anchor="middle">${t("circle.me")}</text>
      </svg>
      <figcaption class="legend">
        <span><svg viewBox="0 0 26 10" class="circle" aria-hidden="true">
          <polygon class="flow owed" points="0,0.5 26,4.5 26,5.5 0,9.5" /></svg>${t("circle.owed")}</span>
        <span><svg viewBox="0 0 26 10" class="circle" aria-hidden="true">
          <polygon class="flow owe" points="0,4.5 26,0.5 26,9.5 0,5.5" /></svg>${t("circle.owe")}</span>
        <span><svg viewBox="0 0 26 10" class="circle closed" aria-hidden="true">
          <line class="thread" x1="0" y1="5" x2="26" y2="5" stroke-dasharray="4 5" /></svg>${t("circle.closed")}</span>
        ${total > some.length && html`<span>${t("circle.more", { n: total - some.length })}</span>`}
      </figcaption>
    </figure>
  `;
}
