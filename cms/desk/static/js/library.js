// The library's page: uploads of pictures and videos, what is chosen for one action on many, a place to watch a video.
import { upload } from "./http.js";
import { ready } from "./ready.js";
import { refusalLine } from "./refusal.js";
import { isVideo, sendVideo } from "./video-upload.js";

const page = document;
const list = page.querySelector("[data-upload-list]");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// ---- uploads
function chip(file, texts) {
  const line = page.createElement("div");
  line.className = "upload-chip";
  const bar = Object.assign(page.createElement("progress"), { className: "upload-progress", max: 1, value: 0 });
  bar.setAttribute("aria-label", texts.progress_of.replace("{name}", file.name));
  line.append(Object.assign(page.createElement("span"), { className: "upload-name", textContent: file.name }), bar);
  list.append(line);
  return { line, bar };
}

/** The library has this very file: nothing new was kept, unless the person wants a copy. */
function known(line, found, { texts, again }) {
  const words = Object.assign(page.createElement("span"), {
    className: "upload-words upload-twin", textContent: fill(texts.twin, { name: found.name }),
  });
  const show = Object.assign(page.createElement("a"), { className: "button button-small", href: found.page, textContent: texts.twin_show });
  const keep = Object.assign(page.createElement("button"), { type: "button", className: "button button-small", textContent: texts.twin_keep });
  keep.addEventListener("click", () => {
    line.remove();
    again();
  });
  line.replaceChildren(words, show, keep);
  line.setAttribute("role", "alert");
}

async function picture(file, { url, texts }) {
  const { line, bar } = chip(file, texts);
  const offline = { code: "editor.network", text: texts.failed, next: texts.offline };
  try {
    const answer = await upload(url, file, { progress: (share) => { bar.value = share; }, offline });
    if (!answer.known) {
      line.remove();
      return true;
    }
    const copy = `${url}${url.includes("?") ? "&" : "?"}again=1`;
    known(line, answer.known, { texts, again: async () => { if (await picture(file, { url: copy, texts })) window.location.reload(); } });
    return false;
  } catch (refusal) {
    line.replaceWith(refusalLine(file.name, refusal));
    return false;
  }
}

/** Puts the card of a new video first; a page that was empty shows its gallery anew. */
async function showCard(video) {
  const gallery = page.querySelector("[data-gallery]");
  if (!gallery || video.kind === "picture") {
    window.location.reload();
    return;
  }
  const holder = page.createElement("div");
  const cell = page.querySelector("[data-new-cell]")?.content.firstElementChild.cloneNode(true) ?? page.createElement("div");
  const pick = cell.querySelector("input");
  if (pick) {
    pick.value = video.id;
    pick.setAttribute("aria-label", fill(pick.getAttribute("aria-label"), { name: video.name }));
  }
  cell.className = "pick-cell";
  cell.append(holder);
  gallery.prepend(cell);
  await window.htmx.ajax("GET", `${video.href}/card`, { target: holder, swap: "outerHTML" });
}

const input = page.querySelector("[data-library-file]");
if (input) {
  const texts = JSON.parse(input.dataset.texts);
  const about = input.dataset.folder ? { folder: input.dataset.folder } : {};
  const choose = page.querySelector("[data-library-upload]");
  choose.addEventListener("click", () => input.click());
  ready(choose);
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    for (const left of page.querySelectorAll("[data-upload-left]")) {
      if (files.some((file) => file.name === left.dataset.name && file.size === Number(left.dataset.size))) left.remove();
    }
    const videos = files.filter(isVideo);
    const pictures = files.filter((file) => !isVideo(file));
    const done = [];
    for (const file of pictures) done.push(await picture(file, { url: input.dataset.pictures, texts }));
    for (const file of videos) {
      const video = await sendVideo(file, list, { url: input.dataset.videos, texts, about });
      if (video) await showCard(video);
    }
    if (done.length > 0 && done.every(Boolean)) window.location.reload();
  });
}

// ---- many at once
const bulk = page.querySelector("[data-bulk]");
const all = bulk?.querySelector("[data-bulk-all]");
if (all) {
  const boxes = () => [...page.querySelectorAll("input[name=asset][form=bulk]")];
  const count = bulk.querySelector("[data-bulk-count]");
  const look = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    count.textContent = chosen ? fill(count.dataset.some, { count: chosen }) : count.dataset.none;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && chosen < boxes().length;
    for (const button of bulk.querySelectorAll("button")) button.disabled = chosen === 0;
  };
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    look();
  });
  page.addEventListener("change", (event) => event.target.matches?.("input[name=asset]") && look());
  look();
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
