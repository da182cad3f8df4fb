// One film on the glass: its first frame is there before it is shown, it never hangs, and it gives its memory back.

const READY = 10_000; // ms to the first frame
const STILL = 8_000; // ms without a new frame while it should run
const MOST = 0.03; // of its speed: what nobody sees or hears of a correction
const CLOSE = 15; // ms: nearer than this a film in step is left alone
const FAR = 800; // ms: further than this it is set to its place

/** It did not begin, stopped moving, or its bytes were not what was signed. */
export class FilmFault extends Error {
  constructor(code) {
    super(code);
    this.code = code;
    this.params = {};
  }
}

export class Film {
  #video = document.createElement("video");
  #moved = 0;
  #at = -1;
  #step = null;

  constructor(url, { sound }) {
    const video = this.#video;
    Object.assign(video, { muted: !sound, playsInline: true, disablePictureInPicture: true, preload: "auto" });
    video.className = "frame__video";
    video.src = url;
  }

  get element() {
    return this.#video;
  }

  get isOver() {
    return this.#video.ended;
  }

  /** Seconds played, and of how many. */
  get progress() {
    const { currentTime, duration } = this.#video;
    return duration > 0 ? currentTime / duration : 0;
  }

  /** `told` is called when it ends or breaks. Throws FilmFault when no frame comes. */
  async prepare(from, told) {
    const video = this.#video;
    video.addEventListener("ended", told);
    video.addEventListener("error", told);
    await this.#reached("loadeddata");
    const start = (from / 1000) % video.duration;
    if (!(start > 0)) return;
    video.currentTime = start;
    await this.#reached("seeked");
  }

  /** {from, time()}: the instant its first frame belongs to, and the clock it keeps to; null where it runs by itself. */
  follow(step) {
    this.#step = step;
  }

  /** Milliseconds by which it is ahead of its place; brings it back by its speed, or at once from far off. */
  correct() {
    const video = this.#video;
    const place = (this.#step.time() - this.#step.from) / 1000;
    if (video.ended || place > video.duration || place < 0) return 0;
    const ahead = (video.currentTime - place) * 1000;
    if (Math.abs(ahead) > FAR && !video.seeking) video.currentTime = place;
    const change = Math.abs(ahead) < CLOSE ? 0 : Math.max(-MOST, Math.min(MOST, -ahead / 1_500));
    if (Math.abs(video.playbackRate - 1 - change) > 0.002) video.playbackRate = 1 + change;
    return ahead;
  }

  /** From where it stands; a browser that refuses sound before a touch plays it without. */
  async play() {
    this.#moved = performance.now();
    try {
      await this.#video.play();
    } catch {
      if (this.#video.muted || this.#video.error) return;
      this.#video.muted = true;
      await this.#video.play().catch(() => {});
    }
  }

  async again(step = null) {
    this.#step = step;
    this.#video.currentTime = 0;
    this.#at = -1;
    await this.play();
  }

  /** Throws FilmFault when it broke or stands still though it should run. */
  check() {
    const { error, currentTime, ended } = this.#video;
    if (error) throw new FilmFault("film.broken");
    if (ended || currentTime !== this.#at) {
      this.#moved = performance.now();
      this.#at = currentTime;
    } else if (performance.now() - this.#moved > STILL) throw new FilmFault("film.stuck");
  }

  pause() {
    this.#video.pause();
  }

  /** Without this a decoder and its buffers stay for every film that was ever shown. */
  dispose() {
    this.#video.pause();
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #reached(event) {
    const video = this.#video;
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const done = (end, value) => (clearTimeout(timer), over.abort(), end(value));
      const timer = setTimeout(() => done(reject, new FilmFault("film.stuck")), READY);
      video.addEventListener(event, () => done(resolve), { signal: over.signal });
      video.addEventListener("error", () => done(reject, new FilmFault("film.broken")), { signal: over.signal });
    });
  }
}
