// The address holds the state (#traffic?open=US-DE&theme=dark); the browser's storage holds nothing.
const hashParts = () => location.hash.slice(1).split("?");
const state = new URLSearchParams(hashParts()[1] || "");
const home = one(".page").id;
let place = hashParts()[0] || home;

function keepState() {
  history.replaceState(null, "", `#${place}${state.size ? `?${state}` : ""}`);
}

function setState(name, value) {
  if (value) state.set(name, value);
  else state.delete(name);
  keepState();
}

addEventListener("hashchange", () => {
  place = hashParts()[0] || home;
  keepState();
});
// With a state behind it the browser does not find the place itself.
if (state.size) document.getElementById(place)?.scrollIntoView();

const THEMES = ["auto", "light", "dark"];
const themeButton = one("#theme");

function paint(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  one("span", themeButton).textContent = theme;
}

paint(THEMES.includes(state.get("theme")) ? state.get("theme") : "auto");
themeButton.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(root.dataset.theme || "auto") + 1) % THEMES.length];
  paint(next);
  setState("theme", next === "auto" ? "" : next);
});

addEventListener("beforeprint", () => {
  for (const details of all(".made, .twin, .reasons details")) details.open = true;
});
