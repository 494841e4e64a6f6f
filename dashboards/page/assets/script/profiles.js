// Customers: one at a time beside the list, chosen there or by the address. Without scripts all are below one another, folded.
const profiles = all(".profile");
const panelOf = (id) => document.getElementById(id)?.closest(".profile");

function showCustomer(id) {
  const chosen = panelOf(id) || profiles[0];
  for (const profile of profiles) {
    profile.hidden = profile !== chosen;
    profile.open = profile === chosen;
  }
  for (const row of all("#list tbody tr")) {
    if (panelOf(one("a", row).hash.slice(1)) === chosen) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  return chosen;
}

for (const link of all("#list tbody a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    place = link.hash.slice(1);
    keepState();
    const chosen = showCustomer(place);
    // On a phone the panel lies below the list: go there. Beside the list it is in sight already.
    const { top } = chosen.getBoundingClientRect();
    if (top >= 0 && top < innerHeight / 2) return;
    chosen.scrollIntoView();
    one("summary", chosen).focus({ preventScroll: true });
  });
}
addEventListener("hashchange", () => showCustomer(place));
if (profiles.length) {
  const chosen = showCustomer(place);
  if (panelOf(place)) chosen.scrollIntoView();
}
