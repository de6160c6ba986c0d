/** Moves the focus among the rows of the list, from the focused one, else from the open one. */
export function moveInList(step: 1 | -1) {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  const from = focused >= 0 ? focused : rows.findIndex((row) => row.dataset.selected === "true");
  const next = from < 0 ? (step > 0 ? 0 : rows.length - 1) : from + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
}
