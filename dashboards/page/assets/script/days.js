// Days: one slider over the picture; pointer and arrow keys read the same figures.
const probe = one(".probe");
if (probe) {
  const band = one("#band");
  const readout = one("#readout");
  const last = data.days.length - 1;
  let current = last;

  const nameOf = (day) => {
    const style = data.unit === "month"
      ? { month: "long", year: "numeric", timeZone: "UTC" }
      : { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
    return [new Date(`${day.day}T00:00Z`).toLocaleDateString(language, style), ...day.notes].join(", ");
  };
  const parts = (day) => {
    const robots = `${number(day.bots)} bot requests`;
    if (day.views === null) return [robots];
    const each = day.visitors ? [`${number(day.views / day.visitors, { maximumFractionDigits: 1 })} views each`] : [];
    return [`${number(day.views)} views`, `${number(day.visitors)} visitors`, ...each, robots, bytes(day.bytes)];
  };

  const read = (wanted) => {
    current = Math.max(0, Math.min(last, wanted));
    const day = data.days[current];
    const wide = 100 / data.days.length;
    band.setAttribute("x", `${wide * current}%`);
    band.classList.add("on");
    readout.replaceChildren(made("b", { textContent: nameOf(day) }), ["", ...parts(day)].join(" · "));
    probe.setAttribute("aria-valuenow", current + 1);
    probe.setAttribute("aria-valuetext", `${nameOf(day)}: ${parts(day).join(", ")}`);
  };
  const readAt = (event) => {
    const box = probe.getBoundingClientRect();
    read(Math.floor(((event.clientX - box.left) / box.width) * data.days.length));
  };

  const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -Infinity, End: Infinity };
  probe.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    read(current + STEPS[event.key]);
  });
  probe.addEventListener("pointermove", readAt);
  probe.addEventListener("pointerdown", readAt);
  probe.addEventListener("pointerleave", () => band.classList.remove("on"));
  probe.addEventListener("blur", () => band.classList.remove("on"));
  probe.addEventListener("focus", () => {
    if (probe.matches(":focus-visible")) read(current);
  });
}
