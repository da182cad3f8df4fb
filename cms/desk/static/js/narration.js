// The recording of a piece: one of the library, or one that is uploaded here and now; heard before it is sent.
import { ready } from "./ready.js";
import { sendVideo } from "./video-upload.js";

const LOOK_AGAIN = 3000; // ms while it is being made
const page = document;
const field = page.querySelector("[data-narration]");
const dialog = page.getElementById("sounds");
const input = field.querySelector("[name=narration]");
const says = field.querySelector("[data-narration-says]");
const audio = field.querySelector("audio");
const file = dialog.querySelector("[data-sounds-file]");
let turn = 0;

const asked = async (url) => {
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? answer.json() : null;
};

/** What it is called and how it stands; asks again until it can be heard. */
async function show(told) {
  const mine = ++turn;
  let sound = told;
  for (;;) {
    field.querySelector("[data-narration-drop]").hidden = !input.value;
    says.textContent = sound ? [sound.name, sound.duration, sound.fault?.text ?? sound.words].filter(Boolean).join(" · ") : says.dataset.none;
    const isOpen = sound && ["waiting", "encoding"].includes(sound.state);
    audio.hidden = !sound?.play;
    if (sound?.play && audio.getAttribute("src") !== sound.play) audio.src = sound.play;
    if (!sound) audio.removeAttribute("src");
    if (!isOpen) return;
    await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN); });
    if (mine !== turn) return;
    sound = (await asked(sound.href)) ?? sound;
  }
}

function choose(sound) {
  input.value = sound?.id ?? "";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  show(sound);
}

/** What the library has of recordings; asked again while the dialog waits for an answer. */
async function list() {
  while (dialog.open) {
    const answer = await fetch(dialog.dataset.picker, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok) return window.htmx.swap("#sounds-list", await answer.text(), { swapStyle: "innerHTML" });
    await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN); });
  }
  return undefined;
}

const open = field.querySelector("[data-narration-open]");
open.addEventListener("click", () => {
  dialog.showModal();
  list();
});
ready(open);
field.querySelector("[data-narration-drop]").addEventListener("click", () => choose(null));

dialog.addEventListener("click", async (event) => {
  const pick = event.target.closest("[data-sound-pick]");
  const sound = pick && (await asked(pick.dataset.soundPick));
  if (!sound) return;
  choose(sound);
  dialog.close();
});

dialog.querySelector("[data-sounds-upload]").addEventListener("click", () => file.click());
file.addEventListener("change", async () => {
  const [chosen] = file.files;
  file.value = "";
  if (!chosen) return;
  const texts = JSON.parse(dialog.dataset.texts);
  const list = dialog.querySelector("[data-upload-list]");
  const sound = await sendVideo(chosen, list, { url: dialog.dataset.upload, texts });
  // Who closed the dialog meanwhile, or sent a film, finds it in the library.
  if (sound?.kind === "audio" && dialog.open) {
    choose(sound);
    dialog.close();
  } else if (sound && sound.kind !== "audio") {
    list.append(Object.assign(page.createElement("p"), { className: "field-hint", textContent: dialog.dataset.other }));
  }
});

if (input.value) asked(field.dataset.narration.replace("{asset}", encodeURIComponent(input.value))).then(show);
