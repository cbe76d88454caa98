// The stream of events, read by fetch because EventSource sends no header; it goes on where it stopped.

import { doubt, isOurs, key, stream } from "./api.js";

const WAITS = [500, 1000, 2000, 4000, 8000, 15000];

// The events in a text of the stream, and the rest that is not yet whole.
export function cut(text) {
  const blocks = text.split(/\r?\n\r?\n/);
  const rest = blocks.pop();
  const events = [];
  for (const block of blocks) {
    const fields = { data: [] };
    for (const line of block.split(/\r?\n/)) {
      const found = /^(id|event|data): ?(.*)$/.exec(line);
      if (!found) continue;
      if (found[1] === "data") fields.data.push(found[2]);
      else fields[found[1]] = found[2];
    }
    if (fields.data.length) events.push({ id: fields.id, kind: fields.event, ...JSON.parse(fields.data.join("\n")) });
  }
  return { events, rest };
}

// Listens until `end()`. Tells each event, and how the line is: "up", "lost", or "closed" when the wallet is gone.
export function listen({ told, line }) {
  const abort = new AbortController();
  let last = null;
  let tries = 0;
  let wasUp = false;

  async function read() {
    const answer = await stream(last, abort.signal);
    if (answer.status === 401) return "closed";
    if (!answer.ok) throw new Error(String(answer.status));
    line("up");
    if (wasUp && !last) told({ kind: "resync" });
    wasUp = true;
    tries = 0;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return "again";
      const found = cut(rest + value);
      rest = found.rest;
      for (const event of found.events) {
        last = event.id ?? last;
        told(event);
      }
    }
  }

  async function run() {
    while (!abort.signal.aborted) {
      try {
        if ((await read()) === "closed") return line("closed");
      } catch {
        if (abort.signal.aborted) return undefined;
      }
      line("lost");
      doubt();
      await new Promise((resume) => setTimeout(resume, WAITS[Math.min(tries, WAITS.length - 1)]));
      tries += 1;
      if (abort.signal.aborted || !key.get()) return undefined;
      // Somebody answers who does not hold our key: it is another program, and nothing is sent to it.
      if ((await isOurs()) === false) return line("closed");
    }
    return undefined;
  }

  run();
  return { end: () => abort.abort() };
}
