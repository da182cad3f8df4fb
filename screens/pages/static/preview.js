// Draws the draft of this page with the player's templates; a tap or a few seconds turn the page, as on the street.
import { renderFrames } from "./frame.js";

const TURN = 6000;
const { content, assets, width, height } = JSON.parse(document.getElementById("piece").textContent);
const stage = document.getElementById("stage");

await document.fonts.ready;
const frames = renderFrames(content, assets, { width, height });
let page = 0;

function show(next) {
  page = (next + frames.length) % frames.length;
  stage.replaceChildren(frames[page]);
}

show(0);
stage.addEventListener("click", () => show(page + 1));
if (frames.length > 1) setInterval(() => show(page + 1), TURN);
