// What comes in through the clipboard: only text and structure the schema knows; pictures are uploaded or named as lost.
import { Extension, Plugin, PluginKey } from "./tiptap.js";

const MSO_LIST = /mso-list:\s*(?!ignore)/i;
const DECIMAL = /^\s*[(（]?\d+[.)．、）]/;

/** Word marks list items as paragraphs with a style; rebuild the lists before the schema drops the style. */
function rebuildWordLists(root) {
  let list = null;
  for (const paragraph of [...root.querySelectorAll("p")]) {
    if (!MSO_LIST.test(paragraph.getAttribute("data-style") ?? "")) {
      list = null;
      continue;
    }
    const marker = paragraph.querySelector("[data-style*='mso-list:Ignore' i], [data-style*='mso-list: Ignore' i]");
    const ordered = DECIMAL.test(marker?.textContent ?? "");
    marker?.remove();
    const name = ordered ? "OL" : "UL";
    const follows = list && list.nodeName === name && list.nextElementSibling === paragraph;
    if (!follows) {
      list = root.ownerDocument.createElement(name);
      paragraph.before(list);
    }
    const item = root.ownerDocument.createElement("li");
    item.append(...paragraph.childNodes);
    list.append(item);
    paragraph.remove();
  }
}

/** Nested items become items of the one level the schema has. */
function flattenLists(root) {
  for (const inner of [...root.querySelectorAll("li ul, li ol")].reverse()) {
    const item = inner.closest("li");
    item.after(...inner.children);
    inner.remove();
  }
}

/** Takes foreign pictures out; returns those whose bytes came along, and how many did not. */
function takePictures(root) {
  const inline = [];
  let lost = 0;
  for (const picture of root.querySelectorAll("img")) {
    if (picture.closest("figure[data-asset]")) continue;
    const source = picture.getAttribute("src") ?? "";
    if (/^data:image\/(png|jpeg|webp|gif);base64,/.test(source)) inline.push(source);
    else lost += 1;
    picture.remove();
  }
  return { inline, lost };
}

function fileOf(dataUrl, index) {
  const [head, body] = dataUrl.split(",");
  const type = head.slice("data:".length, head.indexOf(";"));
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  return new File([bytes], `paste-${index + 1}.${type.split("/")[1]}`, { type });
}

// Even an inert document reports inline styles and handlers to the content security policy, so that real breaches
// would drown among them: they are renamed before parsing.
const defused = (html) =>
  html
    .replace(/<(\/?)style\b/gi, "<$1x-style")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\s(style|on[a-z]+)\s*=/gi, " data-$1="));

/** Clean HTML for the schema, and the pictures found in it. `html` is parsed in an inert document: nothing is loaded. */
export function cleanHtml(html) {
  const inert = new DOMParser().parseFromString(defused(html), "text/html");
  for (const styled of inert.querySelectorAll("[data-style]")) {
    if (!/mso-list/i.test(styled.dataset.style)) styled.removeAttribute("data-style");
  }
  for (const gone of inert.querySelectorAll("x-style, script, template, iframe, object, o\\:p, title, meta, link")) gone.remove();
  rebuildWordLists(inert.body);
  flattenLists(inert.body);
  const pictures = takePictures(inert.body);
  return { html: inert.body.innerHTML, files: pictures.inline.map(fileOf), lost: pictures.lost };
}

const picturesOf = (transfer) => [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));

/** `upload(files, position)` takes pictures; `lost(count)` says how many could not come along. */
export const Paste = Extension.create({
  name: "blockPaste",
  addOptions: () => ({ upload: () => {}, lost: () => {} }),
  addProseMirrorPlugins() {
    const { upload, lost } = this.options;
    return [
      new Plugin({
        key: new PluginKey("blockPaste"),
        props: {
          transformPastedHTML: (html, view) => {
            const clean = cleanHtml(html);
            if (clean.files.length) queueMicrotask(() => upload(clean.files, view.state.selection.to));
            if (clean.lost) lost(clean.lost);
            return clean.html;
          },
          handlePaste: (view, event) => {
            const files = picturesOf(event.clipboardData);
            // Word and WPS put a rendered picture beside the text: then the text is what was copied.
            if (!files.length || event.clipboardData.getData("text/plain")) return false;
            upload(files, view.state.selection.to);
            return true;
          },
          handleDrop: (view, event) => {
            const files = picturesOf(event.dataTransfer);
            if (!files.length) return false;
            event.preventDefault();
            const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
            upload(files, at?.pos ?? view.state.doc.content.size);
            return true;
          },
        },
      }),
    ];
  },
});
