// Lets a film follow the reader's line: at the first press of play, hls.js takes over from the plain file.
//
// Without this script, or where anything in it fails, the element goes on with the file it names.

const WIDTH = 160;
const HEIGHT = 90;
const COLUMNS = 10;

for (const video of document.querySelectorAll("video[data-sheet]")) video.after(strip(video));
for (const line of document.querySelectorAll(".film-chapters > [data-at]")) lead(line);

for (const video of document.querySelectorAll("video[data-playlist]")) {
  video.addEventListener("play", () => adaptive(video), { once: true });
}

// The bar under a player: small pictures of the moment under the pointer, and the marks of its chapters.
function strip(video) {
  const length = Number(video.dataset.ms);
  const bar = Object.assign(document.createElement("div"), { className: "film-strip" });
  const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: length, step: 100, value: 0 });
  const shot = Object.assign(document.createElement("span"), { className: "film-shot", hidden: true });
  input.setAttribute("aria-label", "播放位置");
  bar.append(shot, input);
  for (const mark of video.parentElement.querySelectorAll(".film-chapters > [data-at]")) {
    const line = Object.assign(document.createElement("i"), { className: "film-mark" });
    line.style.left = `${(100 * Number(mark.dataset.at)) / length}%`;
    bar.append(line);
  }
  const show = (ms) => {
    const number = Math.min(Number(video.dataset.count) - 1, Math.floor(ms / Number(video.dataset.every)));
    shot.hidden = false;
    shot.dataset.clock = clock(ms);
    shot.style.backgroundImage = `url("${video.dataset.sheet}")`;
    shot.style.backgroundPosition = `-${(number % COLUMNS) * WIDTH}px -${Math.floor(number / COLUMNS) * HEIGHT}px`;
    shot.style.left = `${Math.max(0, Math.min(bar.clientWidth - WIDTH, (ms / length) * bar.clientWidth - WIDTH / 2))}px`;
  };
  input.addEventListener("pointermove", (event) => {
    const box = input.getBoundingClientRect();
    show(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * length);
  });
  for (const name of ["pointerleave", "blur"]) input.addEventListener(name, () => (shot.hidden = true));
  input.addEventListener("input", () => {
    show(Number(input.value));
    seek(video, Number(input.value));
  });
  video.addEventListener("timeupdate", () => {
    input.value = Math.round(video.currentTime * 1000);
    input.setAttribute("aria-valuetext", clock(video.currentTime * 1000));
  });
  return bar;
}

// A chapter's line becomes a button that goes there and plays.
function lead(line) {
  const video = line.closest("figure").querySelector("video");
  if (!video) return;
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.append(...line.childNodes);
  line.append(button);
  button.addEventListener("click", () => {
    seek(video, Number(line.dataset.at));
    video.play().catch(() => {});
  });
}

// Before anything is loaded a place to go to is kept until there is a film to go to it in.
function seek(video, ms) {
  const go = () => (video.currentTime = ms / 1000);
  if (video.readyState) return go();
  video.addEventListener("loadedmetadata", go, { once: true });
  video.preload = "metadata";
}

function clock(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

async function adaptive(video) {
  const plain = video.currentSrc || video.src;
  const playlist = video.dataset.playlist;
  try {
    const { default: Hls } = await import("./hls.min.mjs");
    if (Hls.isSupported()) attach(Hls, video, playlist, plain);
    else if (!plain && video.canPlayType("application/vnd.apple.mpegurl")) video.src = playlist;
  } catch {
    // an old browser: the plain file plays already
  }
}

function attach(Hls, video, playlist, plain) {
  const at = video.currentTime;
  // no worker: its segments are fMP4 already, and the page's policy stays as narrow as it is
  const hls = new Hls({ enableWorker: false, capLevelToPlayerSize: true, startPosition: at, backBufferLength: 60 });
  hls.on(Hls.Events.ERROR, (_, { fatal }) => fatal && back(hls, video, plain));
  hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => (video.dataset.height = String(hls.levels[level].height)));
  video.removeAttribute("src");
  hls.loadSource(playlist);
  hls.attachMedia(video);
  video.dataset.adaptive = "true";
  hls.once(Hls.Events.MEDIA_ATTACHED, () => video.play().catch(() => {}));
}

function back(hls, video, plain) {
  const at = video.currentTime;
  hls.destroy();
  delete video.dataset.adaptive;
  if (!plain) return;
  video.src = plain;
  video.addEventListener("loadedmetadata", () => (video.currentTime = at), { once: true });
  video.play().catch(() => {});
}
