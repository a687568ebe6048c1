/* The only script of the control room; every page works without it. It does three things.

   Live: when the office says that something changed (GET /live), the page is fetched again and every element with
   `data-live` and an `id` is exchanged where it differs. Focus, open details, the selected row and scrolling stay; an element
   in which somebody is typing is left alone until they have left it. `data-live="off"` on <body> turns it off for a page.
   When the office has not answered for some seconds, the page says since when it is no longer live, and tries again.

   Keys: act only outside of fields, and not at all with <html data-keys="off">.
     data-list            a list in which j and k move
     data-item="<id>"     one of its entries; its first link is what Enter opens
     data-key="a"         what the key presses: a link or a button of the selected entry, or else one that is in no entry
     data-search          the field to which / goes

   Scrolling: a wide table with nothing in it to focus can be reached with the keyboard, to scroll it. */
"use strict";
(() => {
  const html = document.documentElement;
  const said = document.getElementById("said");
  let spoke = 0;

  // Politely: not more often than somebody can bear to hear. What ends the updates is also shown.
  function say(text, shown = false) {
    if (!said || (!shown && (said.classList.contains("toast") || Date.now() - spoke < 15000))) return;
    spoke = Date.now();
    said.textContent = text;
    said.classList.toggle("toast", shown);
  }
  const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]";

  // Live -----------------------------------------------------------------------------------------------------------------
  const LEAST_MS = 3000;
  const JITTER_MS = 2000;
  let block = Number(document.body.dataset.block || 0);
  let wanted = block;
  let timer = 0;
  let last = 0;
  let source = null;

  // A restart of the office takes less than this, and nobody has to hear of it.
  const AWAY_MS = 8000;
  const AGAIN_MS = 5000;
  const LONGEST_MS = 60000;
  let failing = false;
  let since = 0;
  let telling = 0;
  let again = 0;
  let pause = AGAIN_MS;

  function away() {
    since = since || Date.now();
    telling = telling || setTimeout(() => say(`Not live since ${new Date(since).toISOString().slice(11, 16)} UTC; trying again`, true), AWAY_MS);
  }

  function back() {
    if (failing || source?.readyState !== EventSource.OPEN) return;
    pause = AGAIN_MS;
    if (!since) return;
    const told = said?.classList.contains("toast");
    since = 0;
    clearTimeout(telling);
    telling = 0;
    said?.classList.remove("toast");
    if (told) said.textContent = "Live again.";
  }

  // As the office wrote them, before anything here touches them: only that is compared.
  for (const part of document.querySelectorAll("[data-live][id]")) part.source = part.outerHTML;

  const plan = () => {
    if (timer || document.hidden || (wanted === block && !failing)) return;
    const wait = Math.max(0, last + (failing ? AGAIN_MS : LEAST_MS) - Date.now()) + Math.random() * JITTER_MS;
    timer = setTimeout(refresh, wait);
  };

  async function refresh() {
    timer = 0;
    if (document.hidden) return;
    last = Date.now();
    const upTo = wanted;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Live": "1" }, cache: "no-store" });
      const there = new URL(answer.url);
      if (there.pathname !== location.pathname) return stop("You are signed out. Open the page again to sign in.");
      if (answer.status >= 500) throw new Error(`the office answered ${answer.status}`);
      failing = false;
      back();
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      exchange(fresh);
      block = Math.max(upTo, Number(fresh.body.dataset.block || 0));
    } catch {
      failing = true;
      away();
    }
    plan();
  }

  function exchange(fresh) {
    let changed = 0;
    for (const old of document.querySelectorAll("[data-live][id]")) {
      const now = fresh.getElementById(old.id);
      if (!now || old.parentElement.closest("[data-live][id]")) continue;
      const typed = old.contains(document.activeElement) && document.activeElement.matches(FIELDS);
      if (now.outerHTML === old.source || typed || filled(old) || selecting(old)) continue;
      const state = remember(old);
      now.source = now.outerHTML;
      old.replaceWith(document.adoptNode(now));
      recall(now, state);
      changed += old.dataset.live === "quiet" ? 0 : 1;
    }
    reach();
    if (changed) say("The page was brought up to date.");
  }

  // Something written or ticked but not yet sent must not be lost.
  const filled = (part) => [...part.querySelectorAll("input, textarea, select")].some((field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT" ? field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected))
      : field.value !== field.defaultValue);

  const selecting = (part) => {
    const selection = getSelection();
    return selection && !selection.isCollapsed && selection.containsNode(part, true);
  };

  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

  function remember(part) {
    const parts = [...part.querySelectorAll(FOCUSABLE)];
    const item = document.activeElement.closest?.("[data-item]");
    return {
      focus: parts.indexOf(document.activeElement),
      item: item && part.contains(item) ? item.dataset.item : null,
      within: item ? [...item.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement) : -1,
      chosen: part.querySelector("[data-item][aria-current=true]")?.dataset.item,
      open: [...part.querySelectorAll("details")].map((one) => one.open),
      scroll: [...part.querySelectorAll(".scroll, pre")].map((one) => [one.scrollLeft, one.scrollTop]),
    };
  }

  function recall(part, state) {
    [...part.querySelectorAll("details")].forEach((one, n) => { if (state.open[n] !== undefined) one.open = state.open[n]; });
    [...part.querySelectorAll(".scroll, pre")].forEach((one, n) => { if (state.scroll[n]) [one.scrollLeft, one.scrollTop] = state.scroll[n]; });
    const named = (id) => part.querySelector(`[data-item="${CSS.escape(id)}"]`);
    if (state.chosen !== undefined && named(state.chosen)) choose(named(state.chosen), false);
    const item = state.item !== null && named(state.item);
    if (item) (state.within < 0 ? item : item.querySelectorAll(FOCUSABLE)[state.within] || item).focus({ preventScroll: true });
    else if (state.focus >= 0) part.querySelectorAll(FOCUSABLE)[state.focus]?.focus({ preventScroll: true });
  }

  function start() {
    if (source || !window.EventSource || document.body.dataset.live === "off") return;
    source = new EventSource("/live");
    source.addEventListener("open", back);
    source.addEventListener("error", () => {
      away();
      if (!source) return;
      // Refused rather than cut off: the page, which is asked for again, shows whether somebody has been signed out.
      if (source.readyState === EventSource.CLOSED) failing = true;
      source.close();
      source = null;
      again = setTimeout(() => { again = 0; start(); }, pause + Math.random() * JITTER_MS);
      pause = Math.min(LONGEST_MS, pause * 2);
      plan();
    });
    source.addEventListener("change", (event) => {
      const now = JSON.parse(event.data);
      wanted = now.block;
      plan();
    });
    source.addEventListener("over", () => stop("You are signed out. Open the page again to sign in."));
  }

  function stop(why) {
    source?.close();
    source = null;
    for (const one of [timer, telling, again]) clearTimeout(one);
    timer = telling = again = 0;
    if (why) say(why, true);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  addEventListener("pagehide", () => stop());
  addEventListener("pageshow", (event) => { if (event.persisted) start(); });
  if (!document.hidden) start();

  // Keys -----------------------------------------------------------------------------------------------------------------
  const PLACES = { o: "/orders", i: "/inbox", b: "/bots" };
  const keys = document.getElementById("keys");
  let going = 0;

  const chosen = () => document.querySelector("[data-list] [data-item][aria-current=true]");

  function choose(item, focus = true) {
    chosen()?.removeAttribute("aria-current");
    item.setAttribute("aria-current", "true");
    if (!focus) return;
    if (!item.hasAttribute("tabindex")) item.tabIndex = -1;
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  function move(step) {
    const items = [...document.querySelectorAll("[data-list] [data-item]")];
    if (!items.length) return;
    const now = items.indexOf(document.activeElement.closest("[data-item]") || chosen());
    choose(items[Math.min(items.length - 1, Math.max(0, now < 0 ? (step > 0 ? 0 : items.length - 1) : now + step))]);
  }

  function press(key) {
    const item = document.activeElement.closest("[data-item]") || chosen();
    const able = [...(item || document).querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
    const target = item ? able[0] : able.find((one) => !one.closest("[data-item]"));
    if (target && !target.disabled) target.click();
    return Boolean(target);
  }

  function act(event) {
    if (going && Date.now() - going < 1500 && PLACES[event.key]) return location.assign(PLACES[event.key]), true;
    going = 0;
    switch (event.key) {
      case "/": {
        const field = document.querySelector("[data-search]");
        field?.focus();
        field?.select();
        return Boolean(field);
      }
      case "?": keys?.showModal(); return Boolean(keys);
      case "j": move(1); return true;
      case "k": move(-1); return true;
      case "g": going = Date.now(); return true;
      case "a": case "e": case "r": return press(event.key);
      case "Enter": {
        if (!document.activeElement.matches("[data-item]")) return false;
        const link = document.activeElement.querySelector("a[href]");
        link?.click();
        return Boolean(link);
      }
    }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (html.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && !"jk".includes(event.key)) return;
    if (event.target.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
    if (act(event)) event.preventDefault();
  });

  // Scrolling ------------------------------------------------------------------------------------------------------------
  function reach() {
    for (const part of document.querySelectorAll(".scroll, pre")) {
      if (part.scrollWidth <= part.clientWidth && part.scrollHeight <= part.clientHeight) part.removeAttribute("tabindex");
      else if (!part.querySelector(FOCUSABLE)) part.tabIndex = 0;
    }
  }
  addEventListener("resize", reach);
  document.addEventListener("toggle", reach, true);
  reach();

  const button = document.getElementById("show-keys");
  if (button && keys && html.dataset.keys !== "off") {
    button.hidden = false;
    button.addEventListener("click", () => keys.showModal());
  }
})();
