// Tables: sorting keeps "other" at the end and regions with their country; long tables fold into a row that still adds up.
const isOpened = (row) => one("[aria-expanded=true]", row) !== null;
const isRest = (row) => row.matches(".other, .more, .unfold");

function groupsOf(body) {
  const groups = [];
  for (const row of body.rows) {
    if (isRest(row)) continue;
    if (row.dataset.of) groups.at(-1).push(row);
    else groups.push([row]);
  }
  return groups;
}

function fold(table) {
  const body = table.tBodies[0];
  one(".unfold", body)?.remove();
  let folded = table.dataset.fold ? groupsOf(body).slice(Number(table.dataset.fold)) : [];
  // A single row is not worth a fold, and an open country must stay in sight.
  if (folded.length < 2 || folded.some(([row]) => isOpened(row))) folded = [];
  const hidden = new Set(folded.flat());
  for (const row of body.rows) row.classList.toggle("folded", hidden.has(row));
  if (folded.length) addSumRow(table, folded);
}

function unfold(table) {
  delete table.dataset.fold;
  fold(table);
}

function addSumRow(table, folded) {
  const text = `${number(folded.length)} more ${table.dataset.members}`;
  const button = made("button", { type: "button", textContent: text });
  const first = made("th", { scope: "row" });
  first.append(made("span", { className: "cell" }));
  first.firstChild.append(button);
  const sums = [...folded[0][0].cells].slice(1).map((cell, column) => {
    const shown = one("data", cell).cloneNode();
    shown.value = folded.reduce((sum, [row]) => sum + Number(one("data", row.cells[column + 1]).value), 0);
    shown.textContent = (STYLES[shown.dataset.style] || number)(Number(shown.value));
    const copy = made("td", { className: cell.className });
    copy.append(shown);
    return copy;
  });
  const row = made("tr", { className: "more unfold" });
  row.append(first, ...sums);
  const body = table.tBodies[0];
  body.insertBefore(row, [...body.rows].find(isRest) || null);
  button.addEventListener("click", () => {
    unfold(table);
    (one("button", folded[0][0]) || one("thead button", table))?.focus();
  });
}

function valueOf(row, column) {
  const cell = row.cells[column];
  const shown = one("data", cell);
  if (column && shown) return Number(shown.value);
  // A figure that is not there is smaller than any that is.
  return cell.matches(".num") ? -Infinity : (one(".name", cell) || cell).textContent.trim();
}

function sort(table, head, column) {
  const order = head.getAttribute("aria-sort");
  const up = order === "descending" || (!order && !head.matches(".num"));
  for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const compare = (x, y) => (typeof x === "string" ? x.localeCompare(y, language, { numeric: true }) : Number(x > y) - Number(x < y));
  const groups = groupsOf(body).sort(([a], [b]) => (up ? 1 : -1) * compare(valueOf(a, column), valueOf(b, column)));
  body.prepend(...groups.flat());
  fold(table);
}

for (const table of all("table[data-sort]")) {
  if (one("tbody > .empty:not(.region)", table)) continue;
  all("thead th", table).forEach((head, column) => {
    const button = made("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(button);
    button.addEventListener("click", () => sort(table, head, column));
  });
  fold(table);
}
