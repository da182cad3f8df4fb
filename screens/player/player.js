// The screen itself: what arrived is checked, written down, fetched whole, and only then becomes what is shown.
//
//   message ─▶ accept (trust/viewer.js) ─▶ disk ─▶ state ─▶ bundles, files fetched ─▶ disk ─▶ shown ─▶ loop
//
// `state` is the newest that was accepted; `shown` the newest of which every picture is here, without the pieces whose
// film is still on its way; `view` is `shown` as the newest recalls, delegations and facts allow it. Nothing is drawn that
// is not in `view`.
import { filesNeeded, readParts } from "./parts.js";
import { filmOf, narrationOf, neededBy } from "./drawing.js";
import { missing, unspoken } from "./missing.js";
import { Full } from "./depot.js";
import { Unobtainable } from "./fetcher.js";
import { monotonic } from "./clock.js";
import { playable, slotAt } from "./timeline.js";
import { codeOf } from "./trust/errors.js";
import { accept, isStale, newState, showable, silence, trustedTime, values } from "./trust/viewer.js";
import { verifyRoot } from "./trust/verify.js";
import { readSigned } from "./trust/signed.js";
import { readCard } from "./trust/feed.js";
import { MAX_FEEDS } from "./trust/limits.js";
import { Line } from "./waiting.js";
import { Pace } from "./pace.js";
import { placeOf } from "./place.js";

const LATE = new Set(["trust.rollback", "trust.expired", "trust.epoch"]);
const FULL_WAIT = 60_000; // ms until a full disk is tried again
const FILE_WAIT = 15_000; // ms for a signed object that came as a file

const told = (state, { value: { version, epoch } }) => ({ state, version, epoch });

/** The signed object as a list, empty for what is none. */
function readable(value) {
  try {
    return [readSigned(value)];
  } catch {
    return [];
  }
}

export class Player {
  state = null;
  shown = null;
  view = null;
  lineUp = null; // changes with each set of pieces that came on the glass
  pace = new Pace();
  heard = 0; // state messages fully dealt with, for tests and health
  #line = new Line();
  #facts = null;
  #away = 0;
  #rotten = new Set(); // files that were thrown away and are fetched again
  #early = []; // values that came before what they are checked by
  #cards = new Map(); // feed → its card, while the same block asks
  #following = null;
  #followed = "";
  #again = 0;
  #bundles = new Map(); // sha256 → bytes of releases that came and are not taken yet
  #heldBack = ""; // the state (as `#followed`) of which the desk knows that the line's rules hold something back

  /**
   * `showsFilms`: whether films are fetched at all. `tell(event, detail)`: "changed", "version", "refused", "remembered", "mended".
   */
  constructor({ config, identity, store, memory, fetcher, showsFilms, tell }) {
    Object.assign(this, { config, identity, store, memory, fetcher, showsFilms, tell });
  }

