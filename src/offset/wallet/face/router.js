// Where one is: #/friends/KEY?currency=FST. The browser's back button works, and nothing is asked of the server.

import { signal } from "@preact/signals";

function read() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { parts, query: new URLSearchParams(query), name: parts[0] ?? "home" };
}

export const route = signal(read());

addEventListener("hashchange", () => {
  route.value = read();
});

// The address of a place: place("friends", key) is "#/friends/…".
export function place(...parts) {
  const query = typeof parts.at(-1) === "object" ? new URLSearchParams(parts.pop()).toString() : "";
  return `#/${parts.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

// Go there; `replace` leaves no trace in the history, so that back does not lead to what is over.
export function go(address, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", address);
    route.value = read();
  } else {
    location.hash = address;
  }
}
