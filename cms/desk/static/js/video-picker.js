// The dialog from which the editor takes a video: one of the library, or one that is uploaded here and now.
import { sendVideo } from "./video-upload.js";

const page = document;
const dialog = page.getElementById("videos");
const input = dialog.querySelector("[data-videos-file]");
const list = dialog.querySelector("[data-upload-list]");
const texts = JSON.parse(dialog.dataset.texts);
let take = () => {};

const look = () => window.htmx.ajax("GET", dialog.dataset.picker, { target: "#videos-list", swap: "innerHTML" });

function chosen(video) {
  take(video);
  dialog.close();
}

page.addEventListener("yp-pick-video", (event) => {
  take = event.detail.take;
  look();
  dialog.showModal();
});

dialog.addEventListener("click", async (event) => {
  const pick = event.target.closest("[data-video-pick]");
  if (!pick) return;
  const answer = await fetch(pick.dataset.videoPick, { headers: { Accept: "application/json" } });
  if (answer.ok) chosen(await answer.json());
});

dialog.querySelector("[data-videos-upload]").addEventListener("click", () => input.click());
input.addEventListener("change", async () => {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  const video = await sendVideo(file, list, { url: dialog.dataset.upload, texts });
  if (!video) return;
  // Who closed the dialog meanwhile finds the video in the library.
  if (dialog.open) chosen(video);
});
