// Home: how one stands, what is held, and the friends as a picture and as a list.

import { html } from "../html.js";
import { isBelow, isZero, plus } from "../amounts.js";
import { byWeight, Circle, CircleBone } from "../parts/circle.js";
import { FriendItem } from "../parts/friend-item.js";
import { Icon } from "../parts/icons.js";
import { Amount, anyAmount, money, Sum } from "../parts/money.js";
import { Bones, Screen } from "../parts/screen.js";
import { Spark } from "../parts/spark.js";
import { place } from "../router.js";
import { card, currency, friends, held, standing, waiting } from "../state.js";
import { t } from "../words.js";

const LISTED = 8;

// What friends owe, and what is owed to friends, apart.
function sides() {
  const balances = friends.value.flatMap((one) => one.currencies.filter((each) => each.currency === currency.value));
  const owed = balances.filter((each) => !isBelow(each.balance)).map((each) => each.balance);
  const owe = balances.filter((each) => isBelow(each.balance)).map((each) => each.balance.slice(1));
  return { owed: plus(...owed, "0"), owe: plus(...owe, "0") };
}

function Standing() {
  const sum = card.value?.sums.find((one) => one.currency === currency.value);
  if (!sum)
    return html`<p class="lead">${t("home.welcome")}</p>`;
  const both = friends.value && sides();
  const word = isZero(sum.balance) ? "home.even" : isBelow(sum.balance) ? "home.you-owe" : "home.owed";
  return html`
    <div class="sum">
      <span class="soft">${t(word)}</span>
      <${Sum} value=${sum.balance} currency=${sum.currency} />
      <span class="soft small">
        ${both
          ? isZero(both.owed) && isZero(both.owe)
            ? t("home.no-debts")
            : t("home.sides", { owed: money(both.owed, sum.currency), owe: money(both.owe, sum.currency) })
          : "\u00a0"}
      </span>
    </div>
  `;
}

// One line that leads to all that is held.
function HeldLine() {
  const now = held.value;
  const waiting = now ? [...now.purchases, ...now.sales.filter((sale) => sale.stage === "committed")] : [];
  if (!waiting.length) return null;
  const [one] = waiting;
  const { amount, currency: unit } = one.invoice ?? one;
  const to = one.invoice ? one.invoice.seller_name || one.name || t("pay.somebody") : null;
  return html`
    <a class="notice warn item-link" href=${place("held")}>
      <${Icon} name="held" />
      <span class="row apart">
        <span>
          <strong>${t("home.held", { amount: money(amount, unit) })}</strong>
          <span class="soft"> ${to ? t("home.held-to", { name: to }) : t("home.held-in")}</span>
          ${waiting.length > 1 && html`<span class="soft"> ${t("home.held-more", { n: waiting.length - 1 })}</span>`}
        </span>
        <${Icon} name="next" />
      </span>
    </a>
  `;
}

const Begun = ({ where, amount, text }) => html`
  <a class="notice item-link" href=${where}>
    <${Icon} name="wait" />
    <span class="row apart">
      <span><strong>${amount}</strong> <span class="soft">${text}</span></span>
      <${Icon} name="next" />
    </span>
  </a>
`;

// What was begun and waits for a yes, or to be paid.
function WaitingLines() {
  const { purchase, sale, request } = waiting.value ?? {};
  return html`
    ${purchase &&
    html`<${Begun}
      where=${place("pay", purchase.id)}
      amount=${money(purchase.invoice.amount, purchase.invoice.currency)}
      text=${t(purchase.stage === "asking" ? "home.asking" : "home.waits-yes", { name: purchase.invoice.seller_name || purchase.name || t("pay.somebody") })}
    />`}
    ${sale &&
    html`<${Begun}
      where=${place("get-paid", sale.id)}
      amount=${money(sale.amount, sale.currency)}
      text=${t("home.waits-paid")}
    />`}
    ${request &&
    html`<${Begun}
      where=${place("requests", request.id)}
      amount=${request.amount === null ? anyAmount(request.currency) : money(request.amount, request.currency)}
      text=${t("home.waits-paid")}
    />`}
  `;
}

const Differ = () => {
  const some = (friends.value ?? []).filter((one) => one.books);
  return some.map(
    (one) => html`
      <a class="notice bad item-link" href=${place("books", one.key)}>
        <${Icon} name="warn" />
        <span class="row apart">
          <span><strong>${t("books.title", { name: one.name })}</strong> <span class="soft">${t("books.short", { name: one.name })}</span></span>
          <${Icon} name="next" />
        </span>
      </a>
    `,
  );
};

// What to do first, in order, and what is done of it.
function FirstSteps() {
  const reached = standing.value?.relays.some((one) => one.is_own);
  const found = standing.value?.servers.length > 0;
  const steps = [
    ["relay", place("standing"), reached && found],
    ["friend", place("friends", "add"), false],
    ["own", place("own-card"), false],
  ];
  return html`
    <p class="soft">${t("home.no-friends-text")}</p>
    <ol class="list first">
      ${steps.map(
        ([name, where, done]) => html`
          <li key=${name} class=${done ? "done" : ""}>
            <a class="item" href=${where}>
              <span class="grow"><span class="name">${done && html`<span class="hidden">${t("steps.done")} </span>`}${t(`first.${name}`)}</span>
                <span class="more">${t(`first.${name}-text`)}</span></span>
              <${Icon} name="next" class="soft" />
            </a>
          </li>
        `,
      )}
    </ol>
  `;
}

function Friends() {
  const all = friends.value;
  if (!all.length) return html`<${FirstSteps} />`;
  const some = byWeight(all, currency.value).slice(0, LISTED);
  return html`
    <ul class="list">
      ${some.map((one) => html`<li key=${one.key}><${FriendItem} friend=${one} currency=${currency.value} /></li>`)}
    </ul>
    ${all.length > LISTED &&
    html`<p><a class="button plain" href=${place("friends")}>${t("home.all-friends", { n: all.length })}</a></p>`}
  `;
}

export default function Home() {
  // Until the friends are there only their places are: what is in its place does not move any more.
  const all = friends.value;
  return html`
    <${Screen} title=${t("places.home")} wide quietly>
      <div class="home">
        <div class="stack loose">
          <div class="stack">
            <${Standing} />
            <div class="main-actions">
              <a class="button" href=${place("pay")}><${Icon} name="pay" />${t("home.pay")}</a>
              <a class="button quiet" href=${place("get-paid")}><${Icon} name="get" />${t("home.get")}</a>
            </div>
            <${WaitingLines} />
            <${HeldLine} />
            <${Differ} />
          </div>
          ${all?.length > 0 && currency.value && html`<${Circle} key="circle" friends=${all} currency=${currency.value} />`}
          ${!all && currency.value && card.value?.state !== "closed" && html`<${CircleBone} key="bone" />`}
        </div>
        ${all
          ? html`<div key="friends" class="stack loose">
              ${card.value?.state !== "closed" && html`<section class="stack tight" aria-labelledby="home-friends">
                <div class="head">
                  <h2 id="home-friends">${t(all.length === 0 ? "home.no-friends" : "home.friends")}</h2>
                  ${all.length > 0 &&
                  html`<a class="button plain" href=${place("friends", "add")}><${Icon} name="add" />${t("friends.add")}</a>`}
                </div>
                <${Friends} />
              </section>`}
              <${Spark} />
            </div>`
          : html`<div key="bones"><${Bones} lines=${6} /></div>`}
      </div>
    <//>
  `;
}
