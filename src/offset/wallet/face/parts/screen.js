// The frame of one screen: its title gets the focus when one comes to it, so that a screen reader begins there.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { place } from "../router.js";
import { card } from "../state.js";
import { t } from "../words.js";
import { Icon } from "./icons.js";

let first = true;

// `back` is a place (or nothing), `end` stands right of the title, `above` over it; `quietly` hides it
// from sight; `waiting` is one that another takes the place of.
export function Screen({ title, back, end, above, wide, quietly, waiting, children }) {
  const head = useRef();
  useEffect(() => {
    document.title = `${title} – Offset`;
  }, [title]);
  useLayoutEffect(() => {
    if (waiting) return;
    scrollTo(0, 0);
    if (!first) head.current?.focus({ preventScroll: true });
    first = false;
  }, []);
  return html`
    <main class=${`screen ${wide ? "wide" : ""}`} id="main" data-place=${location.hash}>
      ${above}
      <div class=${quietly ? "hidden" : "screen-head"}>
        ${back &&
        html`<a class="button plain only-icon back" href=${back} aria-label=${t("go.back")}><${Icon} name="back" /></a>`}
        <h1 ref=${head} tabindex="-1">${title}</h1>
        ${end}
      </div>
      ${children}
    </main>
  `;
}

export const home = place();

// Asks when it appears and whenever one of `needs` changes: {data, problem, again}. What came before stays till then.
export function useAsked(question, needs) {
  const [state, set] = useState({ data: null, problem: null });
  const [round, again] = useState(0);
  useEffect(() => {
    let stale = false;
    question().then(
      (data) => stale || set({ data, problem: null }),
      (problem) => stale || set((before) => ({ ...before, problem })),
    );
    return () => {
      stale = true;
    };
  }, [...needs, round]);
  return { ...state, again: () => again((count) => count + 1) };
}

// While it is not there its place is kept; of a closed card nothing comes, and the notice above says so.
export function Bones({ lines = 3, height = 64 }) {
  if (card.value?.state === "closed") return null;
  return html`
    <div class="stack tight" role="status">
      <span class="hidden">${t("go.loading")}</span>
      ${Array.from({ length: lines }, () => html`<span class="bone" style=${{ height: `${height}px` }}></span>`)}
    </div>
  `;
}
