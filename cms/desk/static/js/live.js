// Live previews of what stands in the editor: a pause in typing, then each chosen frame is drawn anew by its channel.
// The draft is sent with each frame and nothing of it is kept; a frame is swapped only when the new one is there.
import { csrfToken, refusalOf } from "./http.js";

const PAUSE = 700;
const SLOW = 20_000;
const LEAST = 320;
const STEP = 40;
const KEY = "yp-live";

const panel = document.querySelector("[data-live]");
const form = document.querySelector("form[data-autosave]");
const opener = document.querySelector("[data-live-open]");
const frames = [...panel.querySelectorAll("[data-live-frame]")];
const part = (name) => panel.querySelector(`[data-live-${name}]`);

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};
const remember = (more) => localStorage.setItem(KEY, JSON.stringify({ ...read(), ...more }));

// ---- which frames, how wide
const isChosen = (figure) => !figure.hidden;

function choose(keys) {
  for (const figure of frames) {
    figure.hidden = !keys.includes(figure.dataset.liveFrame);
    const tab = panel.querySelector(`[data-live-tab="${figure.dataset.liveFrame}"]`);
    tab.setAttribute("aria-pressed", String(!figure.hidden));
  }
  part("none").hidden = keys.length > 0;
  remember({ keys });
  fitAll();
}

function fit(figure) {
  const box = figure.querySelector(".preview-box");
  const { width, height } = figure.dataset;
  const scale = Math.min(1, box.clientWidth / Number(width));
  box.style.height = `${Math.round(Number(height) * scale)}px`;
  for (const frame of box.querySelectorAll("iframe")) frame.style.transform = `scale(${scale})`;
}

const fitAll = () => frames.filter(isChosen).forEach(fit);

function widen(width) {
  const most = Math.max(LEAST, window.innerWidth - 420);
  const wide = Math.round(Math.min(most, Math.max(LEAST, width)));
  document.documentElement.style.setProperty("--live-width", `${wide}px`);
  part("grip").setAttribute("aria-valuenow", String(wide));
  part("grip").setAttribute("aria-valuemax", String(most));
  remember({ width: wide });
}

// ---- drawing
let timer = 0;
let last = "";
let running = null;

const entries = () => [...new FormData(form)].filter(([, value]) => typeof value === "string");

function say(name, detail = "") {
  part("state").textContent = panel.dataset[name] + detail;
}

function refuse(problem) {
  const box = part("refusal");
  box.hidden = !problem;
  if (!problem) return;
  const head = document.createElement("strong");
  head.textContent = problem.text;
  box.replaceChildren(head, ` ${problem.next}`);
}

/** Asks once whether the draft can be read; false keeps every frame as it was. */
async function check(sent) {
  try {
    const headers = { "X-CSRF-Token": csrfToken(), Accept: "application/json" };
    const answer = await fetch(panel.dataset.live, { method: "POST", body: new URLSearchParams(sent), headers });
    const said = await answer.text();
    if (answer.ok) {
      refuse(null);
      return JSON.parse(said).at;
    }
    refuse(refusalOf(said, { text: panel.dataset.offline, next: panel.dataset.offlineNext }));
  } catch {
    refuse({ text: panel.dataset.offline, next: panel.dataset.offlineNext });
  }
  return null;
}

const scrollOf = (frame) => {
  try {
    return frame?.contentWindow.scrollY ?? 0;
  } catch {
    return 0; // a frame in an origin of its own
  }
};

