// Bringing in files: chosen or dropped, one after another, each with its progress, its result or its refusal.
import { upload } from "./http.js";
import { ready } from "./ready.js";
import { refusalLine } from "./refusal.js";

const page = document;

function progressLine(name, texts) {
  const line = page.createElement("div");
  line.className = "upload-chip";
  const bar = Object.assign(page.createElement("progress"), { className: "upload-progress", max: 1, value: 0 });
  bar.setAttribute("aria-label", texts.progress.replace("{name}", name));
  const words = Object.assign(page.createElement("span"), { className: "upload-words" });
  line.append(Object.assign(page.createElement("span"), { className: "upload-name", textContent: name }), bar, words);
  return { line, bar, words };
}

/** Sends one file; a file that is too large is refused before a byte of it travels. */
async function bring(file, zone, list) {
  const texts = JSON.parse(zone.dataset.texts);
  if (file.size > Number(zone.dataset.limit)) {
    list.append(refusalLine(file.name, JSON.parse(zone.dataset.tooLarge)));
    return;
  }
  const { line, bar, words } = progressLine(file.name, texts);
  list.append(line);
  const progress = (share) => {
    bar.value = share;
    words.textContent = share < 1 ? `${Math.round(share * 100)} %` : texts.reading;
    // What is left is the server's work, whose length nobody knows.
    if (share >= 1) bar.removeAttribute("value");
  };
  const offline = { code: "editor.network", text: texts.failed, next: texts.offline };
  try {
    const given = await upload(zone.dataset.import, file, { progress, offline });
    line.remove();
    show(given);
  } catch (refusal) {
    line.replaceWith(refusalLine(file.name, refusal));
  }
}

function show(given) {
  const results = page.querySelector("[data-import-results]");
  if (!results || !given.html) {
    window.location.assign(given.href);
    return;
  }
  const holder = page.createElement("div");
  holder.innerHTML = given.html;
  results.prepend(...holder.children);
}

for (const zone of page.querySelectorAll("[data-import]")) {
  const input = zone.querySelector("[data-import-file]");
  const list = page.querySelector("[data-upload-list]");
  const all = async (files) => {
    for (const file of files) await bring(file, zone, list);
  };
  const choose = zone.querySelector("[data-import-choose]");
  choose.addEventListener("click", () => input.click());
  ready(choose);
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    all(files);
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    all([...event.dataTransfer.files]);
  });
}