  /** {values, at, isOver} that a feed says for a data card (its block) at this moment, or null; run out: no values. */
  values(block) {
    const card = this.#cards.get(block.feed);
    if (card?.fields !== block.fields) {
      this.#cards.set(block.feed, { fields: block.fields, schema: null }); // known at the next look
      readCard(block).then(({ feed, schema }) => this.#cards.set(feed, { feed, fields: block.fields, schema }), () => {});
      return null;
    }
    const held = card.schema && this.state?.feeds?.get(card.feed)?.feed.value;
    if (!held) return null;
    try {
      return { values: values(this.state, card, this.#now()), at: held.at, isOver: false };
    } catch (fault) {
      // another card's or out of its bounds: nothing was ever said for this one
      return fault.code === "trust.expired" ? { values: {}, at: held.at, isOver: true } : null;
    }
  }

  /** Takes up what the disk holds; every release in it is checked again. */
  async start() {
    const root = await verifyRoot(readSigned(this.config.root), null);
    const { state, shown, away } = await this.memory.load(monotonic());
    this.pinned = root;
    const isOurs = state && state.root.value.domain === root.value.domain && state.key === this.identity.pair.public;
    if (!isOurs) return;
    this.#away = away;
    this.state = (await accept(state, {}, monotonic())).state;
    this.shown = shown;
    await this.#look();
    this.#follow();
  }

  /** Trusted time in ms, or 0; runs on by the box's own clock while the server is away. */
  trusted() {
    return this.state ? trustedTime(this.state, this.#now()) : 0;
  }

  /** The time by which the line-up turns (ms, with fractions): the trusted one, made finer by the server's clock. */
  time() {
    return this.pace.time(performance.now(), this.trusted());
  }

  /** The code of the unit it stands in, the last of its signed path; "" before it has one. */
  get point() {
    return this.state?.facts?.value.unit.split("/").filter(Boolean).pop() ?? "";
  }

  /** {group, tile|null} that the screen's signed facts name, or null. */
  get place() {
    return placeOf(this.state?.facts?.value.tags ?? []);
  }

  /** Whether it changes with others: then the plan alone says what stands, to the frame. */
  get inStep() {
    return Boolean(this.place?.group);
  }

  /** The epoch of `version`. */
  get epoch() {
    return this.view?.manifest?.value.epoch ?? 0;
  }

  get version() {
    return this.view?.manifest?.value.version ?? 0;
  }

  /** No beacon for a minute: worth a mark in the corner, not worth stopping. */
  get isStale() {
    return this.state !== null && isStale(this.state, this.#now());
  }

  get silence() {
    return this.state ? silence(this.state, this.#now()) : 0;
  }

  /** {slot, items}: the loop that is due, with what may be drawn of it now. */
  due() {
    if (!this.view?.manifest) return { slot: null, items: [] };
    const slot = slotAt(this.view.manifest.value, Math.floor(this.time()));
    return { slot, items: playable(slot, (release) => this.release(release) !== null) };
  }

  /** The verified release with this digest, or null if it may not be drawn at this moment. */
  release(digest) {
    try {
      return this.view ? showable(this.view, digest, this.#now()).value : null;
    } catch {
      return null;
    }
  }

  /** [{digest, release}] of everything that is here and may be drawn at this moment, in the loop or not. */
  listed() {
    const known = [...(this.view?.releases.keys() ?? [])];
    return known.map((digest) => ({ digest, release: this.release(digest) })).filter(({ release }) => release !== null);
  }

  /** A file on the disk is not what was signed any more: it is thrown away and fetched again. */
  async repair(sha256) {
    this.#rotten.add(sha256);
    await this.store.drop([sha256]);
    this.#followed = "";
    this.#follow();
  }

  /** Tells of the rotten files that are whole again. */
  async #mended() {
    if (this.#rotten.size === 0) return;
    const stored = new Set(await this.store.names());
    const whole = [...this.#rotten].filter((name) => stored.has(name));
    whole.forEach((name) => this.#rotten.delete(name));
    if (whole.length > 0) this.tell("mended", whole);
  }

  /** What its own box must see to believe an order is for this screen: the facts as the guard signed them. */
  get facts() {
    return this.#facts;
  }

  /** The newest root this screen believes. */
  get root() {
    return this.state?.root ?? this.pinned;
  }

  /** Throws away what nobody needs; what stands on the glass stays. */
  async clear() {
    if (this.shown) await this.#tidy();
    this.#followed = "";
    this.#follow();
  }

  /** Versions for `hello`. */
  have() {
    const { manifest, recalls, root, delegations } = this.state ?? { root: this.pinned };
    return {
      epoch: root.value.epoch,
      version: manifest?.value.version ?? 0,
      recalls: recalls?.value.version ?? 0,
      root: root.value.version,
      delegations: delegations?.value.version ?? 0,
    };
  }

  welcomed({ screen, audience, media }) {
    return this.#line.run(async () => {
      if (media) this.fetcher.base = media;
      this.#facts = screen ? readSigned(screen) : this.#facts;
      if (audience) await this.#called(audience);
      if (this.state && this.#facts) await this.#take({ screen: this.#facts });
      this.#follow();
    });
  }

  /** A `state` message: whatever of it does not pass leaves the screen as it is. */
  received(message) {
    return this.#line.run(async () => {
      if (this.state) {
        const inline = { ...readParts(message), screen: this.#facts };
        const verdicts = await this.#take(inline);
        const more = await filesNeeded(message, inline, this.state, (name) => this.#signedFile(name));
        this.#report([...verdicts, ...(more ? await this.#take(more) : [])], Boolean(more));
      }
      if (this.#early.length > 0) await this.#feed(this.#early);
      this.heard += 1;
      this.#follow();
    });
  }

  /** A `feeds` message: values that pass stand on the cards at once, others change nothing. */
  fed({ feeds }) {
    return this.#line.run(async () => {
      const signed = (Array.isArray(feeds) ? feeds : []).slice(0, MAX_FEEDS).flatMap(readable);
      if (signed.length < (feeds?.length ?? 0)) this.tell("refused", { what: "feed", code: "trust.schema" });
      if (this.state && signed.length > 0) await this.#feed(signed);
      this.heard += 1;
    });
  }

  /** The roots that came while this screen was away, one after the other. */
  walked({ roots }) {
    return this.#line.run(async () => {
      if (!this.state || !Array.isArray(roots)) return;
      this.#report(await this.#take({ roots: roots.map((root) => readSigned(root)) }), false);
    });
  }

  /** One by one, so that each has its own verdict; what is checked by things still to come is tried again after them. */
  async #feed(signed) {
    const early = [];
    const before = this.state.feeds;
    for (const one of signed) {
      const [{ code }] = await this.#take({ feeds: [one] });
      if (code === "trust.behind") early.push(one);
      // older, run out or of another epoch: a server that is behind says such things, and they harm nobody
      else if (code !== null && !LATE.has(code)) this.tell("refused", { what: "feed", code });
    }
    this.#early = early;
    if (this.state.feeds !== before) this.tell("changed");
  }

  #now() {
    return monotonic() + this.#away;
  }

  async #called(audience) {
    const { screen, pair } = this.identity;
    const key = pair.public;
    const state = this.state ?? newState({ root: this.pinned, screen, key, audience });
    if (state === this.state && state.audience === audience && state.screen === screen) return;
    await this.#adopt({ ...state, audience, screen });
  }

  async #take(incoming) {
    const before = this.state;
    const { state, verdicts } = await accept(before, incoming, monotonic());
    const isHeard = state.beacon !== before.beacon;
    await this.#adopt(state);
    // roots come first, and so do their verdicts
    if (state.root !== before.root) this.tell("rooted", incoming.roots.filter((_, at) => verdicts[at].code === null));
    if (isHeard) this.#away = 0; // a guard has told the time: no more guessing
    return verdicts;
  }

  async #adopt(state) {
    const before = this.state;
    await this.memory.keep(state, monotonic());
    this.state = state;
    if (before && state.manifest !== before.manifest) this.tell("version", told("received", state.manifest));
    await this.#look();
  }

