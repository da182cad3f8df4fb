// The loop: what is due goes up at its instant, and while it stands what comes next is made ready; never an empty frame.
import { contentOf, filmOf, neededBy, outlines } from "./drawing.js";
import { Glass, after } from "./glass.js";
import { make } from "./making.js";
import { drawPairing, drawSlate, tickSlate } from "./slate.js";
import { cardOf, fill } from "./templates/card.js";
import { countPages } from "./templates/frame.js";
import { styled } from "./templates/dom.js";
import { arrivals, lengthOf, planAt } from "./timeline.js";

const PAGE = 8_000; // ms: the least a page of a longer piece stands
const LOOK = 250; // ms between looks at whether the piece on the glass may still be there
const BROKEN = 60_000; // ms a release that could not be drawn is passed over, unless it was mended meanwhile
const MENDED = 10_000; // ms for which a failure may be that of the bytes before they were mended
const GRACE = 6_000; // ms a film may end later than planned: it begins when its first frame is there
const JOINED = 3_000; // ms into a film from which it is joined where its neighbours are
const POSTER = 20_000; // ms the poster of a film stands where films cannot be shown
const AHEAD = 1_500; // ms: by then a film is ready at any of its frames
const LEAD = 60; // ms before its end a piece makes way, so that the next comes up on its frame

export class Loop {
  showing = null;
  #lengths = new Map();
  #broken = new Map(); // digest → {until, bundle}: what failed, and the file of it that did
  #mended = new Map(); // name of a file → when it was whole again
  #queue = [];
  #items = [];
  #lineUp = null;
  #coming = null;
  #pairing = null;
  #wake = () => {};

  /**
   * `player` says what is due and allowed; `shown(version)` is told when a version's first frame stands, `refused(digest,
   * code)` when a piece could not be drawn; `resting(isTurn)` says between pieces that the page is loaded anew: the loop ends.
   */
  constructor({ stage, size, player, store, films, name, shown, refused = () => {}, resting = () => false }) {
    Object.assign(this, { stage, player, store, films, name, shown, refused, resting });
    this.glass = new Glass(stage, () => player.time());
    this.sizeOf = size ?? (() => this.glass.size);
  }

  get size() {
    return this.sizeOf();
  }

  /** Something may have changed: look now. */
  changed() {
    this.#wake();
  }

