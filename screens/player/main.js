// Start-up: configuration from the box, identity and memory from the disk, then the loop and the link.
import "./old.js";
import { backend, newPair } from "./trust/crypto.js";
import { Depot } from "./depot.js";
import { Fetcher } from "./fetcher.js";
import { Films } from "./films.js";
import { Box, Hands } from "./hands.js";
import { Layout } from "./layout.js";
import { Link, VERSION } from "./link.js";
import { Loop } from "./loop.js";
import { Memory } from "./memory.js";
import { NewspaperReader } from "./newspaper-reader.js";
import { Player } from "./player.js";
import { Probing } from "./probing.js";
import { Proof } from "./proof.js";
import { Rest, heapSize } from "./rest.js";
import { Store } from "./store.js";
import { Touch } from "./touch/touch.js";
import { Voice } from "./touch/voice.js";
import { Watchdog } from "./watchdog.js";
import { Zones } from "./zones.js";
import { clockText } from "./slate.js";
import { control } from "./shell.js";
import { telling } from "./vitals.js";

const REMEMBERED = 1_000; // steps; a screen runs for months
const LONGEST_SET = 30_000; // characters of a recall set that fit into one frame; a longer one comes from the edges
const REFUSALS = 1_000; // ms between two refusals told to the server: it limits how often a screen may speak

const stage = document.querySelector("#stage");
const root = document.documentElement;

async function identityOf(store) {
  const known = await store.read("identity");
  if (known) return known;
  const made = { screen: null, pair: await newPair() };
  await store.write({ identity: made });
  return made;
}

/** The foot's clock, the mark of an old beacon and the zones, twice a second. */
function ticking(player, loop, layout, config) {
  const clock = document.querySelector("#clock");
  const stale = document.querySelector("#stale");
  let zones = null;
  const tick = () => {
    const isLoop = stage.dataset.mode === "loop";
    const time = player.time() || Date.now();
    const isZoned = root.classList.contains("has-zones");
    clock.textContent = isLoop && !isZoned ? clockText(time) : "";
    root.classList.toggle("on-slate", !isLoop);
    stale.hidden = !player.isStale;
    stale.textContent = player.isStale ? `离线 ${duration(player.silence)}` : "";
    Object.assign(stage.dataset, { stale: String(player.isStale), heard: String(player.heard) });
    const { items } = player.due();
    arranged(player, layout, loop, items.length > 1, config);
    if (!root.classList.contains("has-zones")) return;
    zones ??= new Zones(document.body, config.name);
    const releases = items.map(({ release }) => ({ digest: release, release: player.release(release) })).filter(({ release }) => release);
    zones.update({ releases, showing: loop.showing, time, shape: root.classList.contains("is-landscape") ? "landscape" : "portrait" });
  };
  tick();
  setInterval(tick, 500);
}

function arranged(player, layout, loop, hasList, config) {
  const place = player.place;
  const chosen = { tile: place.tile, layout: place.layout === "full" ? (config.layout ?? "full") : place.layout };
  // a list that was there stays while the slate or one piece stands: the glass is not divided anew for a minute
  if (layout.arrange(chosen, hasList || (root.classList.contains("has-zones") && stage.dataset.mode === "loop"))) loop?.resized();
}

