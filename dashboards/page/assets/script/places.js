// Countries: rows open their regions; map and table point at each other.
const countryRows = new Map(all("tr[data-c]").map((row) => [row.dataset.c, row]));
const shapes = all(".place");
const placeReadout = one("#place");
const toggleOf = (code) => one(".toggle", countryRows.get(code));
const isOpen = (code) => countryRows.has(code) && toggleOf(code).getAttribute("aria-expanded") === "true";

function openCountry(code, open = !isOpen(code)) {
  toggleOf(code).setAttribute("aria-expanded", open);
  for (const row of all("tr[data-of]")) if (row.dataset.of === code) row.hidden = !open;
}

function choose(code) {
  openCountry(code);
  if (countryRows.get(code).matches(".folded")) unfold(countryRows.get(code).closest("table"));
  setState("open", [...countryRows.keys()].filter(isOpen).join("-"));
}

function pointAt(code) {
  for (const shape of shapes) shape.classList.toggle("on", shape.dataset.c === code);
  for (const [key, row] of countryRows) row.classList.toggle("on", key === code);
  const row = countryRows.get(code);
  if (!row || !placeReadout) return;
  const [views, share, visitors] = all("data", row).map((shown) => shown.textContent);
  const name = made("b", { textContent: one(".name", row).textContent });
  placeReadout.replaceChildren(name, ` · ${views} views, ${share} · ${visitors} visitors`);
}

const opened = (state.get("open") || "").split("-");
for (const [code, row] of countryRows) {
  const name = one(".name", row);
  const button = made("button", { type: "button", className: "toggle name", textContent: name.textContent });
  name.replaceWith(button);
  one(".code", row).remove();
  openCountry(code, opened.includes(code));
  button.addEventListener("click", () => choose(code));
  row.addEventListener("pointerenter", () => pointAt(code));
  row.addEventListener("focusin", () => pointAt(code));
}

// The map is one stop of the tab key; arrows walk by rank, Enter opens the regions.
shapes.forEach((shape, rank) => {
  const code = shape.dataset.c;
  const row = countryRows.get(code);
  one("title", shape).remove();
  shape.setAttribute("role", "button");
  shape.setAttribute("tabindex", rank ? -1 : 0);
  shape.setAttribute("aria-label", `${one(".name", row).textContent}: ${one("data", row).textContent} views`);
  shape.addEventListener("pointerenter", () => pointAt(code));
  shape.addEventListener("focus", () => pointAt(code));
  shape.addEventListener("click", () => choose(code));
  shape.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(code);
    }
    const ranks = { ArrowRight: rank + 1, ArrowDown: rank + 1, ArrowLeft: rank - 1, ArrowUp: rank - 1, Home: 0, End: shapes.length - 1 };
    const next = shapes[ranks[event.key]];
    if (!next) return;
    event.preventDefault();
    shape.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  });
});
one(".world")?.addEventListener("pointerleave", () => pointAt());
