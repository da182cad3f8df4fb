// Pictures of a piece: a cover from the library or the disk, with the point that crops must keep; covers of its videos.
import { upload } from "./http.js";
import { refusalLine } from "./refusal.js";

const page = document;
const field = page.querySelector("[data-cover]");
const offlineOf = (holder) => ({ code: "editor.network", text: holder.dataset.failed, next: holder.dataset.offline });

// ---- the cover of a piece
function setCover(asset, url) {
  field.querySelector("[name=cover]").value = asset;
  const box = field.querySelector(".cover-box");
  if (url) box.replaceChildren(Object.assign(page.createElement("img"), { src: url, alt: "" }));
  else box.replaceChildren();
  field.querySelector("[name=cover]").dispatchEvent(new Event("input", { bubbles: true }));
}

let take = setCover;

function openPicker(address, taker) {
  const dialog = page.getElementById("picker");
  take = taker;
  window.htmx.ajax("GET", address, { target: "#picker-list", swap: "innerHTML" });
  dialog.showModal();
}

const focal = { x: 500, y: 500, file: null };

function showFocal(file) {
  const dialog = page.getElementById("focal");
  Object.assign(focal, { x: 500, y: 500, file });
  const url = URL.createObjectURL(file);
  for (const image of dialog.querySelectorAll("img")) image.src = url;
  dialog.querySelector("[data-focal-refusal]").replaceChildren();
  dialog.querySelector("[data-focal-progress]").hidden = true;
  moveFocal(500, 500);
  dialog.showModal();
}

function moveFocal(x, y) {
  Object.assign(focal, { x, y });
  const dialog = page.getElementById("focal");
  const mark = dialog.querySelector("[data-focal-mark]");
  mark.style.left = `${x / 10}%`;
  mark.style.top = `${y / 10}%`;
  for (const image of dialog.querySelectorAll("[data-focal-crop]")) image.style.objectPosition = `${x / 10}% ${y / 10}%`;
}

async function sendCover() {
  const dialog = page.getElementById("focal");
  const bar = dialog.querySelector("[data-focal-progress]");
  bar.hidden = false;
  const button = dialog.querySelector("[data-focal-send]");
  button.disabled = true;
  try {
    const address = `${dialog.dataset.upload}?x=${focal.x}&y=${focal.y}`;
    const answer = await upload(address, focal.file, { progress: (share) => { bar.value = share; }, offline: offlineOf(dialog) });
    setCover(answer.asset, answer.url);
    dialog.close();
  } catch (refusal) {
    dialog.querySelector("[data-focal-refusal]").replaceChildren(refusalLine(focal.file.name, refusal));
  } finally {
    bar.hidden = true;
    button.disabled = false;
  }
}

if (field) {
  const chosen = field.querySelector("[data-cover-file]");
  field.querySelector("[data-picker-open]").addEventListener("click", (event) => openPicker(event.currentTarget.dataset.pickerOpen, setCover));
  field.querySelector("[data-cover-upload]").addEventListener("click", () => chosen.click());
  field.querySelector("[data-cover-drop]").addEventListener("click", () => setCover("", ""));
  chosen.addEventListener("change", () => {
    if (chosen.files[0]) showFocal(chosen.files[0]);
    chosen.value = "";
  });
  page.getElementById("picker").addEventListener("click", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (!pick) return;
    take(pick.dataset.pick, pick.dataset.url);
    page.getElementById("picker").close();
  });
  page.addEventListener("yp-pick-picture", (event) => {
    openPicker(field.querySelector("[data-picker-open]").dataset.pickerOpen, event.detail.take);
  });
  page.addEventListener("yp-cover", (event) => setCover(event.detail.asset, event.detail.url));
  page.querySelector("[data-focal-stage]").addEventListener("click", (event) => {
    const box = event.currentTarget.querySelector("[data-focal-picture]").getBoundingClientRect();
    const place = (at, from, size) => Math.round(Math.min(1, Math.max(0, (at - from) / size)) * 1000);
    moveFocal(place(event.clientX, box.left, box.width), place(event.clientY, box.top, box.height));
  });
  page.querySelector("[data-focal-send]").addEventListener("click", sendCover);
}