function duration(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${Math.max(1, minutes)} 分钟`;
  return minutes < 2_880 ? `${Math.floor(minutes / 60)} 小时` : `${Math.floor(minutes / 1_440)} 天`;
}

/** What the screen tells the server: each version's steps once, refusals at a measured pace, the last of them surely. */
function reporter(link) {
  const told = new Set();
  let quietUntil = 0;
  let later = 0;
  return function report({ version, epoch = 0, state, code }) {
    const step = `${epoch} ${version} ${state} ${code ?? ""}`; // versions begin again under a new epoch
    if (version < 1 || (state !== "refused" && told.has(step))) return;
    const left = state === "refused" ? quietUntil - performance.now() : 0;
    if (left > 0) {
      clearTimeout(later);
      later = setTimeout(report, left + 1, { version, epoch, state, code });
      return;
    }
    const of = link()?.protocol >= 2 && epoch > 0 ? { epoch } : {};
    const isTold = link()?.send({ t: "ack", version, state, at: Date.now(), ...(code ? { code } : {}), ...of });
    if (isTold && state === "refused") quietUntil = performance.now() + REFUSALS;
    else if (isTold) told.add(step);
    if (told.size > REMEMBERED) told.delete(told.values().next().value);
  };
}

/** The version that a state holds, and of which epoch it is. */
function placeIn(state) {
  const { version = 1, epoch = 0 } = state?.manifest?.value ?? {};
  return { version, epoch };
}

/** Between pieces: whether the page is on its way to being loaded anew. */
function resting(player, config) {
  const rest = new Rest({ zone: config.zone, ceiling: config.memory });
  return (isTurn) => {
    const why = rest.due({ time: player.time(), up: performance.now(), isTurn });
    if (why) location.reload();
    return why !== null;
  };
}

async function start() {
  const layout = new Layout(root, stage, document.querySelector("#chrome"));
  layout.arrange();
  const [config, store] = await Promise.all([fetch("config.json").then((answer) => answer.json()), Store.open()]);
  const { name: crypto } = await backend();
  const identity = await identityOf(store);
  let link = null;
  let loop = null;
  let player = null;
  const ack = reporter(() => link);
  const films = new Films({
    store,
    sound: config.sound === true,
    release: (digest) => player?.release(digest) ?? null,
    rotten: (sha256) => player?.repair(sha256),
  });
  await films.open(control());
  const box = new Box();
  const depot = new Depot(box);
  const version = config.version ?? VERSION;
  player = new Player({
    config,
    identity,
    store,
    memory: new Memory(store),
    fetcher: new Fetcher(config.media, depot),
    showsFilms: films.isAble,
    tell(event, detail) {
      if (event === "changed") loop?.changed();
      if (event === "version") ack(detail);
      if (event === "mended") loop?.mended(detail);
      if (event === "remembered") remember(link, detail);
      if (event === "rooted") hands.rooted(detail);
      if (event === "refused") ack({ ...placeIn(player.state), state: "refused", code: detail.code });
    },
  });
  const hands = new Hands({
    box, store, player, identity, version,
    send: (message) => link?.send(message) ?? false,
    clear: () => player.clear(),
    reload: () => location.reload(),
  });
  await hands.open();
  await player.start();
  const shown = (version) => ack({ version, epoch: player.epoch, state: "shown" });
  const refused = (_, code) => ack({ version: player.version, epoch: player.epoch, state: "refused", code: word(code) });
  const size = () => layout.size;
  loop = new Loop({ stage, size, player, store, films, name: config.name, shown, refused, resting: resting(player, config) });
  const voice = new Voice({ box: config.voice ? "voice" : null });
  const reader = new NewspaperReader({ root: document.querySelector("#reader"), stage, player, store, voice, films });
  const touching = { root: document.querySelector("#touch"), stage, player, store, films };
  new Touch({ ...touching, ...reach(config, player), voice, opens: (digest) => reader.open(digest), taken: () => reader.isOpen });
  const watchdog = new Watchdog({ onStuck: () => location.reload(), report: (painted) => healthy({ painted, player, loop, hands, version }) });
  const probing = new Probing(player.pace, (message) => link.send(message));
  const sends = (message) => link.protocol >= 2 && link.send(message);
  const proof = new Proof({ time: () => player.time(), showing: () => loop.showing, send: sends });
  link = new Link(config.gateway, {
    identity: async () => identity,
    have: () => player.have(),
    version,
    caps: () => ({ width: innerWidth, height: innerHeight, crypto, films: films.isAble, verified: true, ...hands.caps }),
    beat: () => beat(player, loop, watchdog),
    async onWelcome(message) {
      stage.dataset.link = "up";
      proof.linked();
      await player.welcomed(message);
      probing.begin(message, () => player.inStep && link.protocol >= 2);
      hands.welcomed(message);
      await depot.welcomed({ screen: identity.screen, media: message.media });
    },
    onState(message) {
      hands.heard(message);
      return player.received(message);
    },
    told: {
      roots: (message) => player.walked(message),
      order: (message) => void hands.take(message),
      line: ({ policy }) => depot.ruled(policy),
      feeds: (message) => player.fed(message),
      tock: (message) => probing.heard(message),
      proved: (message) => proof.proved(message),
    },
    onPairing: ({ code, expires_at }) => (loop.pairing = { code, expiresAt: expires_at, link: pairingLink(config, code) }),
    async onPaired({ screen }) {
      identity.screen = screen;
      await store.write({ identity });
      loop.pairing = null;
    },
    onLink() {
      stage.dataset.link = "down";
      loop.pairing = null; // a code of a server that is gone pairs nothing
      probing.stop();
    },
    onTrouble: (error) => (stage.dataset.trouble = String(error)),
  });
  ticking(player, loop, layout, config);
  addEventListener("resize", () => arranged(player, layout, loop, root.classList.contains("has-zones"), config));
  const forever = new AbortController().signal;
  // A box whose disk takes no proof still shows what it should.
  const proving = proof.open().then(() => proof.run(forever)).catch((error) => (stage.dataset.proof = String(error)));
  await Promise.all([loop.run(forever), link.run(forever), telling(sends, forever), proving, hands.follow(forever)]);
}

/** A server came back from an old copy and lacks recalls that stand here: it is told them, and this screen waits. */
function remember(link, recalls) {
  if (link?.protocol >= 2 && recalls.text.length < LONGEST_SET) link.send({ t: "remembered", recalls });
}

/** The public site, and the code of this place on it; without an address nothing is offered to take along. */
const reach = (config, player) => ({
  site: (config.site || config.server || "").replace(/\/$/, ""),
  point: () => player.point,
  idle: config.idle,
});

/** A code as the protocol takes it. */
const word = (code) => String(code).toLowerCase().replace(/[^a-z_.]/g, "_").slice(0, 64);

const pairingLink = (config, code) => `${config.server}/desk/screens/?code=${code}`;

function beat(player, loop, watchdog) {
  const time = player.trusted();
  return {
    at: Date.now(),
    painted_at: watchdog.paintedAt || null,
    version: player.version,
    showing: loop.showing,
    clock: time ? Date.now() - time : 0,
    stale: player.isStale,
    mem: Math.round(heapSize()),
  };
}

/** Tells the box, which restarts the browser when nothing is painted any more. */
function healthy({ painted, player, loop, hands, version }) {
  const linked = stage.dataset.link === "up";
  const facts = { painted_at: painted, version: player.version, showing: loop.showing, player: version, linked };
  const body = JSON.stringify({ ...facts, beacon: hands.beacon });
  fetch("health", { method: "POST", body, headers: { "Content-Type": "application/json" } }).catch(() => {});
}

start().catch((error) => {
  stage.dataset.trouble = String(error);
  setTimeout(() => location.reload(), 10_000);
});
