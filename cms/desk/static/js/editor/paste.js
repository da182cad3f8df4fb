// What comes in through the clipboard: only text and structure the schema knows; pictures are fetched or named as lost.
import { Extension, Plugin, PluginKey } from "./tiptap.js";
import { cleanHtml } from "./clean.js";

const picturesOf = (transfer) => [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));

/** `upload(files, position)` takes pictures; `hold(source)` announces one of a page; `lost(names, films)` says what did
 * not come along. */
export const Paste = Extension.create({
  name: "blockPaste",
  addOptions: () => ({ upload: () => {}, hold: () => null, lost: () => {} }),
  addProseMirrorPlugins() {
    const { upload, hold, lost } = this.options;
    return [
      new Plugin({
        key: new PluginKey("blockPaste"),
        props: {
          transformPastedHTML: (html) => {
            const clean = cleanHtml(html, hold);
            if (clean.lost.length || clean.films.length) lost(clean.lost, clean.films);
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
