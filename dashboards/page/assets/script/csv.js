// CSV: what the table holds, exact numbers, one column a level.
function plain(cell) {
  if (cell.dataset.exact) return cell.dataset.exact;
  const copy = cell.cloneNode(true);
  for (const extra of all("small, .names, .code, svg, summary", copy)) extra.remove();
  const shown = one("data", copy);
  if (shown && cell.matches(".num")) return String(Number(Number(shown.value).toFixed(4)));
  return (one("time", copy)?.dateTime || copy.textContent).trim().replace(/\s+/g, " ");
}

// A leading sign must never become a formula in a spreadsheet.
function quoted(value) {
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",;\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvOf(table) {
  const nested = one("tr[data-of]", table) !== null;
  const names = new Map(all("tr[data-c]", table).map((row) => [row.dataset.c, plain(row.cells[0])]));
  const rows = [...table.rows].filter((row) => !row.matches(".empty, .unfold"));
  return rows.map((row) => {
    const values = [...row.cells].map(plain);
    if (nested && row.dataset.of) values.unshift(names.get(row.dataset.of));
    else if (nested) values.splice(1, 0, row.closest("thead") ? "Region" : "");
    return `${values.map(quoted).join(",")}\n`;
  }).join("");
}

for (const button of all("[data-csv]")) {
  button.addEventListener("click", () => {
    const text = all("table", button.closest(".panel")).map(csvOf).join("\n");
    const name = `${data.site}-${button.dataset.csv}`.replace(/[^\p{L}\p{N}._-]+/gu, "-");
    const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    made("a", { href, download: `${name}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  });
}
