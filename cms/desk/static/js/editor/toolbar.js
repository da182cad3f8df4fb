// The editor's toolbar: one row of buttons, arrow keys between them, pressed state from the selection.
import { isInTable } from "./tiptap.js";
import { listAround, shiftItems, toggleList } from "./lists.js";
import { moveBlock, setHeading, setParagraph, setQuote } from "./keys.js";
import { addFootnote } from "./notes.js";
import { TABLE_TOOLS, insertTable } from "./tables.js";

const ON_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const shown = (keys) => (ON_MAC ? keys.replace("Ctrl", "⌘").replace("Alt", "⌥") : keys);

const inBlock = (name, attributes = {}) => (editor) => editor.isActive(name, attributes);
const inList = (ordered) => (editor) => {
  const found = listAround(editor.state);
  if (found === null) return false;
  const { level, ordered: kind } = found.list.child(found.index).attrs;
  return Boolean(level > 0 ? kind : found.list.attrs.ordered) === ordered;
};
const focused = (editor) => editor.chain().focus();

// name, icon, shortcut, what it does, whether it is on
const GROUPS = [
  [
    ["undo", "undo-2", "Ctrl+Z", (e) => focused(e).undo().run()],
    ["redo", "redo-2", "Ctrl+Shift+Z", (e) => focused(e).redo().run()],
  ],
  [
    ["paragraph", "pilcrow", "Ctrl+Alt+0", (e) => setParagraph({ editor: e }), inBlock("paragraph")],
    ["heading2", "heading-2", "Ctrl+Alt+2", (e) => setHeading(2)({ editor: e }), inBlock("heading", { level: 2 })],
    ["heading3", "heading-3", "Ctrl+Alt+3", (e) => setHeading(3)({ editor: e }), inBlock("heading", { level: 3 })],
  ],
  [
    ["bold", "bold", "Ctrl+B", (e) => focused(e).toggleBold().run(), inBlock("bold")],
    ["italic", "italic", "Ctrl+I", (e) => focused(e).toggleItalic().run(), inBlock("italic")],
    ["underline", "underline", "Ctrl+U", (e) => focused(e).toggleUnderline().run(), inBlock("underline")],
    ["strike", "strikethrough", "Ctrl+Shift+S", (e) => focused(e).toggleStrike().run(), inBlock("strike")],
    ["link", "link", "Ctrl+K", null, inBlock("link")],
  ],
  [
    ["bullets", "list", "Ctrl+Shift+8", (e) => toggleList(e, false), inList(false)],
    ["numbers", "list-ordered", "Ctrl+Shift+7", (e) => toggleList(e, true), inList(true)],
    ["indent", "list-indent-increase", "Tab", (e) => shiftItems(e, 1)],
    ["outdent", "list-indent-decrease", "Shift+Tab", (e) => shiftItems(e, -1)],
    ["quote", "quote", "Ctrl+Shift+9", (e) => setQuote({ editor: e }), inBlock("quote")],
  ],
  [
    ["image", "image-plus", "", null],
    ["video", "video", "", null],
    ["notice", "megaphone", "", (e) => focused(e).insertContent({ type: "notice" }).run(), inBlock("notice")],
    ["data", "hash", "", null],
    ["table", "table", "", insertTable, inBlock("table")],
    ["footnote", "superscript", "Ctrl+Alt+F", (e) => addFootnote(e)],
    ["divider", "minus", "", (e) => focused(e).insertContent([{ type: "divider" }, { type: "paragraph" }]).run()],
  ],
  [
    ["up", "arrow-up", "Alt+↑", (e) => moveBlock(e, -1)],
    ["down", "arrow-down", "Alt+↓", (e) => moveBlock(e, 1)],
  ],
];

const SVG = "http://www.w3.org/2000/svg";

export function iconOf(sprite, name) {
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  icon.append(use);
  return icon;
}

function button(label, keys) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "editor-tool";
  made.title = keys ? `${label}（${shown(keys)}）` : label;
  made.setAttribute("aria-label", label);
  // The selection stays in the text when a tool is pressed with the mouse.
  made.addEventListener("mousedown", (event) => event.preventDefault());
  return made;
}

/** Arrow keys move between tools; Tab enters and leaves the bar as one stop. */
function roving(bar) {
  const tools = () => [...bar.querySelectorAll("button:not([hidden])")].filter((tool) => tool.offsetParent);
  const enter = (tool) => {
    for (const other of bar.querySelectorAll("button")) other.tabIndex = -1;
    tool.tabIndex = 0;
  };
  enter(bar.querySelector("button"));
  bar.addEventListener("focusin", (event) => enter(event.target));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = tools();
    all[(all.indexOf(event.target) + step + all.length) % all.length].focus();
  });
}

/** Builds the bar. `acts` supplies what needs the element itself: `link`, `image` and, where there are
 * any, `video`. */
export function makeToolbar({ editor, labels, sprite, acts }) {
  const bar = document.createElement("div");
  bar.className = "editor-toolbar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", labels.toolbar);
  const states = [];
  for (const group of GROUPS) {
    const box = document.createElement("div");
    box.className = "editor-tools";
    for (const [name, icon, keys, act, isOn] of group) {
      if (!act && !acts[name]) continue;
      const tool = button(labels[name], keys);
      tool.dataset.tool = name;
      tool.append(iconOf(sprite, icon));
      tool.addEventListener("click", () => (act ?? acts[name])(editor));
      if (isOn) states.push([tool, isOn]);
      box.append(tool);
    }
    bar.append(box);
  }
  const tableBox = document.createElement("div");
  tableBox.className = "editor-tools editor-tools-table";
  for (const [name, act, keys] of TABLE_TOOLS) {
    const tool = button(labels[name], keys);
    tool.dataset.tool = name;
    tool.textContent = labels[name];
    tool.addEventListener("click", () => act(editor));
    tableBox.append(tool);
  }
  bar.append(tableBox);
  roving(bar);
  const refresh = () => {
    for (const [tool, isOn] of states) tool.setAttribute("aria-pressed", String(isOn(editor)));
    tableBox.hidden = !isInTable(editor.state);
    const inList = listAround(editor.state) !== null;
    for (const name of ["indent", "outdent"]) bar.querySelector(`[data-tool=${name}]`).disabled = !inList;
    bar.querySelector("[data-tool=undo]").disabled = !editor.can().undo();
    bar.querySelector("[data-tool=redo]").disabled = !editor.can().redo();
  };
  refresh();
  return { bar, refresh };
}
