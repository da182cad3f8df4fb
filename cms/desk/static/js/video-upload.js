// A video or recording on its way to the library: how far it is, how fast, how long it still takes. A line that breaks is taken up
// again, after a reload too when the same file is chosen; a refusal stays until it is read.
import { csrfToken, refusalOf } from "./http.js";
import { refusalLine } from "./refusal.js";

const VIDEO_NAMES = /\.(mp4|m4v|mov|mkv|webm|ts|mts|m2ts|avi|mpe?g|flv|wmv|3gp|mp3|m4a|wav|ogg|oga|opus)$/i;
const MIB = 1024 * 1024;
// What a broken line costs at most, and what a proxy must let through.
const PIECE = 32 * MIB;
const RETRIES = [0, 1000, 3000, 5000, 10000, 20000, 30000];
// Sooner than this a speed says nothing.
const FIRST_ESTIMATE_MS = 1500;
const LOOK_AGAIN_MS = 1000;

let open = 0;
window.addEventListener("beforeunload", (event) => {
  if (open > 0) event.preventDefault();
});

export const isVideo = (file) => /^(video|audio)\//.test(file.type) || VIDEO_NAMES.test(file.name);

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const headers = () => ({ "X-CSRF-Token": csrfToken(), Accept: "application/json" });

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
  let began = 0;
  let from = 0;
  const show = (loaded, total) => {
    const share = loaded / total;
    bar.value = share;
    if (!began) [began, from] = [performance.now(), loaded];
    const passed = performance.now() - began;
    if (share >= 1) {
      // Everything has arrived; the server now looks into the file.
      bar.removeAttribute("value");
      words.textContent = texts.checking;
    } else if (passed > FIRST_ESTIMATE_MS && loaded > from) {
      const speed = (loaded - from) / (passed / 1000);
      words.textContent = fill(texts.progress, {
        percent: Math.floor(share * 100), speed: (speed / MIB).toFixed(1), left: clock((total - loaded) / speed),
      });
    } else {
      words.textContent = `${Math.floor(share * 100)} %`;
    }
  };
  const say = (text) => { words.textContent = text; };
  return { line, cancel, show, say };
}

/** Sends the bytes; resolves to the address of the complete upload, rejects with a refusal. */
async function sent(file, { url, about, show, say, texts, offline, signal }) {
  // Fetched with the first film: most who open a piece send none.
  const { Upload } = await import("../vendor/tus-bundle-4.3.1/tus-bundle.js").catch(() => { throw offline; });
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: url,
      chunkSize: PIECE,
      retryDelays: RETRIES,
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, ...about },
      // What a file replaces or where it goes makes it another upload than the same file alone.
      fingerprint: async (one) => ["yunping", one.name, one.size, one.lastModified, JSON.stringify(about)].join("|"),
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(headers())) request.setHeader(name, value);
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const again = status === 0 || status === 409 || status === 423 || (status >= 500 && status !== 507);
        if (again) say(texts.retrying);
        return again;
      },
      onProgress: show,
      onSuccess: () => resolve(upload.url),
      onError: (error) => {
        const answer = error.originalResponse;
        const fallback = answer ? { ...offline, code: `http.${answer.getStatus()}` } : offline;
        reject(refusalOf(answer?.getBody(), fallback));
      },
    });
    signal.addEventListener("abort", () => upload.abort(true).catch(() => {}));
    upload.findPreviousUploads().then((found) => {
      if (found.length > 0) {
        say(texts.resumes);
        upload.resumeFromPreviousUpload(found[0]);
      }
      if (!signal.aborted) upload.start();
    });
  });
}

/** What came of a complete upload. */
async function outcome(url, offline) {
  for (;;) {
    const answer = await fetch(url, { headers: headers() }).catch(() => null);
    if (!answer) throw offline;
    const told = await answer.json();
    if (!answer.ok) throw refusalOf(told, { ...offline, code: `http.${answer.status}` });
    if (told.state === "failed") throw told.fault;
    if (told.state === "done" || told.state === "twin") return told;
    await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN_MS); });
  }
}

/** Asks what to do with a file that is there already; resolves to the asset. */
function twinOf(told, line, texts) {
  const words = Object.assign(document.createElement("span"), {
    className: "upload-words upload-twin", textContent: fill(texts.twin, { name: told.twin?.name ?? told.name }),
  });
  const button = (label) => Object.assign(document.createElement("button"), {
    type: "button", className: "button button-small", textContent: label,
  });
  const [use, keep] = [button(texts.twin_use), button(texts.twin_keep)];
  line.replaceChildren(words, use, keep);
  line.setAttribute("role", "alert");
  return new Promise((resolve, reject) => {
    use.addEventListener("click", async () => {
      await fetch(`${told.href}/drop`, { method: "POST", headers: headers() }).catch(() => null);
      resolve(told.twin);
    });
    keep.addEventListener("click", async () => {
      keep.disabled = true;
      const answer = await fetch(`${told.href}/keep`, { method: "POST", headers: headers() }).catch(() => null);
      const after = await answer?.json().catch(() => null);
      if (after?.asset) resolve(after.asset);
      else reject(refusalOf(after?.fault ?? after, { code: "editor.network", text: texts.failed, next: texts.offline }));
    });
  });
}

/** Uploads a video with its line in `list`; resolves to the video as the server tells it, or null when nothing came of
 * it: then the line says why, or the person took it back. `about` is what the upload is for: a folder, what it replaces. */
export async function sendVideo(file, list, { url, texts, about = {} }) {
  const { line, cancel, show, say } = lineOf(file, texts);
  list.append(line);
  const abort = new AbortController();
  const taken = new Promise((resolve) => {
    cancel.addEventListener("click", () => {
      abort.abort();
      line.remove();
      resolve(null);
    });
  });
  const offline = { code: "editor.network", text: texts.failed, next: texts.offline };
  const going = async () => {
    const at = await sent(file, { url, about, show, say, texts, offline, signal: abort.signal });
    const told = await outcome(at, offline);
    return told.state === "twin" ? twinOf(told, line, texts) : told.asset;
  };
  open += 1;
  try {
    const answer = await Promise.race([going(), taken]);
    line.remove();
    return answer;
  } catch (refusal) {
    return await new Promise((resolve) => {
      const again = { label: texts.again, act: () => resolve(sendVideo(file, list, { url, texts, about })) };
      const mayHelp = refusal.code === offline.code || /^http\.5|disk_full|store_failed|uploads_many/.test(refusal.code);
      line.replaceWith(refusalLine(file.name, refusal, mayHelp ? again : null));
      if (!mayHelp) resolve(null);
    });
  } finally {
    open -= 1;
  }
}
