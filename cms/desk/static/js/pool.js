// Taking an item of the pool: its pictures are fetched first, one line for each that could not be had.
import { send } from "./http.js";
import { refusalLine } from "./refusal.js";

// As many as one process of the server fetches at a time.
const AT_ONCE = 3;

const form = document.querySelector("[data-pool-take]");
const pictures = JSON.parse(form.dataset.pictures);
const box = form.querySelector("[data-pool-fetching]");
const refused = form.querySelector("[data-pool-refused]");
const button = form.querySelector("[type=submit]");
const label = button.lastChild;
const offline = { code: "editor.network", text: form.dataset.failed, next: form.dataset.offline };
const lost = new Set();
let done = 0;
let tried = false;

function say() {
  box.hidden = false;
  box.querySelector("progress").value = done;
  box.querySelector("[data-pool-said]").textContent = form.dataset.fetching.replace("{done}", done).replace("{count}", pictures.length);
  if (tried) label.textContent = form.dataset.without.replace("{count}", lost.size);
}

async function fetchOne(number) {
  try {
    await send(form.dataset.poolTake, { n: number }, { offline });
    lost.delete(number);
    done += 1;
  } catch (refusal) {
    lost.add(number);
    const again = { label: form.dataset.again, act: () => retry(number) };
    refused.append(refusalLine(pictures[number].name, refusal, again));
  }
  say();
}

async function retry(number) {
  await fetchOne(number);
  if (!lost.size) form.submit();
}

form.addEventListener("submit", async (event) => {
  if (tried) return;
  event.preventDefault();
  button.disabled = true;
  say();
  const waiting = pictures.map((_, number) => number);
  const work = async () => {
    while (waiting.length) await fetchOne(waiting.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  tried = true;
  button.disabled = false;
  if (lost.size) say();
  else form.submit();
});
