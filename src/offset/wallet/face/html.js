// Templates of the page: html`<p>${text}</p>` makes nodes of Preact.

import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
