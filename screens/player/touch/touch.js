// Touch: lists by column, an article in large type, read aloud, found by pinyin initials, taken along by QR; idle ends it.
//
// The layer lies over the loop, which goes on below. Whatever stands on it is asked of the player again and again, so a
// recall takes it off while it is read. An urgent piece takes the glass back at once.
import { spoken } from "../drawing.js";
import { clockText, qrDrawing } from "../slate.js";
import { el, phrases } from "../templates/dom.js";
import { Covers } from "./covers.js";
import { button, drawColumns, drawKeys, drawList } from "./lists.js";
import { Reading } from "./reading.js";
import { entryOf, partsToRead, search, shelve } from "./shelf.js";

const IDLE = 60; // s without a touch
const WARNED = 10; // s of them in which the end is announced
const LOOK = 250; // ms between looks at whether what is open may still be shown
const TAP = 24; // px a finger may move and still mean one place
const SIZES = ["大", "更大", "最大"];
const MOST_TYPED = 12;

export class Touch {
  #view = "closed"; // closed | list | search | article | code
  #column = null;
  #typed = "";
  #reading = null;
  #digest = null;
  #size = 0;
  #isContrast = false;
  #aloud = null; // AbortController of what is being read
  #touched = 0;
  #place = 0; // how far an article was read when its code was asked for
  #down = null;
  #parts;
  #covers;
  #turn = 0;

