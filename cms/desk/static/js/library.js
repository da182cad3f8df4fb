// The library's page: uploads of pictures and videos, and a place to watch a video.
import { upload } from "./http.js";
import { refusalLine } from "./refusal.js";
import { isVideo, sendVideo } from "./video-upload.js";

const page = document;
const list = page.querySelector("[data-upload-list]");

// ---- uploads
async function picture(file, { url, texts }) {
  const line = page.createElement("div");
  line.className = "upload-chip";
  const bar = Object.assign(page.createElement("progress"), { className: "upload-progress", max: 1, value: 0 });
  bar.setAttribute("aria-label", texts.progress_of.replace("{name}", file.name));
  line.append(Object.assign(page.createElement("span"), { className: "upload-name", textContent: file.name }), bar);
  list.append(line);
  const offline = { code: "editor.network", text: texts.failed, next: texts.offline };
  try {
    await upload(url, file, { progress: (share) => { bar.value = share; }, offline });
    line.remove();
    return true;
  } catch (refusal) {
    line.replaceWith(refusalLine(file.name, refusal));
    return false;
  }
}

/** Puts the card of a new video first; a page that was empty shows its gallery anew. */
async function showCard(video) {
  const gallery = page.querySelector("[data-gallery]");
  if (!gallery) {
    window.location.reload();
    return;
  }
  const holder = page.createElement("div");
  gallery.prepend(holder);
  await window.htmx.ajax("GET", `${video.href}/card`, { target: holder, swap: "outerHTML" });
}

const input = page.querySelector("[data-library-file]");
if (input) {
  const texts = JSON.parse(input.dataset.texts);
  page.querySelector("[data-library-upload]").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    const videos = files.filter(isVideo);
    const pictures = files.filter((file) => !isVideo(file));
    const done = [];
    for (const file of pictures) done.push(await picture(file, { url: input.dataset.pictures, texts }));
    for (const file of videos) {
      const video = await sendVideo(file, list, { url: input.dataset.videos, texts });
      if (video) await showCard(video);
    }
    if (done.length > 0 && done.every(Boolean)) window.location.reload();
  });
}

// ---- watching
const film = page.getElementById("film");
const player = film.querySelector("[data-film-video]");

page.addEventListener("click", (event) => {
  const button = event.target.closest("[data-film-play]");
  if (!button) return;
  page.getElementById("film-title").textContent = button.dataset.filmTitle;
  player.src = button.dataset.filmPlay;
  film.showModal();
  // A browser that lets nothing begin by itself shows the first picture and its own button.
  player.play().catch(() => {});
});

film.addEventListener("close", () => {
  player.pause();
  player.removeAttribute("src");
  player.load();
});
