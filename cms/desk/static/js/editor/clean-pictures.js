// Pictures in pasted HTML: those with an address or with their bytes are held for fetching, the others are named.

const INLINE = /^data:image\/(png|jpeg|webp|gif);base64,/i;
// Old pages put the real address aside and load it when it comes into view; WeChat does so too.
const ADDRESSES = ["data-src", "data-original", "data-lazy-src", "src"];
const CONTAINERS = new Set(["BODY", "DIV", "SECTION", "ARTICLE", "MAIN", "CENTER", "FIGURE", "HEADER", "FOOTER", "ASIDE", "NAV"]);
// Counters and spacers of pages, not pictures of an article.
const TINY = 3;

/** Each picture becomes a block of its own where it stood: a card to be filled, or nothing. Answers names of the lost. */
export function takePictures(root, hold) {
  const lost = [];
  for (const picture of [...root.querySelectorAll("img, v\\:imagedata")]) {
    if (picture.closest("figure[data-asset]")) continue;
    const source = sourceOf(picture);
    if (source.url || source.file) place(root, picture, hold(source));
    else if (source.name) lost.push(source.name);
    picture.remove();
  }
  for (const figure of root.querySelectorAll("figure:not([data-asset], [data-pending])")) figure.replaceWith(...figure.childNodes);
  return [...new Set(lost)];
}

function sourceOf(picture) {
  const alt = (picture.getAttribute("alt") ?? "").trim();
  const caption = captionOf(picture);
  const tiny = ["width", "height"].some((name) => picture.hasAttribute(name) && Number(picture.getAttribute(name)) < TINY);
  if (tiny) return {};
  const addresses = ADDRESSES.map((name) => picture.getAttribute(name)?.trim() ?? "").filter(Boolean);
  const far = addresses.map((one) => (one.startsWith("//") ? `https:${one}` : one)).find((one) => /^https?:\/\//i.test(one));
  const said = { alt: meaningful(alt), caption };
  if (far) return { url: far, name: nameOf(far), ...said };
  const inline = addresses.find((one) => INLINE.test(one));
  if (inline) return { file: fileOf(inline), name: "", ...said };
  const [other = ""] = addresses;
  // A placeholder drawn by the page itself is no picture of the article.
  return /^data:/i.test(other) ? {} : { name: nameOf(other) || alt };
}

/** Words under a picture in the page's own figure are its caption with us. */
function captionOf(picture) {
  const figure = picture.closest("figure");
  const caption = figure?.querySelectorAll("img").length === 1 ? figure.querySelector("figcaption") : null;
  if (!caption) return "";
  const text = caption.textContent.replace(/\s+/g, " ").trim();
  caption.remove();
  return text;
}

// What programs write when nobody wrote anything.
const meaningful = (alt) => (/^(图片|图像|image|picture|img)[\s\d_-]*$/i.test(alt) || /\.(png|jpe?g|gif|webp)$/i.test(alt) ? "" : alt);

function nameOf(address) {
  try {
    return decodeURIComponent(address.split(/[?#]/)[0].split(/[/\\]/).filter(Boolean).pop() ?? "");
  } catch {
    return address.split(/[/\\]/).pop();
  }
}

function fileOf(dataUrl) {
  const [head, body] = dataUrl.split(",");
  const type = head.slice("data:".length, head.indexOf(";"));
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  return new File([bytes], `paste.${type.split("/")[1]}`, { type });
}

/** Puts the card where the picture stood: paragraphs are split there, tables and lists keep it behind them. */
function place(root, picture, key) {
  if (!key) return;
  const card = root.ownerDocument.createElement("figure");
  card.setAttribute("data-pending", key);
  const whole = outermost(picture, "table, ul, ol, blockquote, dl");
  if (whole) {
    whole.after(card);
    return;
  }
  picture.before(card);
  while (!CONTAINERS.has(card.parentElement.nodeName)) splitAt(card);
}

function outermost(node, selector) {
  let found = null;
  for (let around = node.closest(selector); around; around = around.parentElement?.closest(selector)) found = around;
  return found;
}

/** Lifts the card out of its parent, whose later part becomes an element of its own. */
function splitAt(card) {
  const parent = card.parentElement;
  const rest = parent.cloneNode(false);
  rest.removeAttribute("id");
  rest.removeAttribute("data-block");
  while (card.nextSibling) rest.append(card.nextSibling);
  parent.after(card);
  if (rest.textContent.trim() || rest.querySelector("img, figure")) card.after(rest);
  if (!parent.textContent.trim() && !parent.querySelector("img, figure")) parent.remove();
}
