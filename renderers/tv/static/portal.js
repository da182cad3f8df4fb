/* The portal's own focus, its one Back key and its keys: for kernels of any age (ES5, no framework, no anchors). */
(function () {
  "use strict";

  var KEYS = window.yunpingKeys;
  var BOX = window.yunpingBox;
  /* Only our own pages: whatever an address says, nothing else is ever opened. */
  var PLACE = /^\/tv\/[a-z0-9\-]+\/[a-z0-9_\-\/]*(\?(on|p|begin|end|s)=[0-9\-]+(&(on|p|begin|end|s)=[0-9\-]+)*)?$/i;
  var ENTRY = /^[a-z0-9\-]{1,32}\.[0-9]{1,6}\.[0-9]{10}\.([a-z0-9_\-]{2,2100}\.)?[A-Za-z0-9_\-]{43}$/;
  var DEEP = 8;
  var DIGITS_MS = 2000;
  var body = document.body;
  var here = null;
  var before = null;
  var scope = null;
  var watch = null;
  var typed = "";
  var typing = 0;
  var clockSkew = 0;
  var failures = 0;

  function id(name) { return document.getElementById(name); }
  function told(name) { return body.getAttribute("data-" + name) || ""; }
  function say(name, text) { var element = id(name); if (element) { element.textContent = text; } }
  function show(name, yes) { var element = id(name); if (element) { element.className = element.className.replace(/ ?off\b/, "") + (yes ? "" : " off"); } }
  function all() { return (scope || id("page")).querySelectorAll(".f"); }

  /* ---- the way back: a stack in the address, so that a box that forgets everything still knows it ---- */

  function parameter(name) {
    var found = new RegExp("[?&]" + name + "=([^&]*)").exec(window.location.search);
    try { return found ? decodeURIComponent(found[1]) : ""; } catch (broken) { return ""; }
  }
  function stack() {
    var kept = [], parts = parameter("bk").split("|"), at;
    for (at = 0; at < parts.length; at += 1) {
      if (PLACE.test(parts[at].split("~")[0])) { kept.push(parts[at]); }
    }
    return kept.slice(-DEEP);
  }
  function own() {
    var kept = window.location.search.replace(/([?&])(bk|f|token)=[^&]*/g, "$1").replace(/&+/g, "&").replace(/[?&]+$/, "").replace("?&", "?");
    return window.location.pathname + kept;
  }
  /* What one may see of several channels; a list of them names no others. */
  function entry() { var kept = BOX.get("entry"); return ENTRY.test(kept) ? kept : ""; }
  function open(path, back, focused) {
    var query = [];
    if (!PLACE.test(path)) { return; }
    if (back.length) { query.push("bk=" + encodeURIComponent(back.join("|"))); }
    if (focused) { query.push("f=" + encodeURIComponent(focused)); }
    if (path.indexOf(told("channels")) === 0 && entry()) { query.push("token=" + entry()); }
    if (watch) { watch.stop(); }
    window.location.replace(path + (query.length ? (path.indexOf("?") < 0 ? "?" : "&") + query.join("&") : ""));
  }
  function mark() { return here ? here.id + (leaves.box === here ? "@" + leaves.at : "") : ""; }
  function go(path) { open(path, stack().concat([own() + "~" + mark()]).slice(-DEEP), ""); }
  function back() {
    var kept = stack(), last = kept.pop(), parts;
    if (last) {
      parts = last.split("~");
      open(parts[0], kept, parts[1] || "");
    } else if (own() !== told("home")) {
      open(told("home"), [], "");
    } else if (BOX.exit()) {
      if (watch) { watch.stop(); }
      window.location.replace(BOX.exit());
    }
  }

  /* ---- focus ---- */

  function focus(element) {
    if (!element) { return; }
    if (here) { here.className = here.className.replace(" here", ""); }
    here = element;
    here.className += " here";
  }
  function apart(a, aLength, b, bLength) { return Math.max(0, b - (a + aLength), a - (b + bLength)); }
  /* The rule of layout.py: a neighbour may have been taken back since the page was written, then it is asked again. */
  function nearest(arrow) {
    var mine = here.getBoundingClientRect(), across = arrow === "l" || arrow === "r", list = all(), found = null, least = Infinity;
    var at, box, ahead, aside, drift, cost, mineAt = 0;
    for (at = 0; at < list.length; at += 1) {
      box = list[at].getBoundingClientRect();
      ahead = { l: mine.left - box.right, r: box.left - mine.right, u: mine.top - box.bottom, d: box.top - mine.bottom }[arrow];
      if (list[at] !== here && ahead >= 0) {
        aside = across ? apart(mine.top, mine.height, box.top, box.height) : apart(mine.left, mine.width, box.left, box.width);
        drift = across ? Math.abs(mine.top + mine.height / 2 - box.top - box.height / 2) : Math.abs(mine.left + mine.width / 2 - box.left - box.width / 2);
        cost = (aside > 0 ? 1000000 : 0) + ahead * 4 + aside * 12 + drift;
        if (cost < least) { least = cost; found = list[at]; }
      }
      if (list[at] === here) { mineAt = at; }
    }
    return across && least >= 1000000 && body.getAttribute("data-wraps") ? list[mineAt + (arrow === "r" ? 1 : -1)] || null : found;
  }
  function move(arrow) {
    var name;
    if (!here) { focus(all()[0]); return; }
    if (leaves.box === here && (arrow === "l" || arrow === "r") && turnLeaf(arrow === "r" ? 1 : -1)) { return; }
    name = here.getAttribute("data-" + arrow);
    if (name) { focus(id(name) || nearest(arrow)); }
  }
  function enter() {
    var path = here ? here.getAttribute("data-go") : "";
    if (here && leaves.box === here) { turnLeaf(1); return; }
    if (here && here.getAttribute("data-close")) { uncover(); return; }
    if (here && here.getAttribute("data-back")) { back(); return; }
    if (!path) { return; }
    if (scope) { seen(); }
    if (here.getAttribute("data-home")) { open(path, [], ""); }
    else if (here.getAttribute("data-turn")) { open(path, stack(), here.id); }
    else { go(path); }
  }
  function turn(name) {
    var button = id("f-" + name);
    if (leaves.box) { turnLeaf(name === "after" ? 1 : -1); }
    else if (button) { focus(button); enter(); }
  }

  /* ---- a long text, leaf by leaf; pictures come and go with their leaf ---- */

  var leaves = { box: null, at: 0, list: [] };
  function pictures(leaf, yes) {
    var list = leaf.querySelectorAll("img"), at;
    for (at = 0; at < list.length; at += 1) {
      if (yes) { list[at].src = list[at].getAttribute("data-src"); } else { list[at].removeAttribute("src"); }
    }
  }
  function showLeaf(at) {
    if (leaves.at !== at) { pictures(leaves.list[leaves.at], false); leaves.list[leaves.at].className = "leaf off"; }
    leaves.at = at;
    leaves.list[at].className = "leaf";
    pictures(leaves.list[at], true);
    say("read-at", Number(leaves.box.getAttribute("data-first-leaf")) + at + " / " + leaves.box.getAttribute("data-leaves"));
  }
  /* Within a leaf that an unusual type made too long, the text moves first: no word is ever out of reach. */
  function turnLeaf(step) {
    var leaf = leaves.list[leaves.at], most = leaf.scrollHeight - leaf.clientHeight, path;
    if (step > 0 ? leaf.scrollTop < most - 8 : leaf.scrollTop > 0) { leaf.scrollTop += step * (leaf.clientHeight - 60); return true; }
    if (leaves.list[leaves.at + step]) { showLeaf(leaves.at + step); return true; }
    path = leaves.box.getAttribute(step > 0 ? "data-onward" : "data-earlier");
    if (path) { open(path, stack(), leaves.box.id + "@" + (step > 0 ? 0 : 999)); return true; }
    return false;
  }
  function startLeaves(wanted) {
    leaves.box = id("f-read");
    if (!leaves.box) { return; }
    leaves.list = leaves.box.querySelectorAll(".leaf");
    showLeaf(Math.max(0, Math.min(leaves.list.length - 1, Number(wanted) || 0)));
  }

  /* ---- something before the page: a notice, or whatever others bring ---- */

  function cover(name) {
    if (scope || !id(name)) { return; }
    before = here;
    scope = id(name);
    show(name, true);
    focus(all()[0]);
  }
  function uncover() {
    if (!scope) { return; }
    seen();
    show(scope.id, false);
    scope = null;
    if (before) { focus(before); } else { if (here) { here.className = here.className.replace(" here", ""); } here = null; }
  }
  function seen() { if (scope && scope.getAttribute("data-key")) { BOX.put(scope.id, scope.getAttribute("data-key")); } }
  function announce() {
    var notice = id("notice"), key = notice ? notice.getAttribute("data-key") : "";
    var old = notice ? new Date().getTime() + clockSkew - Number(notice.getAttribute("data-from")) : 0;
    if (key && BOX.get("notice") !== key && old < Number(notice.getAttribute("data-for"))) { cover("notice"); }
  }

  /* ---- what is on ---- */

  function ask(url, then) {
    var asked = new XMLHttpRequest();
    asked.onreadystatechange = function () {
      var answer = null;
      if (asked.readyState !== 4) { return; }
      try { answer = asked.status === 200 ? JSON.parse(asked.responseText) : null; } catch (broken) { answer = null; }
      failures = answer ? 0 : failures + 1;
      show("offline", failures > 2);
      then(answer);
    };
    asked.open("GET", url, true);
    asked.send();
  }
  function two(number) { return (number < 10 ? "0" : "") + number; }
  /* Beijing's time of day, whatever the box believes of its zone. */
  function clock(ms) { var at = new Date(ms + 28800000); return two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()); }
  function tick() { say("clock", clock(new Date().getTime() + clockSkew)); }
  function follow(url, then) {
    function again() {
      ask(url, function (answer) {
        if (answer) { clockSkew = answer.now - new Date().getTime(); tick(); then(answer); }
      });
      window.setTimeout(again, 15000);
    }
    again();
  }
  function onAir(answer) {
    var coming = answer.programmes, next = coming[1], done = id("on-done");
    say("on-now", coming[0] ? coming[0].title : "");
    say("on-next", next ? clock(next.start) + "　" + next.title : "暂无安排");
    if (done && coming[0]) { done.style.width = Math.min(100, (answer.now - coming[0].start) * 100 / (coming[0].end - coming[0].start)) + "%"; }
  }

  /* ---- the number of a channel ---- */

  function zap(wanted) {
    ask(told("channels") + "list.json" + (entry() ? "?token=" + entry() : ""), function (answer) {
      var list = answer ? answer.channels : [], at, found = null, mine = 0;
      for (at = 0; at < list.length; at += 1) {
        if (list[at].code === told("code")) { mine = at; }
        if (list[at].number === wanted) { found = list[at]; }
      }
      if (wanted === "+" || wanted === "-") { found = list[(mine + (wanted === "+" ? 1 : list.length - 1)) % list.length]; }
      typed = "";
      if (!found) { say("number", answer ? "没有这个频道" : "网络不通"); window.setTimeout(function () { show("number", false); }, DIGITS_MS); }
      else if (body.className === "player" && told("kind") === "live") { open(found.path, stack(), ""); }
      else { go(found.path); }
    });
  }
  function digit(key) {
    typed = (typed + key).slice(-3);
    say("number", "频道 " + typed);
    show("number", true);
    window.clearTimeout(typing);
    typing = window.setTimeout(commit, DIGITS_MS);
  }
  function commit() { window.clearTimeout(typing); zap(Number(typed)); }

  /* ---- keys ---- */

  function typedKey(key) {
    if (!typed) { return false; }
    if (key === "ok") { commit(); return true; }
    window.clearTimeout(typing);
    typed = "";
    show("number", false);
    return key === "back";
  }
  function press(code) {
    var key = KEYS[code], place;
    if (!key) { return true; }
    if (key === "event") { if (watch) { watch.happened(BOX.happened()); } return false; }
    if ((/^[0-9]$/).test(key)) { if (!scope) { digit(key); } return false; }
    if (typedKey(key)) { return false; }
    if (scope && key === "back") { uncover(); return false; }
    if (scope && key !== "ok" && key.length > 1) { return false; }
    if (!scope && watch && watch.key(key)) { return false; }
    place = (key === "home" || key === "live" || key === "day" || key === "columns" || key === "info") && told(key);
    if (key === "back" || key === "stop") { back(); }
    else if (key === "next" || key === "previous") { zap(key === "next" ? "+" : "-"); }
    else if (place) { if (own() !== place) { if (key === "home") { open(place, [], ""); } else { go(place); } } }
    else if (key === "ok") { enter(); }
    else if (key === "before" || key === "after") { turn(key); }
    else if (key.length === 1) { move(key); }
    return false;
  }
  function onKey(event) {
    var handled = !press(event.keyCode || event.which);
    if (handled && event.preventDefault) { event.preventDefault(); }
    return !handled;
  }
  /* The desk shows this page beside a remote; only a page that our policy lets frame this one can send anything. */
  function onMessage(event) {
    if (window.parent !== window && event.source === window.parent && event.data && typeof event.data.yunpingKey === "number") {
      press(event.data.yunpingKey);
    }
  }

  function start() {
    var screen = id("screen"), onair = id("onair"), wanted = parameter("f").split("@");
    /* What an operator's own portal sent the viewer here with, for as long as it lasts. */
    if (ENTRY.test(parameter("token"))) {
      BOX.put(parameter("token").split(".").length > 4 ? "entry" : "entry:" + told("home"), parameter("token"));
    }
    startLeaves(wanted[1]);
    if (screen) { watch = window.yunpingWatch(window.yunpingPortal, screen); }
    if (told("kind") === "detail") { window.yunpingResume(window.yunpingPortal); }
    focus((wanted[0] && id(wanted[0])) || document.querySelector("[data-first]") || all()[0]);
    tick();
    window.setInterval(tick, 5000);
    if (onair) { follow(onair.getAttribute("data-now"), function (answer) { onAir(answer); announce(); }); }
  }

  window.yunpingPortal = {
    id: id, told: told, say: say, show: show, parameter: parameter, clock: clock, follow: follow, go: go, back: back, open: open,
    stack: stack, zap: zap, cover: cover, uncover: uncover, now: function () { return new Date().getTime() + clockSkew; }
  };
  document.onkeydown = onKey;
  if (window.addEventListener) { window.addEventListener("message", onMessage, false); }
  start();
}());
