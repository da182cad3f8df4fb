// The newspaper in a passer-by's hands: pages to turn, zones to open in large type, the issue before; idle closes it.
//
// The seam to the player: `new NewspaperReader({...})`, `open(digest, page)`, `close()`, and `isOpen`. A touch on a page
// that turns in the loop opens it too. Whatever it draws is asked of the player again and again: a recall takes it off
// while it is open.
import { contentOf, outlines, pageFilesOf, Pictures } from "./drawing.js";
import { Aids, wordsOf } from "./newspaper-aids.js";
import { articleOf, cropOf, passageOf } from "./templates/newspaper-article.js";
import { dayLabel, isNewspaper, issueOf, pageLabel, pagesOf } from "./templates/newspaper.js";
import { el, styled } from "./templates/dom.js";
import { geometryOf } from "./templates/geometry.js";
import { hit, opened, outline, SCALE } from "./templates/zones.js";

const IDLE = 60_000; // ms without a touch
const LOOK = 250; // ms between looks at whether what is open may still be shown
const TAP = 24; // px a finger may move and still mean one place
const SWIPE = 90;
const BAR = 430; // units below the sheet
const SIDE = 620; // units beside it, on a screen that lies

const SVG = "http://www.w3.org/2000/svg";

export class NewspaperReader {
  #issue = null; // {digest, content, pages}
  #page = 0;
  #article = null; // {digest} of a linked piece that is open
  #read = null; // what is open as words: {content}, of a linked piece with {digest, release}
  #touched = 0;
  #down = null;
  #pictures = null;
  #parts;
  #turn = 0; // of two pages asked for quickly only the last is drawn

