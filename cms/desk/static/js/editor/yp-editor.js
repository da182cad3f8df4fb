// <yp-editor>: the block editor. In: a block document as JSON; out: `yp-change` with the new one.
//
// attributes  value        block document (JSON)      name        form field the document is submitted as
//             upload-url   POST multipart `file`      asset-url   picture address with {asset}
//             fetch-url    POST `url`: takes a picture of another site; import-url: where documents are imported
//             focal-url    a picture's point that crops keep, with {asset}; without it there is no such button
//             videos-url   a video's state as JSON, with {asset}; without it no videos can be inserted
//             feeds-url    the data feeds a card may take, as JSON; without it no data cards can be inserted
//             labels       texts by short name (JSON) sprite      address of icons.svg
//             remarks      what reviewers wrote, by block id (JSON)
//             readonly     no editing                 placeholder first line's hint
// properties  value (document), words, characters, pictures, uploading, problems, editor
// methods     focus(), showBlock(id)
// events      yp-change {document, words, characters, pictures}, yp-ready, yp-settled (nothing is on its way any more); asks the page by yp-pick-video {take(video)},
//             yp-pick-picture {take(asset)}, yp-focal {asset, url} and yp-cover {asset, url}
import {
  Bold, Document, Dropcursor, Editor, Extension, Gapcursor, HardBreak, Italic, Link, Placeholder, Strike, Text,
  Underline, UndoRedo,
} from "./tiptap.js";
import { emptyDocument, fromDoc, measure, newBlockId, toDoc } from "./blocks.js";
import { Identity } from "./identity.js";
import { Keys } from "./keys.js";
import { askForLink } from "./link.js";
import { blockNodes } from "./nodes.js";
import { Notes } from "./notes.js";
import { Paste } from "./paste.js";
import { PendingPictures, settle } from "./pending.js";
import { problemsOf } from "./problems.js";
import { Remarks } from "./remarks.js";
import { makeToolbar } from "./toolbar.js";
import { UploadPlaces, Uploads } from "./uploads.js";

const WEB_ADDRESS = /^https?:\/\/[^\s]+$/i;

const Labels = Extension.create({
  name: "labels",
  addOptions: () => ({ texts: {} }),
  addStorage() {
    return { texts: this.options.texts };
  },
});

const LinkKey = Extension.create({
  name: "linkKey",
  addOptions: () => ({ ask: () => true }),
  addKeyboardShortcuts() {
    return { "Mod-k": () => this.options.ask() };
  },
});

const parsed = (text, fallback) => (text ? JSON.parse(text) : fallback);

class BlockEditor extends HTMLElement {
  static formAssociated = true;
  #internals = this.attachInternals();
  #document = emptyDocument();
  #measured = { words: 0, characters: 0, pictures: 0 };
  #problems = [];
  #parts = null;