  /** `opens(digest, release)`: whether another reader took the piece; `taken()`: whether it stands there already. */
  constructor({ root, stage, player, store, films, voice, site, point, idle = IDLE, opens = async () => false, taken = () => false }) {
    Object.assign(this, { root, stage, player, store, films, voice, site, point, idle, opens, taken });
    this.#parts = this.#build();
    this.#covers = new Covers(store);
    stage.addEventListener("pointerdown", (event) => (this.#down = { x: event.clientX, y: event.clientY }));
    // By the click and not by the finger's leaving: the click that follows it would choose from the list just opened.
    stage.addEventListener("click", (event) => this.#fromLoop(event));
    for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) root.addEventListener(kind, () => this.#kept(), { capture: true, passive: true });
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.#up());
    setInterval(() => this.#look(), LOOK);
  }

  get isOpen() {
    return this.#view !== "closed";
  }

  /** What can be read now, the newest delegations and recalls applied. */
  get entries() {
    const digests = [...(this.player.view?.releases?.keys() ?? [])];
    return digests.flatMap((digest) => {
      const release = this.player.release(digest);
      return release && !release.slate ? [entryOf(digest, release)] : [];
    });
  }

  open() {
    const columns = shelve(this.entries);
    if (columns.length === 0) return;
    this.#kept();
    this.#column = columns.some(({ name }) => name === this.#column) ? this.#column : columns[0].name;
    this.#show("list");
  }

  close() {
    if (!this.isOpen) return;
    this.#leave();
    this.#view = "closed";
    // the next person begins as everybody does
    Object.assign(this.root.dataset, { view: "closed" });
    this.#typed = "";
    this.#column = null;
    this.#set(0, false);
    this.root.hidden = true;
    this.#fill();
    delete this.stage.dataset.covered;
  }

  #build() {
    const parts = {
      name: el("b", "touch__name"),
      time: el("time", "touch__time"),
      body: el("div", "touch__body"),
      tools: el("div", "touch__tools"),
      bar: el("nav", "touch__bar"),
      note: el("p", "touch__note"),
    };
    parts.note.setAttribute("role", "status");
    parts.body.tabIndex = 0;
    this.root.classList.add("touch");
    Object.assign(this.root, { lang: "zh-CN", hidden: true });
    this.root.setAttribute("role", "dialog");
    this.root.setAttribute("aria-label", "触摸阅读");
    this.root.append(el("header", "touch__head", parts.name, parts.time), parts.body, parts.note, el("div", "touch__reach", parts.tools, parts.bar));
    return parts;
  }

  #fromLoop({ clientX, clientY, target }) {
    const isTap = this.#down && Math.hypot(clientX - this.#down.x, clientY - this.#down.y) < TAP;
    this.#down = null;
    if (isTap && !this.isOpen && !this.taken() && this.stage.dataset.mode === "loop" && !target.closest?.("[data-touch=own]")) this.open();
  }

  #kept() {
    this.#touched = performance.now();
    this.#parts.note.textContent = "";
  }

  #look() {
    if (!this.isOpen) return;
    const { items } = this.player.due();
    if (items.some(({ release }) => this.player.release(release)?.class === "urgent")) return void this.close();
    if (this.#digest && !this.player.release(this.#digest)) {
      this.#show("list");
      this.#say("这篇稿件已撤下");
      return;
    }
    if (this.#aloud || this.#reading?.isPlaying) this.#touched = performance.now();
    const left = this.idle - (performance.now() - this.#touched) / 1_000;
    if (left <= 0) this.close();
    else if (left < Math.min(WARNED, this.idle / 2)) this.#say(`${Math.ceil(left)} 秒后返回播放，触摸屏幕继续阅读`);
    const time = clockText(this.player.time() || Date.now());
    if (this.#parts.time.textContent !== time) this.#parts.time.textContent = time;
  }

  #say(text) {
    if (this.#parts.note.textContent !== text) this.#parts.note.textContent = text;
  }

  /** One step back: from an article to where it was chosen, from there to the loop. */
  #up() {
    if (this.#view === "code") this.#show("article");
    else if (this.#view === "article") this.#show(this.#typed ? "search" : "list");
    else if (this.#view === "search") this.#show("list");
    else this.close();
  }

  #leave() {
    this.#turn += 1;
    this.#quiet();
    this.#reading?.dispose();
    this.#reading = null;
    this.#digest = null;
  }

  #show(view) {
    if (view === "list" || view === "search") this.#leave();
    if (view === "code") this.#place = this.#parts.body.scrollTop;
    this.#view = view;
    this.root.hidden = false;
    this.stage.dataset.covered = "true";
    this.root.dataset.view = view;
    this.#parts.name.textContent = this.player.config?.name || "新时代文明实践";
    const DRAW = { list: () => this.#drawColumn(), search: () => this.#drawSearch(), article: () => this.#drawTools(), code: () => this.#drawCode() };
    DRAW[view]();
    this.#drawBar();
  }

  #drawColumn() {
    const columns = shelve(this.entries);
    const { entries = [] } = columns.find(({ name }) => name === this.#column) ?? columns[0] ?? {};
    this.#fill(drawList(entries, { open: (digest) => this.#openPiece(digest), empty: "这个栏目现在没有可看的稿件" }));
    const choose = (name) => ((this.#column = name), this.#show("list"));
    this.#parts.tools.replaceChildren(...drawColumns(columns, this.#column, choose));
  }

  #drawSearch() {
    const all = this.entries;
    const found = search(all, this.#typed);
    this.#fill(
      el("p", "touch__typed", el("em", "", "拼音首字母"), el("b", "", this.#typed.toUpperCase() || "—"), el("span", "", `${found.length} 篇`)),
      drawList(found, { open: (digest) => this.#openPiece(digest), empty: "没有找到，请退格后再试" }),
    );
    const typing = (next) => ((this.#typed = next.slice(0, MOST_TYPED)), this.#show("search"));
    const keys = { type: (letter) => typing(this.#typed + letter), erase: () => typing(this.#typed.slice(0, -1)), clear: () => typing("") };
    this.#parts.tools.replaceChildren(...drawKeys(all, this.#typed, keys));
  }

  #fill(...children) {
    const { body } = this.#parts;
    body.replaceChildren(...children);
    body.scrollTop = 0;
    void this.#covers.fill(body, (digest) => this.player.release(digest));
  }

  async #openPiece(digest) {
    const release = this.player.release(digest);
    if (!release) return void this.#show(this.#view); // recalled between the list and the finger
    if (await this.opens(digest, release)) return void this.close();
    this.#leave();
    const turn = this.#turn;
    const reading = new Reading({ store: this.store, films: this.films });
    try {
      const article = await reading.draw(digest, release);
      if (turn !== this.#turn || !this.isOpen) return void reading.dispose();
      this.#reading = reading;
      this.#digest = digest;
      this.#fill(article);
      this.#show("article");
      reading.play(() => {}).catch(() => this.#say("视频暂时不能播放"));
    } catch (error) {
      reading.dispose();
      if (error.code === "trust.hash") await this.player.repair(error.params.sha256);
      this.#say("这篇稿件暂时打不开，请稍后再试");
    }
  }

  #drawTools() {
    const size = (step) => Math.min(SIZES.length - 1, Math.max(0, this.#size + step));
    const smaller = button("touch__tool", () => this.#set(size(-1), this.#isContrast), el("b", "", "A−"), "字小些");
    const larger = button("touch__tool", () => this.#set(size(1), this.#isContrast), el("b", "", "A＋"), "字大些");
    const contrast = button("touch__tool", () => this.#set(this.#size, !this.#isContrast), el("b", "", "◐"), "高对比");
    contrast.setAttribute("aria-pressed", String(this.#isContrast));
    smaller.disabled = this.#size === 0;
    larger.disabled = this.#size === SIZES.length - 1;
    const tools = [smaller, larger, contrast];
    if (this.voice.isAble || this.#narration) tools.push(button("touch__tool", () => this.#aloudOrNot(), el("b", "", this.#aloud ? "■" : "▶"), this.#aloud ? "停止朗读" : "朗读"));
    if (this.site) tools.push(button("touch__tool", () => this.#show("code"), el("b", "", "▦"), "扫码带走"));
    this.#parts.tools.replaceChildren(...tools);
  }

  #drawCode() {
    const release = this.player.release(this.#digest);
    const codes = [
      { address: `${this.site}/d/${release.document}/`, told: "在手机上阅读这篇" },
      ...(this.point() ? [{ address: `${this.site}/p/${this.point()}`, told: "本点位的页面" }] : []),
    ];
    const figures = codes.map(({ address, told }) => {
      const figure = el("figure", "", qrDrawing(address), el("figcaption", "", told, el("small", "", address.replace(/^https?:\/\//, ""))));
      figure.dataset.address = address;
      return figure;
    });
    const { body } = this.#parts;
    body.after(el("div", "touch__code", el("p", "touch__code-title", ...phrases(spoken(release.content).title)), ...figures));
    this.#parts.tools.replaceChildren();
  }

  #drawBar() {
    const isTop = this.#view === "list";
    const keys = [
      button("touch__go", () => this.#up(), isTop ? "返回播放" : "返回"),
      this.#view !== "search" && button("touch__go", () => this.#show("search"), "拼音查找"),
      !isTop && button("touch__go touch__go--quiet", () => this.close(), "返回播放"),
    ];
    const code = this.root.querySelector(".touch__code");
    if (code && this.#view !== "code") {
      code.remove();
      this.#parts.body.scrollTop = this.#place; // what is not drawn forgets how far it was read
    }
    this.#parts.bar.replaceChildren(...keys.filter(Boolean));
  }

  #set(size, isContrast) {
    this.#size = size;
    this.#isContrast = isContrast;
    this.root.dataset.size = String(size);
    this.root.classList.toggle("is-contrast", isContrast);
    if (this.#view === "article") this.#drawTools();
  }

  // ── reading aloud

  get #narration() {
    const release = this.#digest && this.player.release(this.#digest);
    return release ? (this.films.narration?.(this.#digest, release) ?? null) : null;
  }

  async #aloudOrNot() {
    if (this.#aloud) return void this.#quiet();
    const aloud = new AbortController();
    this.#aloud = aloud;
    this.#drawTools();
    const parts = partsToRead(spoken(this.player.release(this.#digest)?.content ?? { title: "" }));
    try {
      await this.voice.read(parts, { narration: this.#narration, told: (part) => this.#follow(part), signal: aloud.signal });
    } catch {
      this.#say("暂时不能朗读，请稍后再试");
    }
    if (this.#aloud === aloud) this.#quiet();
  }

  /** Marks the block that is being read and keeps it in sight. */
  #follow(part) {
    for (const one of this.root.querySelectorAll(".is-read")) one.classList.remove("is-read");
    const block = part?.block && this.#parts.body.querySelector(`[data-block="${CSS.escape(part.block)}"]`);
    block?.classList.add("is-read");
    block?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  #quiet() {
    this.#aloud?.abort();
    this.#aloud = null;
    this.#follow(null);
    if (this.#view === "article") this.#drawTools();
  }
}
