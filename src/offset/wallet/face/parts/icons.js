// The icons of the page: drawn here, on a grid of 24, one stroke.

import { html } from "../html.js";

const PATHS = {
  home: "M4 11.2 12 4l8 7.2V20h-5.5v-5.5h-5V20H4z",
  friends: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.8 3-6 6.5-6s6.1 2.2 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .7 3.2 2.6 3.5 5.5",
  history: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.2h4.2M12 7.5V12l3 2",
  more: "M4 7h16M4 12h16M4 17h16",
  pay: "M5 19 19 5M9 5h10v10",
  get: "M19 5 5 19M15 19H5V9",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  add: "M12 5v14M5 12h14",
  camera: "M3 8h4l2-3h6l2 3h4v11H3zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  picture: "M4 5h16v14H4zM4 16l4.5-4.5 4 4L15 13l5 5M15 9.5h.01",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  paste: "M8 4H6v17h12V4h-2M9 3h6v3H9zM9 11h6M9 15h6",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  save: "M12 4v11M7.5 11 12 15.5 16.5 11M5 20h14",
  print: "M7 8V4h10v4M7 17H4V9h16v8h-3M7 14h10v6H7z",
  check: "M5 12.5 10 17.5 19.5 7",
  done: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.3l2.8 2.8L16 9.5",
  wait: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5V12l3 2",
  turn: "M12 3a9 9 0 1 0 9 9",
  blank: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  not: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9 9l6 6M15 9l-6 6",
  warn: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.7h.01",
  held: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM10 9v6M14 9v6",
  card: "M3 6h18v12H3zM3 10h18M7 15h3",
  relay: "M5 12a7 7 0 0 1 14 0M8.5 12a3.5 3.5 0 0 1 7 0M12 12v8M9 20h6",
  settings: "M5 7h9M18 7h1M5 17h1M10 17h9M16 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  coins: "M9 14a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM15.5 10.2a5 5 0 1 1-5.3 5.3",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2",
  out: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  pass: "M4 8h13M14 5l3 3-3 3M20 16H7M10 13l-3 3 3 3",
  books: "M4 5h7v15H4zM13 5h7v15h-7M7 9h1M7 12h1M16 9h1M16 12h1M16 15h1",
  close: "M6 6l12 12M18 6 6 18",
};

// An icon stands beside words that say the same, so it is hidden from screen readers.
export const Icon = ({ name, ...rest }) => html`
  <svg ...${rest} class=${`icon ${rest.class ?? ""}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${PATHS[name] ?? PATHS.info} />
  </svg>
`;

// The sign of Offset: two circles of friends that meet.
export const Sign = ({ size = 28 }) => html`
  <svg width=${size} height=${size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <g fill="none" stroke="var(--accent)" stroke-width="3.2">
      <circle cx="12" cy="16" r="8" /><circle cx="20" cy="16" r="8" />
    </g>
  </svg>
`;
