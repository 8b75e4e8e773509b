// What the pages do beyond HTML: shortcuts, and a word when what is shown has changed. Nothing here decides anything,
// and nothing replaces a form in which somebody types.
"use strict";

const STALE_AFTER_MINUTES = 2;

function isTyping(element) {
  return element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

function rowLinks() {
  return [...document.querySelectorAll("[data-rows] .title a")];
}

function moveBy(step) {
  const links = rowLinks();
  if (!links.length) return;
  const now = links.indexOf(document.activeElement);
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
}

function showShortcuts() {
  const dialog = document.getElementById("shortcuts");
  if (dialog && !dialog.open) dialog.showModal();
}

const KEYS = {
  j: () => moveBy(1),
  k: () => moveBy(-1),
  "/": () => document.querySelector("[data-filter]")?.focus(),
  "?": showShortcuts,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const act = KEYS[event.key];
  if (!act || (event.key !== "?" && !document.querySelector("[data-filter]"))) return;
  event.preventDefault();
  act();
}

function tellOfChanges(banner) {
  const changes = new EventSource(banner.dataset.events);
  changes.addEventListener("changed", (event) => {
    banner.querySelector("[data-news]").textContent = JSON.parse(event.data).text;
    banner.hidden = false;
  });
}

function tellOfAge(hint) {
  const since = Date.now();
  setInterval(() => {
    const minutes = Math.floor((Date.now() - since) / 60_000);
    if (minutes < STALE_AFTER_MINUTES) return;
    hint.querySelector("[data-age]").textContent = `${minutes} min`;
    hint.hidden = false;
  }, 30_000);
}

document.addEventListener("keydown", onKey);
for (const button of document.querySelectorAll("[data-shortcuts]")) {
  button.hidden = false;
  button.addEventListener("click", showShortcuts);
}
for (const banner of document.querySelectorAll("[data-events]")) tellOfChanges(banner);
for (const hint of document.querySelectorAll("[data-stale]")) tellOfAge(hint);
