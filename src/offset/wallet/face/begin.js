// Asks the wallet while the rest of the page is still coming: what this module needs is loaded first.

import { start } from "./state.js";

start();
