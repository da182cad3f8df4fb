// What stands on the glass: two layers, the next made ready unseen, then a short cross-fade; never an empty frame.
import { contentOf, filmOf, outlines, Pictures } from "./drawing.js";
import { drawPairing, drawSlate, tickSlate } from "./slate.js";
import { countPages, renderFrames } from "./templates/frame.js";
import { el, styled } from "./templates/dom.js";
import { arrivals, lengthOf, startAt } from "./timeline.js";

const FADE = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 600; // ms
const PAGE = 8_000; // ms: the least a page of a longer piece stands
const LOOK = 250; // ms between looks at whether the piece on the glass may still be there
const BROKEN = 60_000; // ms a release that could not be drawn is passed over
const GRACE = 6_000; // ms a film may end later than planned: it begins when its first frame is there
const JOINED = 3_000; // ms into a film from which it is joined where its neighbours are
const POSTER = 20_000; // ms the poster of a film stands where films cannot be shown

const painted = () =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, 200); // a covered window gets no animation frames
    requestAnimationFrame(() => requestAnimationFrame(() => (clearTimeout(timer), resolve())));
  });
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Loop {
  swaps = 0;
  showing = null;
  #layer = null;
  #lengths = new Map();
  #broken = new Map();
  #queue = [];
  #items = [];
  #lineUp = null;
  #film = null;
  #pairing = null;
  #wake = () => {};

  /** `player` says what is due and allowed; `shown(version)` is told when a version's first frame stands. */
  constructor({ stage, player, store, films, name, shown }) {
    Object.assign(this, { stage, player, store, films, name, shown });
  }

  get size() {
    return { width: this.stage.clientWidth, height: this.stage.clientHeight };
  }

  /** Something may have changed: look now. */
  changed() {
    this.#wake();
  }

  /** {code, expiresAt, link} to show, or null. */
  set pairing(pairing) {
    this.#pairing = pairing;
    this.#wake();
  }

  /** A new size: lengths are measured again and the piece is drawn again. */
  resized() {
    this.#lengths.clear();
    this.#lineUp = null;
    this.showing = null;
    this.#wake();
  }

  async run(signal) {
    while (!signal.aborted) {
      const next = await this.#next();
      if (next) await this.#play(next);
      else await this.#idle();
      await after(0); // whatever goes wrong above, the page stays alive
    }
  }

  async #next() {
    if (this.#pairing) return null;
    this.#followLineUp();
    const { slot, good } = this.#due();
    for (const { release } of good) await this.#measure(release);
    while (this.#queue.length > 0) {
      const item = good.find(({ release }) => release === this.#queue[0]);
      if (item) return { release: item.release, duration: lengthOf(item, this.#lengths), from: 0, isNew: true };
      this.#queue.shift();
    }
    const start = startAt(slot, good, this.player.time(), this.#lengths);
    return start && { release: start.item.release, duration: start.duration, from: lengthOf(start.item, this.#lengths) - start.duration };
  }

  /** What is due, without what could not be drawn a moment ago. */
  #due() {
    const { slot, items } = this.player.due();
    return { slot, good: items.filter(({ release }) => !((this.#broken.get(release) ?? 0) > performance.now())) };
  }

  /** What a new line-up brings is shown first, once: an editor who looks at the screen sees it come. */
  #followLineUp() {
    const { lineUp } = this.player;
    if (lineUp === this.#lineUp) return;
    const isFirst = this.#lineUp === null;
    this.#lineUp = lineUp;
    const { manifest } = lineUp;
    const { items } = this.player.due();
    this.#queue = isFirst ? [] : arrivals(this.#items, items);
    this.#items = items;
    const listed = new Set(manifest.value.releases.map(({ release }) => release));
    for (const release of this.#lengths.keys()) if (!listed.has(release)) this.#lengths.delete(release);
  }

  /** The time every page of the piece and its film need; measured once, a breath between pieces. */
  async #measure(digest) {
    if (this.#lengths.has(digest)) return;
    const release = this.player.release(digest);
    if (!release) return;
    const pages = countPages(contentOf(release), outlines(release), this.size);
    const film = this.films.isAble ? (filmOf(release)?.duration ?? 0) : 0;
    this.#lengths.set(digest, Math.max(film, pages > 1 ? pages * PAGE : 0));
    await after(0);
  }

  async #play({ release: digest, duration, from, isNew }) {
    const pictures = new Pictures(this.store);
    const begun = performance.now();
    try {
      const release = this.player.release(digest);
      if (!release) return;
      if (isNew) this.#queue.shift();
      const frames = renderFrames(contentOf(release), await pictures.of(release), this.size);
      if (filmOf(release)) await this.#playFilm(frames[0], { digest, release, duration, from });
      else await this.#playPages(frames, { digest, duration, begun });
    } catch (error) {
      this.#broken.set(digest, performance.now() + BROKEN);
      this.stage.dataset.fault = error.code ?? error.name;
      if (error.code === "trust.hash") await this.player.repair(error.params.sha256);
    } finally {
      this.#afterSwap(pictures);
    }
  }

  async #playPages(frames, { digest, duration, begun }) {
    const isStanding = this.showing === digest && frames.length === 1;
    const dwell = duration / frames.length;
    for (const [page, frame] of frames.entries()) {
      if (!this.player.release(digest)) return;
      if (!isStanding) await this.#draw(frame, digest, dwell);
      // by the plan's clock: what preparing and fading cost is not added to the loop
      if (!(await this.#stand(begun + (page + 1) * dwell, () => this.#mayStand(digest)))) return;
    }
  }

  /** A film is over when it ends, not when the plan says so; one that stands still is passed over. */
  async #playFilm(frame, { digest, release, duration, from }) {
    const standing = this.showing === digest ? this.#film : null;
    const film = standing ?? this.films.of(digest, release);
    if (!film) return this.#playPages([frame], { digest, duration: Math.min(duration, POSTER), begun: performance.now() });
    try {
      if (standing) await film.again();
      else {
        await film.prepare(from > JOINED ? from : 0, () => this.#wake());
        if (!this.player.release(digest)) return;
        frame.querySelector(".frame__film").append(film.element);
        await this.#draw(frame, digest, duration, film);
      }
      await this.#stand(performance.now() + duration + GRACE, () => this.#mayStand(digest) && this.#goesOn(film));
    } catch (error) {
      film.dispose();
      this.showing = null; // it may not go on from where it broke
      throw error;
    } finally {
      if (!this.player.release(digest)) film.dispose(); // recalled: gone before anything else is ready
    }
  }

  #goesOn(film) {
    film.check();
    this.#layer?.querySelector(".frame__elapsed i")?.style.setProperty("--elapsed", film.progress.toFixed(4));
    return !film.isOver;
  }

  async #draw(frame, digest, dwell, film = null) {
    await Promise.all([...frame.querySelectorAll("img")].map((image) => image.decode()));
    styled(frame, { "--dwell": `${Math.round(dwell)}ms` });
    frame.querySelector(".frame__dots").classList.add("is-running");
    this.showing = digest;
    const facts = { mode: "loop", release: digest, page: frame.dataset.page, pages: frame.dataset.pages };
    await this.#swap(frame, film ? { ...facts, film: "playing" } : facts, film);
  }

  #mayStand(digest) {
    if (this.#pairing || this.showing !== digest || !this.player.release(digest)) return false;
    this.#followLineUp();
    return this.#queue.length === 0 && this.player.due().items.some(({ release }) => release === digest);
  }

  /** Stands until a monotonic instant or until `isGood` fails; whether the time ran out by itself. */
  async #stand(until, isGood) {
    for (;;) {
      if (!isGood()) return false;
      this.#acknowledge(); // what stands is what the newest version wants to stand
      const left = until - performance.now();
      if (left <= 0) return true;
      await Promise.race([after(Math.min(LOOK, left)), new Promise((resolve) => (this.#wake = resolve))]);
    }
  }

  async #idle() {
    const pairing = this.#pairing;
    const time = this.player.time() || Date.now();
    this.showing = null;
    if (pairing) await this.#swap(drawPairing(pairing), { mode: "pairing", code: pairing.code });
    else if (this.stage.dataset.mode !== "slate") await this.#swap(drawSlate(this.name, time), { mode: "slate" });
    const slate = this.stage.querySelector(".slate");
    await this.#stand(performance.now() + (pairing ? 3_600_000 : 1_000), () => this.#pairing === pairing && (pairing || this.#due().good.length === 0));
    if (slate) tickSlate(slate, this.player.time() || Date.now());
  }

  async #swap(drawn, facts, film = null) {
    const layer = el("div", "layer", drawn);
    const [old, oldFilm] = [this.#layer, this.#film];
    this.stage.append(layer);
    await painted();
    oldFilm?.pause();
    for (const name of ["release", "page", "pages", "code", "film"]) delete this.stage.dataset[name];
    Object.assign(this.stage.dataset, facts);
    styled(this.stage, { "--fade": `${old ? FADE : 0}ms` });
    layer.classList.add("is-shown");
    Object.assign(this.stage.dataset, { swaps: String((this.swaps += 1)) });
    [this.#layer, this.#film] = [layer, film];
    await film?.play();
    if (old) await after(FADE);
    await painted();
    old?.remove();
    oldFilm?.dispose();
  }

  #acknowledge() {
    this.stage.dataset.version = String(this.player.version);
    this.shown(this.player.version);
  }

  /** The pictures stay until the layer that draws them is gone. */
  #afterSwap(pictures) {
    const layer = this.#layer;
    const gone = () => (layer?.isConnected && this.#layer === layer ? setTimeout(gone, 1_000) : pictures.dispose());
    setTimeout(gone, FADE * 2);
  }
}
