// Lets a film follow the reader's line: at the first press of play, hls.js takes over from the plain file.
//
// Without this script, or where anything in it fails, the element goes on with the file it names.

for (const video of document.querySelectorAll("video[data-playlist]")) {
  video.addEventListener("play", () => adaptive(video), { once: true });
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
