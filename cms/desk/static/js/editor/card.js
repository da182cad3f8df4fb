// How a data card looks while it is edited: which feed fills it, and what stands on it; the fields are the feed's own.
import { element, labelsOf, shell } from "./fields.js";

const loaded = new Map(); // address → the feeds it names, asked once a page

/** The feeds a card may take, [{feed, name, fields}]; none where they cannot be had now. */
function feedsAt(url) {
  if (!loaded.has(url)) {
    const asked = fetch(url, { headers: { Accept: "application/json" } }).then(async (answer) => (answer.ok ? (await answer.json()).feeds : []));
    loaded.set(url, asked.catch(() => (loaded.delete(url), [])));
  }
  return loaded.get(url);
}

const words = (field) => (field.kind === "word" ? (field.words ?? []).map(({ label }) => label).join(" / ") : `— ${field.unit ?? ""}`);

function rowsOf(fields) {
  return fields.flatMap((field) => [
    element("dt", { textContent: field.label ?? field.name ?? "" }),
    element("dd", { textContent: words(field) }),
  ]);
}

export const cardView = ({ feedsUrl }) => ({ node, editor, getPos }) => {
  const labels = labelsOf(editor);
  const select = element("select", { className: "input" });
  select.setAttribute("aria-label", labels.data_feed);
  select.disabled = !editor.isEditable;
  const rows = element("dl", { className: "facts" });
  const dom = element("figure", { className: "block-figure block-data" }, element("figcaption", { className: "block-figure-fields" }, element("label", {}, element("span", { textContent: labels.data }), select)), rows);
  let feeds = [];
  let now = node;
  const draw = () => {
    const { feed, fields } = now.attrs;
    const known = feeds.some((one) => one.feed === feed);
    const options = [
      ...(feed ? [] : [{ feed: "", name: labels.data_choose }]),
      ...(feed && !known ? [{ feed, name: feed }] : []),
      ...feeds,
    ];
    select.replaceChildren(...options.map((one) => element("option", { value: one.feed, textContent: one.name })));
    select.value = feed;
    rows.replaceChildren(...rowsOf(fields));
  };
  select.addEventListener("change", () => {
    const chosen = feeds.find((one) => one.feed === select.value);
    if (chosen) editor.view.dispatch(editor.state.tr.setNodeMarkup(getPos(), undefined, { ...now.attrs, feed: chosen.feed, fields: chosen.fields }));
  });
  draw();
  if (feedsUrl) feedsAt(feedsUrl).then((found) => ((feeds = found), draw()));
  return {
    ...shell(dom, null, [select]),
    update(next) {
      if (next.type !== node.type) return false;
      now = next;
      draw();
      return true;
    },
  };
};
