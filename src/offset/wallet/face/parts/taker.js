// Takes a text from wherever it comes: pasted, dropped, a file, a picture of a code, the camera. Then says what it is.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { post } from "../api.js";
import { html } from "../html.js";
import { card } from "../state.js";
import { t } from "../words.js";
import { Act, Form } from "./fields.js";
import { Icon } from "./icons.js";
import { Notice, sentenceOf } from "./notice.js";

const FILE_MAX = 1 << 20;

const isPicture = (file) => file.type.startsWith("image/") && file.type !== "image/svg+xml";

// What the wallet says that a text is; throws its problem.
export const readText = (text) => post("read", { text, card: card.value?.id ?? null });

async function textOf(file) {
  if (isPicture(file)) {
    const { readPicture } = await import("./scan.js");
    const text = await readPicture(file);
    if (!text) throw new Error(t("take.no-code"));
    return text;
  }
  if (file.size > FILE_MAX) throw new Error(t("take.too-large"));
  return file.text();
}

function Camera({ found, close }) {
  const video = useRef();
  const [wrong, set] = useState(null);
  useEffect(() => {
    let end = null;
    let over = false;
    import("./scan.js")
      .then(({ watchCamera }) => watchCamera(video.current, found))
      .then((stop) => (over ? stop() : (end = stop)))
      .catch(() => set(t("take.no-camera")));
    return () => {
      over = true;
      end?.();
    };
  }, []);
  if (wrong) return html`<${Notice} tone="warn" role="alert"><p>${wrong}</p><//>`;
  return html`
    <div class="stack tight">
      <div class="camera"><video ref=${video} muted playsinline aria-label=${t("take.camera-shows")}></video></div>
      <button type="button" class="quiet" onClick=${close}>${t("take.camera-end")}</button>
    </div>
  `;
}

// `taken` gets {answer, text}; `label` and `hint` say what is asked for here.
export function Taker({ label, hint, taken, accept = "", start = "", pick = true }) {
  const id = useId();
  const file = useRef();
  const picture = useRef();
  const [text, setText] = useState(start);
  const [wrong, setWrong] = useState(null);
  const [camera, showCamera] = useState(false);
  const [over, setOver] = useState(false);

  async function use(found) {
    setWrong(null);
    showCamera(false);
    if (!found.trim()) return setWrong(t("take.empty"));
    setText(found);
    try {
      return taken({ answer: await readText(found), text: found });
    } catch (problem) {
      return setWrong(sentenceOf(problem));
    }
  }

  async function useFiles(files) {
    if (!files?.length) return;
    setWrong(null);
    try {
      await use(await textOf(files[0]));
    } catch (problem) {
      setWrong(problem.message || t("take.unreadable"));
    }
  }

  useEffect(() => {
    if (start) use(start);
  }, []);

  const dropped = (event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files.length) return useFiles(event.dataTransfer.files);
    return use(event.dataTransfer.getData("text/plain"));
  };
  // A picture in the clipboard is read as a code; a whole text needs no further press.
  const pasted = (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) {
      event.preventDefault();
      return useFiles(files);
    }
    const found = event.clipboardData.getData("text/plain");
    if (/offset:[a-z]\d\//i.test(found) || found.trim().startsWith("{")) {
      event.preventDefault();
      return use(found);
    }
    return undefined;
  };

  return html`
    <${Form} onSubmit=${() => use(text)}>
      <div
        class=${`drop field ${over ? "over" : ""}`}
        onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${dropped}
      >
        <label for=${id}>${label}</label>
        <textarea
          id=${id} rows="3" class="mono" spellcheck="false" autocomplete="off" placeholder=${t("take.placeholder")}
          value=${text} aria-describedby=${`${id}-hint`} aria-invalid=${wrong ? "true" : undefined}
          onInput=${(event) => setText(event.target.value)} onPaste=${pasted}
        ></textarea>
        <span class="hint" id=${`${id}-hint`}>${hint}</span>
      </div>
      ${wrong && html`<${Notice} tone="bad" role="alert"><p>${wrong}</p><//>`}
      ${camera && html`<${Camera} found=${use} close=${() => showCamera(false)} />`}
      <div class="thirds">
        <button type="button" class="quiet" onClick=${() => picture.current.click()}>
          <${Icon} name="picture" />${t("take.picture")}
        </button>
        ${!camera &&
        html`<button type="button" class="quiet" onClick=${() => showCamera(true)}>
          <${Icon} name="camera" />${t("take.camera")}
        </button>`}
        <button type="button" class="quiet" onClick=${() => file.current.click()}>
          <${Icon} name="file" />${t("take.file")}
        </button>
      </div>
      <input ref=${picture} type="file" class="hidden" accept="image/*" tabindex="-1" aria-label=${t("take.picture")}
        onChange=${(event) => useFiles(event.target.files)} />
      <input ref=${file} type="file" class="hidden" accept=${accept} tabindex="-1" aria-label=${t("take.file")}
        onChange=${(event) => useFiles(event.target.files)} />
      ${pick && html`<${Act} does=${() => use(text)}>${t("take.go-on")}<//>`}
    <//>
  `;
}