  /** What of `shown` the newest state lets stand. */
  async #look() {
    const { shown } = this;
    if (!shown) return;
    const { state } = await accept({ ...this.state, ...shown }, {}, monotonic());
    Object.assign(this, { view: state, lineUp: shown });
    this.tell("changed");
  }

  #report(verdicts, retried) {
    const last = new Map(verdicts.map(({ what, code }) => [what, code]));
    const refused = [...last].filter(([, code]) => code !== null && !(retried && code === "trust.behind"));
    const objects = refused.filter(([what]) => what.length < 64); // a release is named by its digest
    for (const [what, code] of objects) this.tell("refused", { what, code });
    const { recalls_signed: held } = this.state ?? {};
    if (held && last.get("recalls") === "trust.shrunk") this.tell("remembered", held);
  }

  /** Fetches what the newest manifest needs, once per combination of manifest, delegations and facts. */
  #follow() {
    if (!this.state?.manifest || !this.state.facts) return;
    const name = ["manifest", "delegations", "facts"].map((part) => this.state[part]?.digest).join();
    if (name === this.#followed) return;
    this.#followed = name;
    this.#following?.abort(new DOMException("a newer state came", "AbortError"));
    this.#following = new AbortController();
    const { signal } = this.#following;
    this.#gather(signal).catch((error) => {
      if (signal.aborted) return;
      this.#followed = "";
      this.tell("refused", { what: "files", code: codeOf(error) });
    });
  }

  async #gather(signal) {
    const { manifest } = this.state;
    await this.#bundled(manifest, signal);
    const wanted = await this.#wanted(signal);
    const activate = () => this.#line.run(() => this.#activate(manifest, wanted, signal));
    const pictures = wanted.filter(({ isFilm }) => !isFilm);
    const urgent = pictures.filter(({ file }) => file.urgent);
    // An emergency waits for its own pictures alone; the others join the line-up as they come.
    const first = this.#isUrgent() ? urgent : pictures;
    await Promise.all(first.map(({ settled }) => settled));
    await activate();
    const joins = pictures.filter(({ isHere }) => isHere === null).map(({ done }) => done.then(activate));
    for (const film of wanted.filter(({ isFilm }) => isFilm)) joins.push(film.begin().then(activate));
    await Promise.all(joins);
    for (const file of await this.#recordingsMissing()) await this.#stored(file, signal);
  }

  /** Fetches the releases of a manifest; what came before a newer one did is not asked for again. */
  async #bundled(manifest, signal) {
    const wanted = manifest.value.releases.filter(({ release, bundle }) =>
      !this.state.gone.has(release) && this.state.releases.get(release)?.file !== bundle);
    const named = new Set(wanted.map(({ bundle }) => bundle));
    for (const name of this.#bundles.keys()) if (!named.has(name)) this.#bundles.delete(name);
    await Promise.all(wanted.map(async ({ bundle, size }) => {
      if (this.#bundles.has(bundle)) return;
      const blob = await this.#obtained({ sha256: bundle, size }, signal);
      if (blob) this.#bundles.set(bundle, new Uint8Array(await blob.arrayBuffer()));
    }));
    await this.#line.run(async () => {
      signal.throwIfAborted();
      const verdicts = await this.#take({ bundles: new Map(this.#bundles) });
      for (const { what, code } of verdicts) if (code !== null) this.tell("refused", { what, code });
      this.#bundles.clear();
    });
  }

  /** Whether the accepted line-up has an urgent piece that is not on the glass yet. */
  #isUrgent() {
    const isNew = ([digest, { release }]) => release.value.class === "urgent" && !this.shown?.releases.has(digest);
    return [...this.state.releases].some(isNew);
  }

  /** Recordings come last and hold up nothing: a piece without its own is read by another voice. */
  async #recordingsMissing() {
    return this.showsFilms ? unspoken(this.state.releases, new Set(await this.store.names())) : [];
  }

  /**
   * What the accepted releases draw and the disk lacks (missing.js), with `isHere`: null until it is known. Pictures are on
   * their way: `done` when that is known, `settled` also when the line's rules keep one waiting. Films `begin` one by one.
   */
  async #wanted(signal) {
    const stored = new Set(await this.store.names());
    const wanted = missing(this.state.releases, stored, { films: this.showsFilms }).map((one) => ({ ...one, isHere: null }));
    const films = new Line();
    for (const one of wanted) this.#begun(one, films, signal);
    return wanted;
  }

  /** Sets a picture on its way, and a film once its turn has come. */
  #begun(one, films, signal) {
    const begin = async (held) => {
      one.isHere = await this.#stored(one.file, signal, held);
    };
    if (one.isFilm) {
      one.begin = () => films.run(() => begin(() => this.#tellHeld()));
      return;
    }
    one.settled = new Promise((resolve, reject) => {
      const held = () => {
        this.#tellHeld();
        resolve();
      };
      one.done = begin(held);
      one.done.then(resolve, reject);
    });
    one.settled.catch(() => {}); // whoever waits hears of it
  }

  /** The desk hears once a version that something of it waits for the line's hours or bytes. */
  #tellHeld() {
    if (this.#heldBack === this.#followed) return;
    this.#heldBack = this.#followed;
    this.tell("refused", { what: "files", code: "hands.held" });
  }

  async #stored(file, signal, held) {
    try {
      if (!(await this.store.hasRoomFor(file.size))) throw new Full(file.sha256);
      const blob = await this.#obtained(file, signal, held);
      if (blob) await this.store.keep(file.sha256, blob);
      return blob !== null;
    } catch (error) {
      if (!(error instanceof Full) && error.name !== "QuotaExceededError") throw error;
      this.#full();
      return false;
    }
  }

  /** The disk is full: what stood stands, the desk hears of it, and later there may be room. */
  #full() {
    this.tell("refused", { what: "files", code: "hands.full" });
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#followed = "";
      this.#follow();
    }, FULL_WAIT);
  }

  async #obtained(file, signal, held) {
    try {
      return await this.fetcher.get(file, signal, held);
    } catch (error) {
      if (error instanceof Unobtainable) return null;
      throw error;
    }
  }

  /**
   * The swap from the old set to the new: one write, after what it draws is on disk. Pieces of which something of `wanted` is
   * lacking join when it comes; while that leaves nothing to show, what stood goes on.
   */
  async #activate(manifest, wanted, signal) {
    signal.throwIfAborted();
    if (this.state.manifest?.digest !== manifest.digest) return;
    const absent = new Set(wanted.filter(({ isHere }) => isHere !== true).flatMap((one) => one.releases));
    const releases = new Map([...this.state.releases].filter(([digest]) => !absent.has(digest)));
    const { loop = [] } = slotAt(manifest.value, Math.floor(this.time())) ?? {};
    const isEmpty = loop.length > 0 && !loop.some(({ release }) => releases.has(release));
    if (absent.size > 0 && isEmpty && this.due().items.length > 0) return;
    const shown = { manifest, releases };
    await this.memory.keep(this.state, monotonic(), shown);
    this.shown = shown;
    await this.#look();
    await this.#mended();
    if (wanted.every(({ isHere }) => isHere !== null)) this.tell("version", told("cached", manifest));
    await this.#tidy();
  }

  async #tidy() {
    const held = [...this.shown.releases.values(), ...this.state.releases.values()];
    const files = held.flatMap(({ release: { value } }) => [neededBy(value), filmOf(value)?.file ?? [], narrationOf(value) ?? []].flat());
    const used = new Set(files.map((file) => file.sha256));
    const unused = (await this.store.names()).filter((name) => !used.has(name));
    if (unused.length > 0) await this.store.drop(unused);
  }

  async #signedFile(name) {
    const blob = await this.fetcher.get({ sha256: name }, AbortSignal.timeout(FILE_WAIT));
    return new Uint8Array(await blob.arrayBuffer());
  }
}
