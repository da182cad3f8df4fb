// One film on the glass: its first frame is there before it is shown, it never hangs, and it gives its memory back.

const READY = 10_000; // ms to the first frame
const STILL = 8_000; // ms without a new frame while it should run

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

  async again() {
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
