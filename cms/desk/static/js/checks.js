// One box that ticks all the boxes of a name, of those that can be ticked.
document.addEventListener("change", (event) => {
  const all = event.target.closest?.("[data-check-all]");
  if (!all) return;
  for (const box of all.form.querySelectorAll(`[name="${CSS.escape(all.dataset.checkAll)}"]:not(:disabled)`)) box.checked = all.checked;
});
