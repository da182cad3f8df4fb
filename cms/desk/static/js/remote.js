// A remote beside a set-top box's screen: its keys, and those of a keyboard, are sent into the frame.
import { ready } from "./ready.js";

const desk = document.querySelector("[data-box]");
const screen = desk.querySelector(".box-screen");
const frame = screen.querySelector("iframe");
const said = desk.querySelector("[data-box-pressed]");
const keys = [...desk.querySelectorAll("[data-code]")];
const named = new Map(keys.flatMap((key) => key.dataset.names.split("|").filter(Boolean).map((name) => [name, key])));

const fit = () => {
  const scale = Math.min(1, screen.clientWidth / frame.width);
  frame.style.transform = `scale(${scale})`;
  screen.style.height = `${Math.round(frame.height * scale)}px`;
};

const press = (key) => {
  frame.contentWindow.postMessage({ yunpingKey: Number(key.dataset.code) }, location.origin);
  said.textContent = `${said.dataset.said} ${key.getAttribute("aria-label") ?? key.textContent} (${key.dataset.code})`;
  key.classList.add("remote-pressed");
  setTimeout(() => key.classList.remove("remote-pressed"), 160);
};

for (const key of keys) key.addEventListener("click", () => press(key));

// On a key of the remote, Enter and the space bar press that key, as they do everywhere.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, a, summary")) return;
  const name = event.key === " " ? "Space" : event.key;
  const isButton = event.target.closest("button") !== null;
  if (isButton && (name === "Enter" || name === "Space")) return;
  const key = named.get(name);
  if (!key) return;
  event.preventDefault();
  press(key);
});

frame.addEventListener("load", () => {
  desk.querySelector("[data-box-path]").textContent = frame.contentWindow.location.pathname;
});
const again = document.querySelector("[data-box-again]");
again.addEventListener("click", () => {
  frame.src = frame.getAttribute("src");
});
new ResizeObserver(fit).observe(screen);
fit();
ready(again, ...keys);
