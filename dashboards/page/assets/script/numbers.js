// Adds to a page that is complete without it. First: numbers in the reader's own format.
"use strict";
const root = document.documentElement;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const made = (tag, properties) => Object.assign(document.createElement(tag), properties);
const data = JSON.parse(one("#data").textContent);
root.classList.add("js");

const language = navigator.languages?.[0] || "en";
const number = (value, options) => new Intl.NumberFormat(language, options).format(value);

const UNITS = [["terabyte", 1e12, 2], ["gigabyte", 1e9, 2], ["megabyte", 1e6, 0], ["kilobyte", 1e3, 0]];
function bytes(value) {
  const [unit, factor, digits] = UNITS.find(([, least]) => value >= least) || [];
  if (!unit) return `${number(value)} B`;
  return number(value / factor, { style: "unit", unit, minimumFractionDigits: digits, maximumFractionDigits: digits });
}

// What is something is never written as 0%.
function percent(value) {
  const shown = value > 0 ? Math.max(value, 0.001) : value;
  const text = number(shown, { style: "percent", maximumFractionDigits: value < 0.01 ? 1 : 0 });
  return value > 0 && value < 0.0005 ? `<${text}` : text;
}

const STYLES = {
  percent,
  bytes,
  money: (value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  whole: (value) => number(value, { maximumFractionDigits: 0 }),
  short: (value) => number(value, { notation: "compact", maximumSignificantDigits: 3 }),
};
for (const shown of all("data")) shown.textContent = (STYLES[shown.dataset.style] || number)(Number(shown.value));
for (const text of all("[data-n]")) text.textContent = number(Number(text.dataset.n));
