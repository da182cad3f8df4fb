// Which files a release draws on a screen, and the pictures made of them: checked by hash, then decoded. Films: films.js.
import { drawnMasters } from "./trust/release.js";
import { sha256 } from "./trust/crypto.js";
import { TrustError } from "./trust/errors.js";

// Best first; a release made for other channels only is drawn with what it has.
const IMAGE = ["screen-1080", "page-1080", "web-1440", "web-960", "web-960-jpeg", "og", "web-480", "screen-cover", "poster", "thumb"];
const FILM = "play-720";
const VOICE = "voice";
const PAGE = { image: "page-1080", large: "page-2160", thumb: "page-thumb" };
const COVER = ["screen-cover", ...IMAGE];

const best = (assets, order) =>
  order.map((name) => assets.find((asset) => asset.rendition === name)).find(Boolean) ??
  assets.find((asset) => asset.media_type.startsWith("image/"));

/** What the street shows of a signed content: the master, with what its editors wrote for street screens alone. */
export function spoken(content) {
  const own = content?.overrides?.screen ?? {};
  const said = ["title", "summary", "cover", "body"].filter((name) => own[name]);
  return said.length > 0 ? { ...content, ...Object.fromEntries(said.map((name) => [name, own[name]])) } : content;
}

/** Map of master → {image, cover?}: entries of the release's asset list. */
export function filesOf(release) {
  const content = spoken(release.content);
  const { assets } = release;
  const files = new Map();
  for (const master of drawnMasters(content)) {
    const of = assets.filter((asset) => asset.of === master);
    const image = best(of, IMAGE);
    if (image) files.set(master, { image, ...(master === content.cover ? { cover: best(of, COVER) } : {}) });
  }
  return files;
}

/** Map of master → {image, large, thumb} of a newspaper's pages: entries of the release's list, as far as it has them. */
export function pageFilesOf(release) {
  const pages = (spoken(release.content).body?.blocks ?? []).filter(({ type }) => type === "page");
  return new Map(pages.map(({ asset: master }) => {
    const of = release.assets.filter((asset) => asset.of === master);
    const named = Object.entries(PAGE).map(([as, name]) => [as, of.find(({ rendition }) => rendition === name)]);
    const found = Object.fromEntries(named.filter(([, file]) => file));
    return [master, { image: best(of, IMAGE), ...found }];
  }));
}

/** {file, duration} of the first film: its entry of the release's list, and its length (ms) as it was signed, or 0. */
export function filmOf(release) {
  const content = spoken(release?.content);
  const assets = release?.assets ?? [];
  for (const block of content?.body.blocks ?? []) {
    const file = block.type === "video" && assets.find(({ of, rendition }) => of === block.asset && rendition === FILM);
    if (file && file.media_type === "video/mp4") return { file, duration: content.durations?.[block.asset] ?? 0 };
  }
  return null;
}

/** The file of the recording that goes with it, or null. */
export function narrationOf(release) {
  const { narration } = release?.content ?? {};
  const file = narration && release.assets.find(({ of, rendition }) => of === narration && rendition === VOICE);
  return file?.media_type === "audio/mp4" ? file : null;
}

/** The file a list shows of a release: its cover, its first page, or its first picture; null without any. */
export function coverOf(release) {
  const [page] = pageFilesOf(release).values();
  if (page) return page.thumb ?? page.image ?? null;
  const files = filesOf(release);
  const { image, cover } = files.get(spoken(release.content).cover) ?? files.values().next().value ?? {};
  return cover ?? image ?? null;
}

/** The distinct pictures, as the release lists them. */
export function neededBy(release) {
  const pages = [...pageFilesOf(release).values()].flatMap((files) => Object.values(files)).filter(Boolean);
  const all = [...filesOf(release).values()].flatMap(({ image, cover }) => (cover ? [image, cover] : [image])).concat(pages);
  return [...new Map(all.map((asset) => [asset.sha256, asset])).values()];
}

/** What the templates take: the content with its class. */
export const contentOf = (release) => ({ ...spoken(release.content), class: release.class });

/** Sizes without bytes: enough to cut pages. */
export function outlines(release) {
  const box = ({ width, height }) => ({ url: "", width, height });
  const entries = [...filesOf(release)].map(([master, { image, cover }]) => [
    master,
    { ...box(image), ...(cover ? { cover: box(cover) } : {}) },
  ]);
  return Object.fromEntries(entries);
}

/** The pictures of one release as object URLs; `dispose` gives the memory back. */
export class Pictures {
  #urls = new Map();
  #store;

  constructor(store) {
    this.#store = store;
  }

  /** Throws TrustError trust.hash when a stored file is not what was signed any more. */
  async of(release) {
    const assets = {};
    for (const [master, { image, cover }] of filesOf(release)) {
      assets[master] = await this.#picture(image);
      if (cover) assets[master].cover = await this.#picture(cover);
    }
    return assets;
  }

  /** {url, width, height} of one file of the release. Throws as `of`. */
  one(file) {
    return this.#picture(file);
  }

  dispose() {
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  async #picture({ sha256: name, width, height, media_type }) {
    if (!this.#urls.has(name)) {
      const blob = await this.#store.file(name);
      if (!blob || (await sha256(await blob.arrayBuffer())) !== name) throw new TrustError("trust.hash", { sha256: name });
      this.#urls.set(name, URL.createObjectURL(new Blob([blob], { type: media_type })));
    }
    return { url: this.#urls.get(name), width, height };
  }
}