/** One frame: a new document is loaded behind the old one and takes its place; a POST into a fresh frame leaves no history. */
function draw(figure, sent) {
  const box = figure.querySelector(".preview-box");
  const before = box.querySelector("iframe[data-shown]");
  for (const waiting of box.querySelectorAll("iframe:not([data-shown])")) waiting.remove();
  const frame = document.createElement("iframe");
  frame.name = `live-${figure.dataset.liveFrame}-${crypto.randomUUID()}`;
  frame.title = figure.dataset.title;
  frame.setAttribute("sandbox", figure.dataset.sandbox);
  frame.width = figure.dataset.width;
  frame.height = figure.dataset.height;
  box.append(frame);
  fit(figure);
  const post = document.createElement("form");
  Object.assign(post, { method: "post", action: figure.dataset.src, target: frame.name, hidden: true });
  for (const [name, value] of sent) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    post.append(field);
  }
  document.body.append(post);
  const said = figure.querySelector("[data-live-said]");
  return new Promise((resolve) => {
    const slow = setTimeout(() => {
      said.textContent = panel.dataset.slow;
      resolve();
    }, SLOW);
    frame.addEventListener("load", () => {
      clearTimeout(slow);
      if (!frame.isConnected) return resolve();
      const at = scrollOf(before);
      before?.remove();
      frame.dataset.shown = "";
      try {
        frame.contentWindow.scrollTo(0, at);
      } catch {
        // a frame in an origin of its own begins at its top
      }
      said.textContent = said.dataset.liveSaid;
      resolve();
    }, { once: true });
    post.submit();
    post.remove();
  });
}

async function refresh(force = false) {
  if (panel.hidden) return;
  if (running) {
    await running;
    return;
  }
  const sent = entries();
  const shown = frames.filter(isChosen);
  const text = JSON.stringify([sent.filter(([name]) => !["csrf", "revision", "version"].includes(name)), shown.map((one) => one.dataset.liveFrame)]);
  if (text === last && !force) return;
  running = work(sent, shown, text);
  await running;
  running = null;
  // What was typed meanwhile is drawn too.
  later();
}

async function work(sent, shown, text) {
  say("drawing");
  const at = await check(sent);
  if (at === null) {
    part("state").textContent = "";
    return;
  }
  last = text;
  await Promise.all(shown.map((figure) => draw(figure, sent)));
  say("drawn", ` ${at}`);
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh(), PAUSE);
}

/** Which channels say something of their own stands in the marks of the editor. */
function markOwn() {
  for (const figure of frames) {
    const own = form.querySelector(`[data-own="${figure.dataset.channel}"] [data-own-mark]`);
    figure.querySelector("[data-live-own]").hidden = own?.hidden ?? true;
  }
}

// ---- the panel
function show(open) {
  panel.hidden = !open;
  document.body.classList.toggle("with-live", open);
  opener.setAttribute("aria-expanded", String(open));
  remember({ open });
  if (!open) return;
  markOwn();
  fitAll();
  refresh();
}

opener.addEventListener("click", () => show(panel.hidden));
part("close").addEventListener("click", () => {
  show(false);
  opener.focus();
});
part("again").addEventListener("click", () => refresh(true));
panel.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-live-tab]");
  if (!tab) return;
  const keys = frames.filter(isChosen).map((figure) => figure.dataset.liveFrame);
  const { liveTab } = tab.dataset;
  choose(keys.includes(liveTab) ? keys.filter((key) => key !== liveTab) : [...keys, liveTab]);
  refresh();
});

part("grip").addEventListener("pointerdown", (event) => {
  event.preventDefault();
  const grip = event.currentTarget;
  grip.setPointerCapture(event.pointerId);
  document.body.classList.add("live-moving");
  const move = ({ clientX }) => widen(window.innerWidth - clientX);
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", () => {
    grip.removeEventListener("pointermove", move);
    document.body.classList.remove("live-moving");
  }, { once: true });
});
part("grip").addEventListener("keydown", (event) => {
  const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
  if (!by) return;
  event.preventDefault();
  widen(Number(event.currentTarget.getAttribute("aria-valuenow")) + by);
});

new ResizeObserver(fitAll).observe(part("frames"));
for (const type of ["input", "yp-change"]) {
  form.addEventListener(type, () => {
    queueMicrotask(markOwn);
    later();
  });
}

const kept = read();
widen(kept.width ?? 520);
choose((kept.keys ?? ["screen-portrait", "web-phone"]).filter((key) => frames.some((one) => one.dataset.liveFrame === key)));
if (kept.open && window.innerWidth >= 1100) show(true);
