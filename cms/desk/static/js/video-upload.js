// A video on its way to the library: how far it is, how fast, how long it still takes; a refusal stays until it is read.
import { upload } from "./http.js";
import { refusalLine } from "./refusal.js";

const VIDEO_NAMES = /\.(mp4|m4v|mov|mkv|webm|ts|mts|m2ts|avi|mpe?g|flv|wmv|3gp)$/i;
const MIB = 1024 * 1024;
// Sooner than this a speed says nothing.
const FIRST_ESTIMATE_MS = 1500;

let open = 0;
window.addEventListener("beforeunload", (event) => {
  if (open > 0) event.preventDefault();
});

export const isVideo = (file) => file.type.startsWith("video/") || VIDEO_NAMES.test(file.name);

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** `1:05`, `1:02:03`. */
function clock(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The line of one upload, and what fills it. */
function lineOf(file, texts) {
  const line = Object.assign(document.createElement("div"), { className: "upload-chip upload-video" });
  const bar = Object.assign(document.createElement("progress"), { className: "upload-progress", max: 1, value: 0 });
  bar.setAttribute("aria-label", fill(texts.progress_of, { name: file.name }));
  const words = Object.assign(document.createElement("span"), { className: "upload-words", textContent: texts.begins });
  const cancel = Object.assign(document.createElement("button"), {
    type: "button", className: "upload-cancel", textContent: texts.cancel,
  });
  const name = Object.assign(document.createElement("span"), { className: "upload-name", textContent: file.name });
  line.append(name, bar, words, cancel);
  const began = performance.now();
  const show = (share, loaded, total) => {
    bar.value = share;
    const passed = performance.now() - began;
    if (share >= 1) {
      // Everything has arrived; the server now looks into the file.
      bar.removeAttribute("value");
      words.textContent = texts.checking;
    } else if (passed > FIRST_ESTIMATE_MS && loaded > 0) {
      const speed = loaded / (passed / 1000);
      words.textContent = fill(texts.progress, {
        percent: Math.floor(share * 100), speed: (speed / MIB).toFixed(1), left: clock((total - loaded) / speed),
      });
    } else {
      words.textContent = `${Math.floor(share * 100)} %`;
    }
  };
  return { line, cancel, show };
}

/** Uploads a video with its line in `list`; resolves to the video as the server tells it, or null when nothing came of
 * it: then the line says why, or the person took it back. */
export async function sendVideo(file, list, { url, texts }) {
  const { line, cancel, show } = lineOf(file, texts);
  list.append(line);
  const abort = new AbortController();
  const taken = new Promise((resolve) => {
    cancel.addEventListener("click", () => {
      abort.abort();
      resolve(null);
    });
  });
  const offline = { code: "editor.network", text: texts.failed, next: texts.offline };
  open += 1;
  try {
    const answer = await Promise.race([upload(url, file, { progress: show, signal: abort.signal, offline }), taken]);
    line.remove();
    return answer;
  } catch (refusal) {
    return await new Promise((resolve) => {
      const again = { label: texts.again, act: () => resolve(sendVideo(file, list, { url, texts })) };
      const mayHelp = refusal.code === offline.code || /^http\.5|disk_full|store_failed/.test(refusal.code);
      line.replaceWith(refusalLine(file.name, refusal, mayHelp ? again : null));
      if (!mayHelp) resolve(null);
    });
  } finally {
    open -= 1;
  }
}