  constructor({ root, stage, player, store, voice = null, films = null }) {
    Object.assign(this, { root, stage, player, store });
    this.aids = new Aids({ root, voice, films, changed: () => this.#drawKeys() });
    this.#parts = this.#build();
    stage.addEventListener("pointerdown", (event) => this.#pressed(event));
    stage.addEventListener("pointerup", (event) => this.#fromLoop(event));
    root.addEventListener("pointerdown", (event) => this.#pressed(event));
    root.addEventListener("pointerup", (event) => this.#released(event));
    setInterval(() => this.#look(), LOOK);
  }

  get isOpen() {
    return this.#issue !== null;
  }

  /** Opens an issue at a page; false when the player may not show it. */
  async open(digest, page = 0) {
    const release = this.player.release(digest);
    if (!release || !isNewspaper(contentOf(release))) return false;
    this.#forget();
    const content = contentOf(release);
    this.#issue = { digest, content, release, pages: pagesOf(content) };
    this.#pictures = new Pictures(this.store);
    this.#touched = performance.now();
    this.#fill();
    await this.#show(page);
    this.root.classList.add("is-open");
    return this.isOpen;
  }

  close() {
    if (!this.isOpen) return;
    this.root.classList.remove("is-open");
    this.#forget();
    for (const name of Object.keys(this.root.dataset)) delete this.root.dataset[name];
  }

  #forget() {
    this.#issue = this.#article = null;
    this.aids.reset();
    this.#turn += 1;
    const gone = this.#pictures;
    this.#pictures = null;
    setTimeout(() => gone?.dispose(), 2_000); // the layer that fades out still draws them
  }

  #look() {
    if (!this.isOpen) return;
    if (this.aids.isReading) this.#touched = performance.now();
    const isLost = !this.player.release(this.#issue.digest);
    if (isLost || performance.now() - this.#touched > IDLE) this.close();
    else if (this.#article && !this.player.release(this.#article)) this.#back();
  }

  #build() {
    const table = el("div", "reader__table");
    const article = el("div", "reader__article");
    article.hidden = true;
    const line = el("div", "reader__line");
    const thumbs = el("div", "reader__thumbs");
    const keys = el("div", "reader__keys");
    this.root.classList.add("reader");
    this.root.lang = "zh-CN";
    this.root.append(table, article, el("div", "reader__bar", line, thumbs, keys));
    return { table, article, line, thumbs, keys, layer: null };
  }

  #fill() {
    const { thumbs } = this.#parts;
    const { pages, release } = this.#issue;
    const files = pageFilesOf(release);
    thumbs.replaceChildren(...pages.map((page, at) => {
      const button = el("button", "", el("span", "", pageLabel(page.label)));
      button.type = "button";
      pressable(button, () => this.#show(at));
      this.#draw(files.get(page.asset)?.thumb).then((image) => image && button.prepend(image));
      return button;
    }));
  }

  /** A picture of the release, checked and decoded; null for none. */
  async #draw(file) {
    const pictures = this.#pictures;
    if (!file || !pictures) return null;
    try {
      const { url, width, height } = await pictures.one(file);
      const image = Object.assign(el("img"), { alt: "", width, height, src: url });
      await image.decode();
      return image;
    } catch (error) {
      if (error.code === "trust.hash") await this.player.repair(error.params.sha256);
      return null;
    }
  }

  async #show(page) {
    const issue = this.#issue;
    const at = Math.max(0, Math.min(page, issue.pages.length - 1));
    const turn = (this.#turn += 1);
    const block = issue.pages[at];
    const files = pageFilesOf(issue.release).get(block.asset);
    const image = await this.#draw(files?.image);
    if (turn !== this.#turn || this.#issue !== issue) return;
    this.#page = at;
    this.#back(false);
    const layer = el("div", "reader__layer", this.#sheet(block, files?.image, image));
    const old = this.#parts.layer;
    this.#parts.table.append(layer);
    this.#parts.layer = layer;
    requestAnimationFrame(() => layer.classList.add("is-shown"));
    setTimeout(() => old?.remove(), 300); // the page before stands until the new one does: never an empty table
    this.#say();
    const large = await this.#draw(files?.large);
    if (large && this.#parts.layer === layer) layer.querySelector("img")?.after(large);
  }

  #sheet(block, file, image) {
    const { unit, width, height } = geometryOf({ width: innerWidth, height: innerHeight });
    const box = file ?? { width: 3, height: 4 };
    // On a screen that lies the words and keys stand beside the page, which has the whole height.
    const [wide, high] = width > height ? [width - SIDE * unit, height] : [width, height - BAR * unit];
    const scale = Math.min(wide / box.width, high / box.height);
    const sheet = el("div", "reader__sheet", image);
    styled(sheet, { width: `${Math.round(box.width * scale)}px`, height: `${Math.round(box.height * scale)}px` });
    const map = document.createElementNS(SVG, "svg");
    map.setAttribute("viewBox", `0 0 ${SCALE} ${SCALE}`);
    map.setAttribute("preserveAspectRatio", "none");
    for (const zone of block.zones) {
      const shape = document.createElementNS(SVG, "polygon");
      shape.setAttribute("points", outline(zone.points).map((point) => point.join()).join(" "));
      shape.dataset.zone = zone.id;
      map.append(shape);
    }
    sheet.append(map);
    return sheet;
  }

  #say() {
    const { line, thumbs, keys } = this.#parts;
    const { content, pages, digest } = this.#issue;
    const { paper, date, number } = issueOf(content);
    line.replaceChildren(
      el("b", "", paper),
      el("span", "", [dayLabel(date), number].filter(Boolean).join("　")),
      el("span", "", `${pageLabel(pages[this.#page].label)}　${this.#page + 1} / ${pages.length}`),
    );
    [...thumbs.children].forEach((button, at) => {
      if (at === this.#page) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    thumbs.children[this.#page]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    const other = this.#otherIssue();
    keys.replaceChildren(
      key("上一版", () => this.#show(this.#page - 1), this.#page === 0),
      key("下一版", () => this.#show(this.#page + 1), this.#page === pages.length - 1),
      ...(other ? [key(other.date < date ? "上一期" : "新一期", () => this.open(other.digest))] : []),
      key("返回", () => this.close(), false, true),
    );
    Object.assign(this.root.dataset, { view: "page", release: digest, page: String(this.#page), pages: String(pages.length), date });
    delete this.root.dataset.zone;
    delete this.root.dataset.article;
  }

  /** The other issue of this paper that the screen keeps. */
  #otherIssue() {
    const { paper, date } = issueOf(this.#issue.content);
    const others = this.player.listed()
      .map(({ digest, release }) => ({ digest, content: contentOf(release) }))
      .filter(({ digest, content }) => digest !== this.#issue.digest && isNewspaper(content))
      .map(({ digest, content }) => ({ digest, ...issueOf(content) }))
      .filter((one) => one.paper === paper && one.date !== date);
    return others.sort((one, two) => (one.date < two.date ? 1 : -1))[0] ?? null;
  }

  #back(says = true) {
    this.#article = null;
    this.#read = null;
    this.aids.quiet();
    const { article, table } = this.#parts;
    article.hidden = true;
    article.replaceChildren();
    table.hidden = false;
    if (says) this.#say();
  }

  async #openZone(touched) {
    const { pages, release } = this.#issue;
    const zone = opened(pages, touched);
    const turn = this.#turn;
    const linked = zone.document ? this.player.listed().find((one) => one.release.document === zone.document) : null;
    const drawn = linked
      ? articleOf(contentOf(linked.release), await this.#linkedPictures(linked.release))
      : zone.text?.length
        ? passageOf(zone, issueOf(this.#issue.content))
        : cropOf(zone, await this.#large(pages, zone, release), zone.document ? "这篇报道没有在本屏刊出，请看版面原文。" : "这里没有文字版，请看版面原文。");
    if (!this.isOpen || turn !== this.#turn) return;
    this.#article = linked?.digest ?? null;
    const { article, table } = this.#parts;
    this.#read = linked
      ? { content: contentOf(linked.release), digest: linked.digest, release: linked.release }
      : { content: wordsOf(zone) };
    article.replaceChildren(...drawn);
    article.hidden = false;
    article.scrollTop = 0;
    table.hidden = true;
    this.#drawKeys();
    Object.assign(this.root.dataset, { view: "article", zone: zone.id, article: linked?.release.document ?? "" });
  }

  /** The keys of an article: what helps to read it, then the way through it and out of it. */
  #drawKeys() {
    if (!this.#read) return;
    const { article, keys } = this.#parts;
    const step = (way) => article.scrollBy({ top: way * article.clientHeight * 0.85, behavior: "smooth" });
    const focused = [...keys.children].indexOf(document.activeElement);
    keys.replaceChildren(
      ...this.aids.keys(this.#read).map(([text, act]) => key(text, act)),
      key("上翻", () => step(-1)),
      key("下翻", () => step(1)),
      key("返回版面", () => this.#back(), false, true),
    );
    keys.children[focused]?.focus();
  }

  async #linkedPictures(release) {
    const assets = outlines(release);
    try {
      return { ...assets, ...(await this.#pictures.of(release)) };
    } catch {
      return {}; // the words stand without their pictures
    }
  }

  async #large(pages, zone, release) {
    const page = pages.find(({ zones }) => zones.some(({ id }) => id === zone.id));
    const files = pageFilesOf(release).get(page?.asset);
    return this.#draw(files?.large ?? files?.image);
  }

  #pressed(event) {
    this.#touched = performance.now();
    this.#down = { x: event.clientX, y: event.clientY };
  }

  /** A tap on a page in the loop: straight to the article under the finger, or to the page. */
  async #fromLoop(event) {
    const { mode, release, page } = this.stage.dataset;
    if (this.isOpen || mode !== "loop" || this.#moved(event) > TAP) return;
    const sheet = this.stage.querySelector(".layer.is-shown .frame--newspaper .np__sheet");
    if (!sheet || !release) return;
    const place = placeOn(sheet, event);
    if (!(await this.open(release, Number(page)))) return;
    const zone = place && hit(this.#issue.pages[this.#page].zones, ...place);
    if (zone) await this.#openZone(zone);
  }

  #released(event) {
    this.#touched = performance.now();
    if (!this.isOpen || this.root.dataset.view !== "page" || event.target.closest(".reader__bar")) return;
    const across = event.clientX - (this.#down?.x ?? event.clientX);
    if (Math.abs(across) > SWIPE) {
      this.#show(this.#page + (across < 0 ? 1 : -1));
      return;
    }
    const sheet = this.#parts.layer?.querySelector(".reader__sheet");
    const place = sheet && this.#moved(event) <= TAP && placeOn(sheet, event);
    const zone = place && hit(this.#issue.pages[this.#page].zones, ...place);
    if (!zone) return;
    sheet.querySelector(`[data-zone="${zone.id}"]`)?.classList.add("is-hit");
    this.#openZone(zone);
  }

  #moved(event) {
    return this.#down ? Math.hypot(event.clientX - this.#down.x, event.clientY - this.#down.y) : Infinity;
  }
}

/** Parts of SCALE across and down a sheet, or null beside it. */
function placeOn(sheet, { clientX, clientY }) {
  const { left, top, width, height } = sheet.getBoundingClientRect();
  const place = [(clientX - left) / width, (clientY - top) / height];
  return place.every((share) => share >= 0 && share <= 1) ? place.map((share) => Math.round(share * SCALE)) : null;
}

function key(text, act, isOff = false, isMain = false) {
  const button = el("button", isMain ? "is-main" : "", text);
  button.type = "button";
  button.disabled = isOff;
  pressable(button, act);
  return button;
}

/** By the finger's leaving it: after a swipe the browser keeps the next click to itself. A keyboard's click counts too. */
function pressable(button, act) {
  button.addEventListener("pointerup", act);
  button.addEventListener("click", (event) => event.detail === 0 && act());
}
