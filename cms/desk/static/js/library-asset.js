// The page of one asset: crops by shape, the poster of a video, another file in its place.
import { upload } from "./http.js";
import { ready } from "./ready.js";
import { refusalLine } from "./refusal.js";
import { sendVideo } from "./video-upload.js";
import "./library-crops.js";

const page = document;
const offlineOf = (texts) => ({ code: "editor.network", text: texts.failed, next: texts.offline });

// ---- another file
const dialog = page.getElementById("replace");
if (dialog) {
  const texts = JSON.parse(dialog.dataset.texts);
  const input = dialog.querySelector("[data-replace-file]");
  const list = dialog.querySelector("[data-upload-list]");
  dialog.querySelector("[data-replace-choose]").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    list.replaceChildren();
    if (dialog.dataset.video) {
      if (await sendVideo(file, list, { url: dialog.dataset.video, texts, about: { replaces: dialog.dataset.asset } })) window.location.reload();
      return;
    }
    try {
      await upload(dialog.dataset.picture, file, { offline: offlineOf(texts) });
      window.location.reload();
    } catch (refusal) {
      list.replaceChildren(refusalLine(file.name, refusal));
    }
  });
}

// ---- the poster
const film = page.querySelector("[data-film]");
const frame = page.querySelector("[data-poster-frame]");
if (film && frame) {
  const says = frame.querySelector("[data-poster-at]");
  film.addEventListener("timeupdate", () => {
    const at = Math.round(film.currentTime * 1000);
    frame.elements.at.value = at;
    const seconds = Math.floor(at / 1000);
    says.textContent = says.dataset.text.replace("{at}", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  });
}
const send = page.querySelector("[data-poster-upload]");
if (send) {
  const input = page.querySelector("[data-poster-file]");
  const says = page.querySelector("[data-poster-says]");
  const texts = dialog ? JSON.parse(dialog.dataset.texts) : { failed: "", offline: page.body.dataset.offline ?? "" };
  send.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      await upload(send.dataset.posterUpload, file, { offline: offlineOf(texts) });
      window.location.reload();
    } catch (refusal) {
      says.replaceChildren(refusalLine(file.name, refusal));
    }
  });
  page.querySelector("[data-poster-pick]").addEventListener("click", (event) => {
    window.htmx.ajax("GET", event.currentTarget.dataset.posterPick, { target: "#picker-list", swap: "innerHTML" });
    page.getElementById("picker").showModal();
  });
  page.getElementById("picker").addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (!pick) return;
    const form = page.querySelector("[data-poster-picture]");
    form.elements.picture.value = pick.dataset.pick;
    form.submit();
  });
  ready(page.querySelector("[data-poster-pick]"));
}
