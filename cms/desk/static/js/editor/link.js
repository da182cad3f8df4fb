// The dialog that sets, changes and removes a link.

function textField(labels, href) {
  const label = document.createElement("label");
  label.className = "field";
  const name = document.createElement("span");
  name.className = "field-label";
  name.textContent = labels.link_address;
  const input = document.createElement("input");
  input.type = "url";
  input.className = "input";
  input.value = href;
  input.placeholder = "https://";
  const fault = document.createElement("span");
  fault.className = "field-error";
  fault.hidden = true;
  fault.textContent = labels.link_invalid;
  label.append(name, input, fault);
  return { label, input, fault };
}

const push = (text, className) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.textContent = text;
  return button;
};

/** Asks for the address of the selected text; an address that is not http(s) is refused in place. */
export function askForLink(host, editor, labels, form) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog dialog-small";
  dialog.setAttribute("aria-label", labels.link);
  const { label, input, fault } = textField(labels, editor.getAttributes("link").href ?? "");
  const apply = push(labels.link_apply, "button button-primary");
  const remove = push(labels.link_remove, "button");
  const cancel = push(labels.cancel, "button");
  const done = (change) => {
    dialog.close();
    if (change) change(editor.chain().focus().extendMarkRange("link")).run();
    else editor.commands.focus();
  };
  const set = () => {
    // Readers get no plain http: the same sites answer by https today.
    const href = input.value.trim().replace(/^http:/i, "https:");
    fault.hidden = form.test(href);
    if (!fault.hidden) return;
    done((chain) =>
      editor.state.selection.empty && !editor.isActive("link")
        ? chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] })
        : chain.setLink({ href }),
    );
  };
  apply.addEventListener("click", set);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    set();
  });
  remove.addEventListener("click", () => done((chain) => chain.unsetLink()));
  cancel.addEventListener("click", () => done(null));
  dialog.addEventListener("close", () => dialog.remove());
  const foot = document.createElement("div");
  foot.className = "dialog-actions";
  foot.append(...(editor.isActive("link") ? [remove] : []), cancel, apply);
  dialog.append(label, foot);
  host.append(dialog);
  dialog.showModal();
}