  connectedCallback() {
    if (this.#parts) return;
    this.classList.add("editor");
    this.#document = parsed(this.getAttribute("value"), emptyDocument());
    const labels = parsed(this.getAttribute("labels"), {});
    this.#build(labels);
    this.#remember(this.#document);
    this.dispatchEvent(new CustomEvent("yp-ready", { bubbles: true }));
  }

  disconnectedCallback() {
    // Moving an element disconnects it for a moment; only a real removal ends the editor.
    queueMicrotask(() => {
      if (this.isConnected || !this.#parts) return;
      this.#parts.editor.destroy();
      this.#parts = null;
      this.replaceChildren();
    });
  }

  get name() { return this.getAttribute("name") ?? ""; }
  get form() { return this.#internals.form; }
  get editor() { return this.#parts?.editor ?? null; }
  get words() { return this.#measured.words; }
  get pictures() { return this.#measured.pictures; }
  get characters() { return this.#measured.characters; }
  get uploading() { return (this.#parts?.uploads.open ?? 0) + (this.#parts?.pictures.open ?? 0) > 0; }
  /** What would be refused, with the block it is in: {block, text}. */
  get problems() { return this.#problems; }

  /** The block document; setting it starts a new undo history. */
  get value() { return this.#document; }
  set value(document) {
    if (!this.#parts) {
      this.setAttribute("value", JSON.stringify(document));
      return;
    }
    const labels = parsed(this.getAttribute("labels"), {});
    this.#parts.editor.destroy();
    this.replaceChildren();
    this.#document = document;
    this.#build(labels);
    this.#remember(document);
  }

  /** Puts the cursor into a block and brings it into view; false when there is no such block. */
  showBlock(id) {
    const { editor } = this.#parts;
    let found = null;
    editor.state.doc.descendants((node, position) => {
      if (node.attrs.id === id) found = position;
      return found === null;
    });
    if (found === null) return false;
    editor.chain().focus(found + 1).run();
    editor.view.nodeDOM(found)?.scrollIntoView({ block: "center" });
    return true;
  }

  focus() { this.#parts?.editor.commands.focus("end"); }

  #build(labels) {
    const pictures = new PendingPictures({
      uploadUrl: this.getAttribute("upload-url"), fetchUrl: this.getAttribute("fetch-url"), labels,
      settled: (job) => this.#settled(job),
    });
    const canvas = document.createElement("div");
    canvas.className = "editor-canvas";
    const tray = document.createElement("div");
    tray.className = "editor-tray";
    const status = document.createElement("div");
    status.className = "editor-status";
    const editor = new Editor({
      element: canvas,
      content: toDoc(this.#document),
      editable: !this.hasAttribute("readonly"),
      // Tiptap would add a <style> element, which the content security policy forbids; editor.css has its rules.
      injectCSS: false,
      extensions: this.#extensions(labels, pictures),
      editorProps: {
        attributes: { class: "editor-text prose", "aria-label": labels.body, role: "textbox", "aria-multiline": "true" },
      },
      onUpdate: ({ editor: changed }) => this.#changed(changed),
      onTransaction: () => this.#parts?.refresh(),
    });
    const uploads = new Uploads({
      editor, tray, url: this.getAttribute("upload-url"), importUrl: this.getAttribute("import-url"), labels, settled: () => this.#quiet(),
    });
    const notes = new Notes({ editor, labels });
    this.#parts = { editor, uploads, pictures, notes, labels, status, refresh: () => {} };
    canvas.append(notes.box);
    this.append(canvas, tray, status);
    notes.draw();
    if (!editor.isEditable) return;
    const acts = { link: () => this.#askForLink(), image: () => this.#pick() };
    if (this.hasAttribute("videos-url")) acts.video = () => this.#pickVideo();
    if (this.hasAttribute("feeds-url")) acts.data = ({ commands }) => commands.insertContent([{ type: "data" }, { type: "paragraph" }]);
    const toolbar = makeToolbar({ editor, labels, sprite: this.getAttribute("sprite"), acts });
    this.#parts.refresh = toolbar.refresh;
    this.prepend(toolbar.bar);
  }

  #extensions(labels, pictures) {
    return [
      Document, Text, Bold, Italic, Underline, Strike, HardBreak, UndoRedo, Gapcursor, Identity, Keys, UploadPlaces,
      Remarks.configure({ by: parsed(this.getAttribute("remarks"), {}) }),
      Dropcursor.configure({ class: "editor-dropcursor", color: false }),
      Labels.configure({ texts: labels }),
      LinkKey.configure({ ask: () => this.#askForLink() }),
      Link.configure({
        openOnClick: false, autolink: false, protocols: ["http", "https"],
        HTMLAttributes: { target: null, rel: null }, isAllowedUri: (address) => WEB_ADDRESS.test(address),
      }),
      Placeholder.configure({ placeholder: this.getAttribute("placeholder") ?? "" }),
      Paste.configure({
        upload: (files, position) => this.#parts.uploads.take(files, position),
        hold: (source) => (source.url && pictures.find(source.url)) || pictures.hold(source),
        lost: (names, films) => this.#parts.uploads.lost(names, films),
      }),
      ...blockNodes({
        assetUrl: this.getAttribute("asset-url") ?? "", videosUrl: this.getAttribute("videos-url") ?? "",
        focalUrl: this.getAttribute("focal-url") ?? "", feedsUrl: this.getAttribute("feeds-url") ?? "", pictures,
      }),
    ];
  }

  #changed(editor) {
    this.#document = fromDoc(editor.getJSON());
    this.#remember(this.#document);
    this.#parts.notes.draw();
    const detail = { document: this.#document, ...this.#measured };
    this.dispatchEvent(new CustomEvent("yp-change", { bubbles: true, detail }));
  }

  #remember(value) {
    this.#measured = measure(value);
    this.#internals.setFormValue(JSON.stringify(value));
    this.#problems = problemsOf(value, this.#parts.labels);
    this.#say();
  }

  #say() {
    const { status, labels } = this.#parts;
    const fill = (text, count) => (text ?? "").replace("{count}", count.toLocaleString("zh-CN"));
    const counts = [[labels.words, this.words], [labels.characters, this.characters], [labels.pictures, this.pictures]];
    const said = document.createElement("span");
    said.textContent = counts.map(([text, count]) => fill(text, count)).join(" · ");
    status.replaceChildren(...this.#problems.slice(0, 1).map((problem) => this.#problemLine(problem)), said);
  }

  #problemLine({ block, text }) {
    const line = document.createElement("span");
    line.className = "editor-problem";
    line.setAttribute("role", "status");
    const go = document.createElement("button");
    go.type = "button";
    go.className = "button button-small";
    go.textContent = this.#parts.labels.problem_go;
    go.addEventListener("click", () => this.showBlock(block));
    line.append(text, " ", go);
    return line;
  }

  #settled(job) {
    if (job.state === "done") settle(this.#parts.editor, job);
    this.#quiet();
  }

  #quiet() {
    if (!this.uploading) this.dispatchEvent(new CustomEvent("yp-settled", { bubbles: true }));
  }

  #askForLink() {
    askForLink(this, this.#parts.editor, this.#parts.labels, WEB_ADDRESS);
    return true;
  }

  #pickVideo() {
    const { editor } = this.#parts;
    const take = (video) => {
      const title = video.name.replace(/\.[^.]{1,5}$/, "");
      const node = { type: "video", attrs: { id: newBlockId(), asset: video.id, title, poster: "" } };
      editor.chain().focus().insertContentAt(editor.state.selection.to, [node, { type: "paragraph" }]).run();
    };
    this.dispatchEvent(new CustomEvent("yp-pick-video", { bubbles: true, detail: { take } }));
  }

  #pick() {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/png,image/jpeg,image/webp,image/gif";
    input.multiple = true;
    input.addEventListener("change", () => {
      this.#parts.uploads.take([...input.files], this.#parts.editor.state.selection.to);
    });
    input.click();
  }
}

customElements.define("yp-editor", BlockEditor);
