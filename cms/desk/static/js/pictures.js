// Pictures of a piece: a cover from the library or the disk, with the point that crops must keep; covers of its videos.
import { send, upload } from "./http.js";
import { ready } from "./ready.js";
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

// ---- the point that crops must keep: of a picture about to be uploaded, or of one that is in the text
const focal = { x: 500, y: 500, file: null, url: "" };

function showFocal({ file = null, url = "", picture, x = 500, y = 500 }) {
  const dialog = page.getElementById("focal");
  Object.assign(focal, { file, url });
  for (const image of dialog.querySelectorAll("img")) image.src = picture;
  dialog.querySelector("[data-focal-refusal]").replaceChildren();
  dialog.querySelector("[data-focal-progress]").hidden = true;
  const button = dialog.querySelector("[data-focal-send]");
  button.lastChild.textContent = file ? button.dataset.upload : button.dataset.save;
  moveFocal(x, y);
  dialog.showModal();
}

const within = (value) => Math.min(1000, Math.max(0, value));

function moveFocal(x, y) {
  Object.assign(focal, { x: within(x), y: within(y) });
  const dialog = page.getElementById("focal");
  const mark = dialog.querySelector("[data-focal-mark]");
  mark.style.left = `${focal.x / 10}%`;
  mark.style.top = `${focal.y / 10}%`;
  for (const image of dialog.querySelectorAll("[data-focal-crop]")) image.style.objectPosition = `${focal.x / 10}% ${focal.y / 10}%`;
}

/** Opens the dialog on a picture of the text, at the point it has now. */
async function askFocal({ url, picture }) {
  const dialog = page.getElementById("focal");
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    const { x, y } = await answer.json();
    showFocal({ url, picture, x, y });
  } catch {
    page.dispatchEvent(new CustomEvent("yp-toast", { detail: { text: dialog.dataset.failed, next: dialog.dataset.offline, tone: "bad" } }));
  }
}

async function sendFocal() {
  const dialog = page.getElementById("focal");
  const bar = dialog.querySelector("[data-focal-progress]");
  bar.hidden = false;
  const button = dialog.querySelector("[data-focal-send]");
  button.disabled = true;
  try {
    if (focal.file) {
      const address = `${dialog.dataset.upload}?x=${focal.x}&y=${focal.y}`;
      const answer = await upload(address, focal.file, { progress: (share) => { bar.value = share; }, offline: offlineOf(dialog) });
      setCover(answer.asset, answer.url);
    } else {
      await send(focal.url, { x: focal.x, y: focal.y }, { offline: offlineOf(dialog) });
    }
    dialog.close();
  } catch (refusal) {
    dialog.querySelector("[data-focal-refusal]").replaceChildren(refusalLine(focal.file?.name ?? "", refusal));
  } finally {
    bar.hidden = true;
    button.disabled = false;
  }
}

const STEP = 10;
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

if (field) {
  const chosen = field.querySelector("[data-cover-file]");
  field.querySelector("[data-picker-open]").addEventListener("click", (event) => openPicker(event.currentTarget.dataset.pickerOpen, setCover));
  field.querySelector("[data-cover-upload]").addEventListener("click", () => chosen.click());
  field.querySelector("[data-cover-drop]").addEventListener("click", () => setCover("", ""));
  chosen.addEventListener("change", () => {
    const [file] = chosen.files;
    if (file) showFocal({ file, picture: URL.createObjectURL(file) });
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
  page.querySelector("[data-focal-stage]").addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    moveFocal(focal.x + step[0], focal.y + step[1]);
  });
  page.addEventListener("yp-focal", (event) => askFocal(event.detail));
  page.querySelector("[data-focal-send]").addEventListener("click", sendFocal);
  ready(...field.querySelectorAll("[data-picker-open], [data-cover-upload], [data-cover-drop]"));
}
