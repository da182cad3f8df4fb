// How a quote, a notice card and a picture look while they are edited: their extra fields are plain inputs.
import { element, field, keepValue, labelsOf, shell } from "./fields.js";

export function attributionView({ node, editor, getPos }) {
  const labels = labelsOf(editor);
  const content = element("p", { className: "block-quote-text" });
  const cite = field({
    editor, getPos, name: "cite", value: node.attrs.cite, label: labels.quote_cite, className: "block-field",
  });
  const dom = element("blockquote", { className: "block-quote" }, content, cite);
  return {
    ...shell(dom, content, [cite]),
    update(next) {
      if (next.type !== node.type) return false;
      keepValue(cite, next.attrs.cite);
      return true;
    },
  };
}

export function noticeView({ node, editor, getPos }) {
  const labels = labelsOf(editor);
  const content = element("p", { className: "block-notice-text" });
  const title = field({
    editor, getPos, name: "title", value: node.attrs.title, label: labels.notice_title,
    className: "block-field block-notice-title",
  });
  const dom = element("aside", { className: "block-notice" }, title, content);
  return {
    ...shell(dom, content, [title]),
    update(next) {
      if (next.type !== node.type) return false;
      keepValue(title, next.attrs.title);
      return true;
    },
  };
}

function altState(figure, alt) {
  figure.classList.toggle("is-alt-missing", alt.trim() === "");
}

/** The button that opens the dialog for the point which crops keep. */
function focalButton({ editor, node, focalUrl, picture, label }) {
  const button = element("button", { type: "button", className: "button button-small block-focal", textContent: label });
  button.addEventListener("click", () => {
    const detail = { url: focalUrl.replace("{asset}", encodeURIComponent(node.attrs.asset)), picture: picture.src };
    editor.view.dom.dispatchEvent(new CustomEvent("yp-focal", { bubbles: true, detail }));
  });
  return button;
}

export const figureView = ({ assetUrl, focalUrl }) => ({ node, editor, getPos }) => {
  const labels = labelsOf(editor);
  const picture = element("img", { className: "block-picture", draggable: false });
  picture.src = assetUrl.replace("{asset}", encodeURIComponent(node.attrs.asset));
  picture.alt = node.attrs.alt;
  const shared = { editor, getPos, className: "block-field" };
  const alt = field({ ...shared, name: "alt", value: node.attrs.alt, label: labels.image_alt });
  const caption = field({ ...shared, name: "caption", value: node.attrs.caption, label: labels.image_caption });
  const missing = element("span", { className: "block-alt-missing", textContent: labels.image_alt_missing });
  const fields = element(
    "figcaption",
    { className: "block-figure-fields" },
    element("label", {}, element("span", { textContent: labels.image_caption }), caption),
    element("label", {}, element("span", { textContent: labels.image_alt }), alt, missing),
  );
  if (focalUrl && editor.isEditable) fields.append(focalButton({ editor, node, focalUrl, picture, label: labels.image_focal }));
  const dom = element("figure", { className: "block-figure" }, picture, fields);
  altState(dom, node.attrs.alt);
  return {
    ...shell(dom, null, [alt, caption]),
    update(next) {
      if (next.type !== node.type || next.attrs.asset !== node.attrs.asset) return false;
      keepValue(alt, next.attrs.alt);
      keepValue(caption, next.attrs.caption);
      picture.alt = next.attrs.alt;
      altState(dom, next.attrs.alt);
      return true;
    },
    selectNode: () => dom.classList.add("is-selected"),
    deselectNode: () => dom.classList.remove("is-selected"),
  };
};
