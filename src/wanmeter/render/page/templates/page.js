// Folds the tree of modules. Without scripts, it is shown unfolded.
(() => {
  const table = document.querySelector(".tree");
  const rows = [...table.querySelectorAll("tbody tr")];
  const children = Map.groupBy
    ? Map.groupBy(rows, (row) => row.dataset.parent)
    : rows.reduce((all, row) => all.set(row.dataset.parent, [...(all.get(row.dataset.parent) ?? []), row]), new Map());
  const toggle = (row) => row.querySelector(".toggle");
  const show = (row, shown) => {
    row.hidden = !shown;
    const open = toggle(row)?.getAttribute("aria-expanded") === "true";
    for (const child of children.get(row.dataset.path) ?? []) show(child, shown && open);
  };
  const fold = (deepest) => {
    for (const row of rows) {
      const depth = row.dataset.path.split("/").length - 1;
      toggle(row)?.setAttribute("aria-expanded", String(depth < deepest));
    }
    for (const stage of children.get("")) show(stage, true);
  };
  for (const row of rows) {
    const button = toggle(row);
    if (!button) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
      show(row, true);
    });
  }
  table.classList.add("folding");
  document.querySelector(".buttons").hidden = false;
  document.getElementById("unfold").addEventListener("click", () => fold(Infinity));
  document.getElementById("fold").addEventListener("click", () => fold(0));
  fold(1);
})();
