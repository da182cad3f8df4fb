// How a video looks while it is edited: it plays once it is ready, and says until then how far it is.
import { element, field, keepValue, labelsOf, shell } from "./fields.js";

const EVERY_MS = 2000;
const OPEN = new Set(["waiting", "encoding"]);

/** Asks for a video again and again while it is being made; `stop` ends it. */
function watch(address, show) {
  let timer = 0;
  let over = false;
  const ask = async () => {
    let video = null;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      video = answer.ok ? await answer.json() : { state: "gone" };
    } catch {
      // The network is away; the next turn asks again.
    }
    if (over) return;
    if (video) show(video);
    if (!video || OPEN.has(video.state)) timer = setTimeout(ask, EVERY_MS);
  };
  ask();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

function button(text, act) {
  const made = element("button", { type: "button", className: "button button-small", textContent: text });
  made.addEventListener("click", act);
  return made;
}

/** What stands in the place of the picture: a player, or how the video stands. */
function screenOf(video, posterUrl, labels) {
  if (video?.play) {
    const film = element("video", { className: "film-video", controls: true, preload: "metadata", src: video.play });
    film.playsInline = true;
    if (posterUrl) film.poster = posterUrl;
    return film;
  }
  const screen = element("div", { className: "film-screen film-making film-wide" });
  if (video?.state === "encoding") {
    const bar = element("progress", { className: "upload-progress", max: 100, value: video.percent });
    bar.setAttribute("aria-label", video.words);
    screen.append(element("strong", { textContent: `${video.percent} %` }), bar);
  }
  const failed = video?.state === "rejected" || video?.state === "gone";
  screen.classList.toggle("film-failed", failed);
  screen.append(element("span", { textContent: video?.state === "gone" ? labels.video_gone : video?.words || video?.label || "" }));
  return screen;
}

const posterOf = (attrs, video, assetUrl) =>
  (attrs.poster ? assetUrl.replace("{asset}", encodeURIComponent(attrs.poster)) : video?.poster_url) || "";

export const videoView = ({ assetUrl, videosUrl }) => ({ node, editor, getPos }) => {
  const labels = labelsOf(editor);
  const change = (name, value) => editor.view.dispatch(editor.state.tr.setNodeAttribute(getPos(), name, value));
  const tell = (name, detail) => editor.view.dom.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  const title = field({
    editor, getPos, name: "title", value: node.attrs.title, label: labels.video_title, className: "block-field",
  });
  const screen = element("div", { className: "film-place" });
  const fault = element("div", { className: "film-fault", hidden: true });
  const choose = button(labels.video_poster, () => tell("yp-pick-picture", { take: (asset) => change("poster", asset) }));
  const own = button(labels.video_poster_own, () => change("poster", ""));
  const cover = button(labels.video_cover, () => {
    const asset = now.attrs.poster || video.poster;
    tell("yp-cover", { asset, url: posterOf(now.attrs, video, assetUrl) });
  });
  const acts = element("div", { className: "row film-acts" }, choose, own, cover);
  acts.hidden = !editor.isEditable;
  const dom = element(
    "figure",
    { className: "block-figure block-film" },
    screen,
    fault,
    element(
      "figcaption",
      { className: "block-figure-fields" },
      element("label", {}, element("span", { textContent: labels.video_title }), title),
      acts,
    ),
  );
  let now = node;
  let video = null;
  let drawn = "";
  const draw = () => {
    const poster = posterOf(now.attrs, video, assetUrl);
    const wanted = JSON.stringify([video?.state, video?.percent, video?.words, video?.play, poster]);
    own.hidden = !now.attrs.poster;
    cover.hidden = !(now.attrs.poster || video?.poster);
    fault.hidden = !video?.fault;
    if (video?.fault) {
      fault.replaceChildren(
        element("p", { textContent: video.fault.text }), element("p", { className: "field-next", textContent: video.fault.next }),
      );
    }
    // A film that plays is not made anew because somebody types a title.
    if (wanted !== drawn) screen.replaceChildren(screenOf(video, poster, labels));
    drawn = wanted;
  };
  draw();
  const address = videosUrl.replace("{asset}", encodeURIComponent(node.attrs.asset));
  const stop = videosUrl
    ? watch(address, (answer) => {
        video = answer;
        draw();
      })
    : () => {};
  return {
    ...shell(dom, null, [title]),
    stopEvent: (event) => event.target === title || event.target.closest?.("button, video") !== null,
    update(next) {
      if (next.type !== node.type || next.attrs.asset !== node.attrs.asset) return false;
      now = next;
      keepValue(title, next.attrs.title);
      draw();
      return true;
    },
    selectNode: () => dom.classList.add("is-selected"),
    deselectNode: () => dom.classList.remove("is-selected"),
    destroy: stop,
  };
};
