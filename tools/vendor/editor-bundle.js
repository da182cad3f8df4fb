// What the block editor takes from Tiptap and ProseMirror; everything of our own lives in cms/desk/static/js/editor.
export { Editor, Extension, InputRule, Mark, Node, mergeAttributes, textblockTypeInputRule } from "@tiptap/core";
export { Bold } from "@tiptap/extension-bold";
export { Document } from "@tiptap/extension-document";
export { HardBreak } from "@tiptap/extension-hard-break";
export { Italic } from "@tiptap/extension-italic";
export { Link } from "@tiptap/extension-link";
export { Strike } from "@tiptap/extension-strike";
export { Text } from "@tiptap/extension-text";
export { Underline } from "@tiptap/extension-underline";
export { CharacterCount, Dropcursor, Gapcursor, Placeholder, UndoRedo } from "@tiptap/extensions";
export { baseKeymap, chainCommands, exitCode, splitBlock, toggleMark } from "@tiptap/pm/commands";
export { DOMParser, DOMSerializer, Fragment, Slice } from "@tiptap/pm/model";
export { AllSelection, NodeSelection, Plugin, PluginKey, Selection, TextSelection } from "@tiptap/pm/state";
export {
  CellSelection,
  addColumnAfter,
  addColumnBefore,
  addRowAfter,
  addRowBefore,
  deleteColumn,
  deleteRow,
  deleteTable,
  goToNextCell,
  isInTable,
  mergeCells,
  splitCell,
  tableEditing,
} from "@tiptap/pm/tables";
export { canSplit, findWrapping, liftTarget } from "@tiptap/pm/transform";
export { Decoration, DecorationSet } from "@tiptap/pm/view";
