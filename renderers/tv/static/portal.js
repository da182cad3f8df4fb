/* The portal's own focus, its one Back key and its keys: for kernels of any age (ES5, no framework, no anchors). */
(function () {
  "use strict";

  /* What remotes send: the browser's codes and those of set-top boxes. */
  var KEYS = {
    37: "l", 38: "u", 39: "r", 40: "d", 13: "ok", 8: "back", 24: "back", 27: "back", 340: "back", 461: "back", 10009: "back",
    33: "before", 34: "after", 372: "before", 373: "after", 263: "pause", 415: "pause", 19: "pause", 32: "pause",
    264: "forward", 417: "forward", 265: "rewind", 412: "rewind", 270: "back", 413: "back",
    272: "home", 275: "live", 276: "day", 277: "columns", 278: "info"
  };
  var PLACE = /^\/tv\/[a-z0-9\-]+\/[a-z0-9_\-\/]*(\?(on|p|begin|end)=[0-9\-]+(&(on|p|begin|end)=[0-9\-]+)*)?$/i;
  var body = document.body;
  var here = null;
  var player = null;
  var osdTimer = 0;
  var clockSkew = 0;

  function id(name) { return document.getElementById(name); }
  function told(name) { return body.getAttribute("data-" + name); }
  function all() { return document.querySelectorAll(".f"); }

  /* ---- the way back: a stack in the address, so that a box that forgets everything still knows it ---- */

  function parameter(name) {
    var found = new RegExp("[?&]" + name + "=([^&]*)").exec(window.location.search);
    return found ? decodeURIComponent(found[1]) : "";
  }
  function stack() {
    var kept = [], parts = parameter("bk").split("|"), at;
    for (at = 0; at < parts.length; at += 1) {
      if (PLACE.test(parts[at].split("~")[0])) { kept.push(parts[at]); }
    }
    return kept.slice(-8);
  }
  function own() {
    var kept = window.location.search.replace(/([?&])(bk|f)=[^&]*/g, "$1").replace(/&+/g, "&").replace(/[?&]+$/, "").replace("?&", "?");
    return window.location.pathname + kept;
  }
  function open(path, back, focus) {
    var query = [];
    if (back.length) { query.push("bk=" + encodeURIComponent(back.join("|"))); }
    if (focus) { query.push("f=" + encodeURIComponent(focus)); }
    stop();
    window.location.replace(path + (query.length ? (path.indexOf("?") < 0 ? "?" : "&") + query.join("&") : ""));
  }
  function go(path) {
    if (!PLACE.test(path)) { return; }
    open(path, stack().concat([own() + "~" + (here ? here.id : "")]), "");
  }
  function back() {
    var kept = stack(), last = kept.pop(), parts;
    if (last) {
      parts = last.split("~");
      open(parts[0], kept, parts[1] || "");
    } else if (own() !== told("home")) {
      open(told("home"), [], "");
    }
  }
  function stop() { if (player) { player.stop(); } }

  /* ---- focus ---- */

  function focus(element) {
    if (!element) { return; }
    if (here) { here.className = here.className.replace(" here", ""); }
    here = element;
    here.className += " here";
  }
  /* A neighbour may have been taken back since the page was written: then the nearest one left, by its place. */
  function nearest(arrow) {
    var mine = here.getBoundingClientRect(), found = null, least = Infinity, list = all(), at, box, ahead, aside;
    for (at = 0; at < list.length; at += 1) {
      box = list[at].getBoundingClientRect();
      ahead = { l: mine.left - box.right, r: box.left - mine.right, u: mine.top - box.bottom, d: box.top - mine.bottom }[arrow];
      aside = arrow === "l" || arrow === "r" ? Math.abs(mine.top - box.top) : Math.abs(mine.left - box.left);
      if (list[at] !== here && ahead >= 0 && ahead * 4 + aside < least) { least = ahead * 4 + aside; found = list[at]; }
    }
    return found;
  }
  function move(arrow) {
    var name;
    if (!here) { focus(all()[0]); return; }
    if (here.getAttribute("data-scroll") && scroll(arrow)) { return; }
    name = here.getAttribute("data-" + arrow);
    if (name) { focus(id(name) || nearest(arrow)); }
  }
  function scroll(arrow) {
    var text = here.firstChild, step = 400, room = here.clientHeight, at = -parseInt(text.style.top || "0", 10);
    var most = Math.max(0, text.offsetHeight + 48 - room);
    if (arrow !== "u" && arrow !== "d") { return false; }
    if ((arrow === "d" && at >= most) || (arrow === "u" && at <= 0)) { return false; }
    at = Math.max(0, Math.min(most, at + (arrow === "d" ? step : -step)));
    text.style.top = -at + (at ? 0 : 24) + "px";
    id("read-at").innerHTML = most ? Math.round(at * 100 / most) + "%　▲ ▼ 翻页" : "";
    return true;
  }
  function enter() {
    var path = here ? here.getAttribute("data-go") : "";
    if (!path) { return; }
    if (here.getAttribute("data-home")) { open(path, [], ""); }
    else if (here.getAttribute("data-turn")) { open(path, stack(), here.id); }
    else { go(path); }
  }
  function turn(name) {
    var button = id("f-" + name);
    if (button) { focus(button); enter(); } else if (here && here.getAttribute("data-scroll")) { scroll(name === "after" ? "d" : "u"); }
  }

  /* ---- what is on ---- */

  function fetchNow(url, then) {
    var asked = new XMLHttpRequest();
    asked.onreadystatechange = function () {
      if (asked.readyState !== 4 || asked.status !== 200) { return; }
      try { then(JSON.parse(asked.responseText)); } catch (broken) { return; }
    };
    asked.open("GET", url, true);
    asked.send();
  }
  function two(number) { return (number < 10 ? "0" : "") + number; }
  /* Beijing's time of day, whatever the box believes of its zone. */
  function clock(ms) { var at = new Date(ms + 28800000); return two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()); }
  function length(seconds) {
    var whole = Math.max(0, Math.floor(seconds));
    return (whole >= 3600 ? Math.floor(whole / 3600) + ":" : "") + two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
  }
  function say(name, text) { var element = id(name); if (element) { element.textContent = text; } }
  function tick() { say("clock", clock(new Date().getTime() + clockSkew)); }
  function follow(url, show) {
    function again() {
      fetchNow(url, function (answer) { clockSkew = answer.now - new Date().getTime(); tick(); show(answer); });
      window.setTimeout(again, 15000);
    }
    again();
  }

  /* ---- the player page ---- */

  function trouble() { var note = id("trouble"); if (note) { say("trouble", "信号暂时中断，正在重试……"); note.className = "trouble shown"; } }
  function showOsd() {
    var osd = id("osd");
    osd.className = "osd";
    window.clearTimeout(osdTimer);
    osdTimer = window.setTimeout(function () { if (!player.paused()) { osd.className = "osd away"; } }, 5000);
  }
  function progress() {
    var all_ = player.length(), at = player.at();
    say("osd-state", player.paused() ? "暂停" : "");
    if (id("screen").getAttribute("data-live") && !parameter("begin")) { return; }
    id("osd-done").style.width = all_ ? Math.min(100, at * 100 / all_) + "%" : "0";
    say("osd-time", all_ ? length(at) + " / " + length(all_) : "");
    if (player.video && player.video.readyState > 2) { id("trouble").className = "trouble"; }
  }
  function playerKey(key) {
    showOsd();
    if (key === "ok" || key === "pause") { if (player.paused()) { player.play(); } else { player.pause(); } progress(); }
    else if (key === "l" || key === "rewind") { player.seek(player.at() - 15); }
    else if (key === "r" || key === "forward") { player.seek(player.at() + 15); }
  }
  function startPlayer(screen) {
    var source = screen.getAttribute("data-src"), begin = parameter("begin"), end = parameter("end");
    if (/^[0-9]+$/.test(begin) && /^[0-9]+$/.test(end)) {
      source = screen.getAttribute("data-base") + "catchup.m3u8?begin=" + begin + "&end=" + end;
      say("osd-state", "回看");
    } else if (id("osd").getAttribute("data-now")) {
      follow(id("osd").getAttribute("data-now"), function (answer) {
        var first = answer.programmes[0];
        if (!first) { return; }
        say("osd-title", first.title);
        say("osd-time", "直播　" + clock(first.start) + " - " + clock(first.end));
        id("osd-done").style.width = Math.min(100, (answer.now - first.start) * 100 / (first.end - first.start)) + "%";
      });
    }
    player = window.yunpingPlayer(screen, source, screen.getAttribute("data-file"), trouble);
    showOsd();
    window.setInterval(progress, 1000);
  }

  /* ---- keys ---- */

  function press(event) {
    var key = KEYS[event.keyCode || event.which], places;
    if (!key) { return true; }
    if (event.preventDefault) { event.preventDefault(); }
    places = { home: told("home"), live: told("live"), day: told("day"), columns: told("home") };
    if (key === "back") { back(); }
    else if (places[key]) { if (own() !== places[key]) { go(places[key]); } }
    else if (body.className === "player") { playerKey(key); }
    else if (key === "ok") { enter(); }
    else if (key === "before" || key === "after") { turn(key); }
    else if (key.length === 1) { move(key); }
    return false;
  }

  function start() {
    var screen = id("screen"), onair = id("onair"), wanted = parameter("f");
    focus((wanted && id(wanted)) || document.querySelector("[data-first]") || all()[0]);
    tick();
    window.setInterval(tick, 5000);
    if (onair) {
      follow(onair.getAttribute("data-now"), function (answer) {
        var coming = answer.programmes, next = coming[1];
        say("on-now", coming[0] ? coming[0].title : "");
        say("on-next", next ? clock(next.start) + " " + next.title : "");
      });
    }
    if (body.className === "player") { startPlayer(screen); }
    else if (screen) { player = window.yunpingPlayer(screen, screen.getAttribute("data-src"), "", function () {}); }
  }

  document.onkeydown = press;
  start();
}());