  /** These files are what was signed again: what failed for them is tried at once. */
  mended(names) {
    const now = performance.now();
    names.forEach((name) => this.#mended.set(name, now));
    for (const digest of this.#broken.keys()) if (this.#isMended(digest)) this.#broken.delete(digest);
    this.#wake();
  }

  #isMended(digest) {
    const release = this.player.release(digest);
    const files = release ? [...neededBy(release), filmOf(release)?.file].filter(Boolean) : [];
    return files.some(({ sha256 }) => performance.now() - (this.#mended.get(sha256) ?? -Infinity) < MENDED);
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
    this.#forget();
    this.#wake();
  }

  async run(signal) {
    while (!signal.aborted) {
      const next = await this.#next();
      if (this.resting(!next?.release || next.release === this.player.due().items[0]?.release)) return;
      if (next?.release) await this.#play(next);
      else if (next) await this.#stand(next.until, () => this.showing !== null && !this.#pairing);
      else await this.#idle();
      await after(0); // whatever goes wrong above, the page stays alive
    }
  }

  /** {release, from, until, at}: what to show now; {until} alone where what stands goes on standing; null: nothing. */
  async #next() {
    if (this.#pairing) return null;
    this.#followLineUp();
    const { slot, items, good } = this.#due();
    for (const { release } of good) await this.#measure(release);
    const now = Math.floor(this.player.time());
    while (this.#queue.length > 0) {
      const item = good.find(({ release }) => release === this.#queue[0]);
      if (item) return { release: item.release, from: now, until: now + lengthOf(item, this.#lengths), at: 0, isNew: true };
      this.#queue.shift();
    }
    const from = this.#coming?.plan.from ?? 0;
    return this.#planned(slot, items, good, from - now > 0 && from - now < LEAD * 2 ? from : now);
  }

  #planned(slot, items, good, time) {
    const { inStep } = this.player;
    const plan = planAt(slot, inStep ? items : good, time, this.#lengths, { inStep });
    if (!plan) return null;
    if (!good.some(({ release }) => release === plan.release)) return this.showing ? { until: plan.until } : null;
    return { ...plan, at: plan.from >= time && this.#coming?.plan.release === plan.release ? plan.from : 0 };
  }

  /** What is due, and of it what did not fail a moment ago. */
  #due() {
    const { slot, items } = this.player.due();
    return { slot, items, good: items.filter(({ release }) => !((this.#broken.get(release)?.until ?? 0) > performance.now())) };
  }

  /** What a new line-up brings is shown first, once: an editor who looks at the screen sees it come. */
  #followLineUp() {
    const { lineUp } = this.player;
    if (lineUp === this.#lineUp) return;
    const isFirst = this.#lineUp === null;
    this.#lineUp = lineUp;
    const { manifest } = lineUp;
    const { items } = this.player.due();
    this.#queue = isFirst || this.player.inStep ? [] : arrivals(this.#items, items);
    this.#items = items;
    // another file of the same release is not the one that failed
    for (const [digest, { bundle }] of this.#broken) if (this.#bundleOf(digest) !== bundle) this.#broken.delete(digest);
    const listed = new Set(manifest.value.releases.map(({ release }) => release));
    for (const release of this.#lengths.keys()) if (!listed.has(release)) this.#lengths.delete(release);
  }

  /** The time every page of the piece and its film need; measured once, a breath between pieces. */
  async #measure(digest) {
    if (this.#lengths.has(digest)) return;
    const release = this.player.release(digest);
    if (!release) return;
    // in step only what was signed counts: neighbours of other sizes have other pages
    const { inStep } = this.player;
    const pages = inStep ? 1 : countPages(contentOf(release), outlines(release), this.size);
    const film = this.films.isAble || inStep ? (filmOf(release)?.duration ?? 0) : 0;
    this.#lengths.set(digest, Math.max(film, pages > 1 ? pages * PAGE : 0));
    await after(0);
  }

  async #play(plan) {
    const release = this.player.release(plan.release);
    if (!release) return;
    if (plan.isNew) this.#queue.shift();
    try {
      if (filmOf(release)) await this.#playFilm(plan);
      else await this.#playPages(plan);
    } catch (error) {
      await this.#failed(plan.release, error);
    }
  }

  async #failed(digest, error) {
    if (!this.player.release(digest)) return; // recalled meanwhile
    const wait = this.#isMended(digest) ? LOOK * 4 : BROKEN;
    this.#broken.set(digest, { until: performance.now() + wait, bundle: this.#bundleOf(digest) });
    const code = String(error.code || error.name);
    this.stage.dataset.fault = code;
    this.refused(digest, code);
    if (error.code === "trust.hash") await this.player.repair(error.params.sha256);
  }

  /** The file in which the line-up names a release. */
  #bundleOf(digest) {
    return this.#lineUp?.manifest.value.releases.find(({ release }) => release === digest)?.bundle ?? "";
  }

  async #playPages(plan, given = null) {
    const { release: digest, until, at } = plan;
    if (!given && this.showing === digest && Number(this.stage.dataset.pages) === 1) return void (await this.#stand(until, () => this.#mayStand(digest)));
    const coming = given ?? (await this.#taken(plan));
    const { frames } = coming.made;
    const begun = this.player.inStep ? plan.from : at || this.player.time();
    const dwell = (until - begun) / frames.length;
    const first = this.player.inStep ? pageAt(this.player.time() - begun, dwell, frames.length) : 0;
    let layer = first === 0 ? coming.layer : null;
    try {
      for (let page = first; page < frames.length; page += 1) {
        if (!this.player.release(digest)) return;
        layer ??= await this.#ready(frames[page], coming.made.size);
        await this.#draw(layer, coming.made, page, { dwell, at: page === first ? at : begun + page * dwell });
        layer = null;
        const end = begun + (page + 1) * dwell;
        if (page + 1 < frames.length) layer = await this.#ready(frames[page + 1], coming.made.size);
        else this.#prepare(until, digest);
        if (!(await this.#stand(end - LEAD, () => this.#mayStand(digest)))) return;
      }
    } finally {
      if (layer) this.glass.drop(layer);
      coming.made.release();
    }
    if (!this.#coming?.ready) await this.#stand(until, () => this.#mayStand(digest));
  }

  /** A film alone is over when it ends; one in step when the plan says so. One that stands still is passed over. */
  async #playFilm(plan) {
    const { release: digest, from, until, at } = plan;
    const standing = this.showing === digest ? this.glass.film : null;
    const coming = standing ? null : await this.#taken(plan);
    const film = standing ?? coming.made.film;
    if (!film) return this.#playPages({ ...plan, until: Math.min(until, this.player.time() + POSTER) }, coming);
    const inStep = this.player.inStep ? { from, time: () => this.player.time() } : null;
    try {
      if (standing) await film.again(inStep);
      else {
        film.follow(inStep);
        if (!this.player.release(digest)) return void (this.glass.drop(coming.layer), film.dispose());
        const up = at || (coming.at ?? 0);
        await this.#draw(coming.layer, coming.made, 0, { dwell: until - (up || this.player.time()), at: up, film });
      }
      this.#prepare(until, digest);
      const end = inStep ? until - LEAD : until + GRACE;
      await this.#stand(end, () => this.#mayStand(digest) && this.#goesOn(film, inStep));
      if (film.isOver && !inStep) await this.#stand(Math.min(until, this.player.time() + LOOK), () => this.#mayStand(digest));
    } catch (error) {
      film.dispose();
      this.showing = null; // it may not go on from where it broke
      throw error;
    } finally {
      coming?.made.release();
      if (!this.player.release(digest)) film.dispose(); // recalled: gone before anything else is ready
    }
  }

  #goesOn(film, inStep) {
    const { stage } = this;
    film.check();
    if (inStep) stage.dataset.drift = String(Math.round(film.correct()));
    this.glass.layer?.querySelector(".frame__elapsed i")?.style.setProperty("--elapsed", film.progress.toFixed(4));
    return Boolean(inStep) || !film.isOver;
  }

  async #draw(layer, made, page, { dwell, at, film = null }) {
    const { digest, frames } = made;
    const [frame] = layer.children;
    styled(frame, { "--dwell": `${Math.round(dwell)}ms` });
    const isBefore = this.showing === digest && film === null && page > 0;
    const facts = { mode: "loop", release: digest, page: String(page), pages: String(frames.length), ...(film ? { film: "playing" } : {}) };
    const seen = () => {
      // drawn for a glass that was divided anew meanwhile: it may not stay
      this.showing = layer.dataset.size === this.#sizeNow() ? digest : null;
      frame.querySelector(".frame__dots")?.classList.add("is-running");
      if (!isBefore) this.#acknowledge(); // what came up is what the newest version wants
    };
    await this.glass.show(layer, { facts, film, at, gone: made.hold(), seen });
  }

  /** Begins to make ready what follows at `until`, unless the same piece goes on. */
  #prepare(until, standing) {
    this.#forget();
    if (until - this.player.time() < LEAD * 3) return;
    const { slot, items, good } = this.#due();
    const { inStep } = this.player;
    const plan = planAt(slot, inStep ? items : good, until, this.#lengths, { inStep });
    const isNext = plan && plan.release !== standing && plan.from === until;
    if (!isNext || !good.some(({ release }) => release === plan.release)) return;
    const job = { plan, lineUp: this.#lineUp, ready: null, error: null, isOver: false };
    const made = (found) => (job.isOver ? this.#discard(found) : (job.ready = found));
    job.done = this.#made(plan.release, 0).then(made, async (error) => {
      job.error = error;
      if (this.#coming === job) this.#coming = null;
      if (!job.isOver) await this.#failed(plan.release, error);
    });
    this.#coming = job;
  }

  /** What was made ready for this plan, or is made now. */
  async #taken({ release: digest, from }) {
    const job = this.#coming;
    if (job?.plan.release === digest && job.lineUp === this.#lineUp) {
      this.#coming = null;
      await this.#watched(job.done);
      if (job.error) throw job.error;
      return job.ready;
    }
    this.#forget();
    const into = this.player.time() - from;
    if (!this.player.inStep) return this.#watched(this.#made(digest, into > JOINED ? into : 0));
    // a film that its neighbours show already waits at a frame that is still to come
    const later = Math.max(0, into + AHEAD);
    return { ...(await this.#watched(this.#made(digest, later))), at: from + later };
  }

  /** Waits for `task`; what is recalled meanwhile makes way for the slate at once. */
  async #watched(task) {
    let isDone = false;
    const done = task.finally(() => (isDone = true));
    done.catch(() => {});
    while (!isDone) {
      await Promise.race([done, after(LOOK)]).catch(() => {});
      if (isDone || !this.showing || this.player.release(this.showing)) continue;
      this.showing = null;
      await this.#put(drawSlate(this.name, this.player.time() || Date.now()), { mode: "slate" });
    }
    return done;
  }

  /** {made, layer}: the piece, and its first page or film unseen on the glass. */
  async #made(digest, into) {
    const release = this.player.release(digest);
    if (!release) throw new DOMException("recalled", "AbortError");
    const card = cardOf(contentOf(release));
    const { size } = this;
    const made = await make(digest, release, { store: this.store, films: this.films, size });
    try {
      const { film, frames } = made;
      if (card) fill(frames[0], card.fields, this.player.values(card));
      if (film) {
        await film.prepare(into, () => this.#wake());
        frames[0].querySelector(".frame__film").append(film.element);
      }
      return { made, layer: await this.#ready(frames[0], size) };
    } catch (error) {
      made.film?.dispose();
      made.release();
      throw error;
    }
  }

  #sizeNow() {
    return JSON.stringify(this.size);
  }

  async #ready(frame, size) {
    const layer = await this.glass.ready(frame);
    layer.dataset.size = JSON.stringify(size);
    return layer;
  }

  #forget() {
    const job = this.#coming;
    this.#coming = null;
    if (!job) return;
    job.isOver = true;
    if (job.ready) this.#discard(job.ready);
  }

  #discard({ made, layer }) {
    this.glass.drop(layer);
    made.film?.dispose();
    made.release();
  }

  #mayStand(digest) {
    if (this.#pairing || this.showing !== digest || !this.player.release(digest)) return false;
    this.#followLineUp();
    return this.#queue.length === 0 && this.player.due().items.some(({ release }) => release === digest);
  }

  /** Stands until an instant or until `isGood` fails; whether the time ran out by itself. */
  async #stand(until, isGood) {
    for (;;) {
      if (!isGood()) return false;
      this.#acknowledge(); // what stands is what the newest version wants to stand
      this.#fills();
      const left = until - this.player.time();
      if (left <= 0) return true;
      await Promise.race([after(Math.min(LOOK, left)), new Promise((resolve) => (this.#wake = resolve))]);
    }
  }

  /** A data card that stands takes the newest values its feed may say. */
  #fills() {
    const [frame] = this.glass.layer?.children ?? [];
    const release = frame?.dataset.feed && this.showing && this.player.release(this.showing);
    const card = release && cardOf(contentOf(release));
    if (card) fill(frame, card.fields, this.player.values(card));
  }

  async #idle() {
    const pairing = this.#pairing;
    const now = () => this.player.time() || Date.now();
    this.showing = null;
    this.#forget();
    if (pairing) await this.#put(drawPairing(pairing), { mode: "pairing", code: pairing.code });
    else if (this.stage.dataset.mode !== "slate") await this.#put(drawSlate(this.name, now()), { mode: "slate" });
    const slate = this.stage.querySelector(".slate");
    const over = performance.now() + (pairing ? 3_600_000 : 1_000);
    while (performance.now() < over && this.#pairing === pairing && (pairing || this.#due().good.length === 0)) {
      this.#acknowledge();
      await Promise.race([after(LOOK), new Promise((resolve) => (this.#wake = resolve))]);
    }
    if (slate) tickSlate(slate, now());
  }

  async #put(drawn, facts) {
    await this.glass.show(await this.glass.ready(drawn), { facts });
  }

  #acknowledge() {
    this.stage.dataset.version = String(this.player.version);
    this.shown(this.player.version);
  }
}

const pageAt = (into, dwell, pages) => Math.min(pages - 1, Math.max(0, Math.floor(into / dwell)));
