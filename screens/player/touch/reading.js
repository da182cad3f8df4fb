// An article in large type for whoever stands before the screen: scrolled by hand, its type as large as they like.
import { Pictures, contentOf } from "../drawing.js";
import { drawBlock, picture } from "../templates/blocks.js";
import { el, phrases } from "../templates/dom.js";
import { TITLE } from "./shelf.js";
import { CREDITS, columnLabel, dateLabel } from "../templates/labels.js";

function titled(title) {
  const made = el("h1", "touch__title", ...phrases(title));
  made.dataset.block = TITLE;
  return made;
}

/** The article of a verified release; `dispose` gives its pictures' memory back. */
export class Reading {
  #pictures;
  #film = null;

  constructor({ store, films }) {
    Object.assign(this, { store, films });
    this.#pictures = new Pictures(store);
  }

  /** The article's element; throws TrustError when a stored picture is not what was signed any more. */
  async draw(digest, release) {
    const content = contentOf(release);
    const assets = await this.#pictures.of(release);
    this.#film = this.films.of(digest, release);
    const film = this.#film?.element;
    const blocks = content.body.blocks.filter((block) => !(film && block.type === "video")).map((block) => drawBlock(block, assets)).filter(Boolean);
    const body = blocks.length > 0 || !content.summary ? blocks : [el("p", "b-paragraph", content.summary)];
    const cover = !film && content.cover && !blocks.some((block) => block.querySelector("img")) ? assets[content.cover] : null;
    const facts = [content.byline?.source, dateLabel(content.byline?.date)].filter(Boolean);
    return el(
      "article",
      "touch__article",
      el("p", "touch__column", columnLabel(content)),
      titled(content.title),
      content.subtitle && el("p", "touch__subtitle", content.subtitle),
      facts.length > 0 && el("p", "touch__facts", ...facts.map((text) => el("span", "", text))),
      film && el("div", "touch__film", film),
      cover && el("figure", "b-image", picture(cover)),
      ...body,
      this.#credits(content.byline ?? {}),
    );
  }

  /** Begins the film, with sound: somebody has just touched the screen and stands before it. */
  async play(told) {
    if (!this.#film) return;
    await this.#film.prepare(0, told);
    this.#film.element.muted = false;
    await this.#film.play();
  }

  get isPlaying() {
    const film = this.#film?.element;
    return Boolean(film && !film.paused && !film.ended);
  }

  dispose() {
    this.#film?.dispose();
    this.#pictures.dispose();
  }

  #credits(byline) {
    const items = CREDITS.filter(([name]) => byline[name]).map(([name, label]) => el("span", "", el("em", "", label), byline[name]));
    return items.length > 0 && el("footer", "touch__credits", ...items);
  }
}
