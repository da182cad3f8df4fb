/* The picture of a page: a preview on the first page, and on the player's page its keys, bar and the place one left. */
(function () {
  "use strict";

  var BOX = window.yunpingBox;
  var STEP = 15;
  var SETTLE_MS = 700;
  var OSD_MS = 5000;
  /* So near to either end, in seconds, one begins again; of a short film, in parts of it. */
  var EDGE = 20;
  var EDGE_PART = 10;

  function two(number) { return (number < 10 ? "0" : "") + number; }
  function length(seconds) {
    var whole = Math.max(0, Math.floor(seconds));
    return (whole >= 3600 ? Math.floor(whole / 3600) + ":" : "") + two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
  }

  /* Where one left a recording: seconds, 0 when there is nothing to go on with. */
  function left(name) { return name ? Math.max(0, Number(BOX.get("at:" + name)) || 0) : 0; }

  /* A lecture's page: the button says from where it goes on; without a place, no second button. */
  window.yunpingResume = function (portal) {
    var play = portal.id("f-play"), again = portal.id("f-again"), at = play ? left(play.getAttribute("data-name")) : 0;
    if (again && !at) { again.parentNode.removeChild(again); }
    if (at) { portal.say("play-word", "▶ 继续播放 " + length(at)); }
  };

  window.yunpingWatch = function (portal, screen) {
    var source = screen.getAttribute("data-src"), begin = portal.parameter("begin"), end = portal.parameter("end");
    var name = screen.getAttribute("data-name"), isPlayer = document.body.className === "player";
    var isCatchup = (/^[0-9]{1,12}$/).test(begin) && (/^[0-9]{1,12}$/).test(end);
    var isLive = !!screen.getAttribute("data-live") && !isCatchup;
    var isChannel = !!screen.getAttribute("data-base") && (isLive || isCatchup);
    var osdTimer = 0, seekTimer = 0, aim = null, presses = 0, onAir = null, resumed = false, begun = false, asked = 0, failed = false;
    var player = window.yunpingSilent(), pass = null;

    function trouble(words) {
      var name = isPlayer ? "trouble" : "screen-trouble";
      if (typeof words === "string") { portal.say(name, words); }
      else if (isPlayer) { portal.say(name, isLive ? "信号暂时中断，正在重试……" : "这段视频暂时不能播放，请稍后再试"); }
      portal.show(name, true);
    }
    function over() { if (isPlayer && !isLive) { if (name) { BOX.put("at:" + name, ""); } name = ""; portal.back(); } }

    function osd() {
      if (!isPlayer) { return; }
      portal.show("osd", true);
      window.clearTimeout(osdTimer);
      osdTimer = window.setTimeout(function () { if (!player.paused() && aim === null) { portal.show("osd", false); } }, OSD_MS);
    }
    function bar(at, whole) {
      portal.id("osd-done").style.width = whole ? Math.min(100, at * 100 / whole) + "%" : "0";
      portal.say("osd-time", whole ? length(at) + " / " + length(whole) : "");
    }
    function isInside(at, whole) { var edge = Math.min(EDGE, whole / EDGE_PART); return at > edge && at < whole - edge; }
    function remember() {
      var at = player.at(), whole = player.length();
      if (name && whole) { BOX.put("at:" + name, isInside(at, whole) ? String(Math.floor(at)) : ""); }
    }
    function tick() {
      portal.say("osd-state", player.paused() ? "暂停" : isCatchup ? "回看" : "");
      if (player.moving()) {
        portal.show("trouble", false);
        if (!resumed) { resume(); }
        if (!isLive) { remember(); }
      }
      if (!isLive && aim === null) { bar(player.at(), player.length()); }
    }
    /* Once, when there is something to move in. */
    function resume() {
      var asked = portal.parameter("s"), isAsked = (/^[0-9]{1,6}$/).test(asked), at = isAsked ? Number(asked) : left(name);
      resumed = true;
      if (isLive || !at || (isAsked ? at >= player.length() : !isInside(at, player.length()))) { return; }
      player.seek(at);
      portal.say("osd-note", "已从 " + length(at) + (isAsked ? " 开始播放" : " 继续播放"));
      osd();
    }
    /* Pressed again and again, the step grows; the film follows when the key is let go. */
    function seek(direction) {
      var whole = player.length();
      if (!whole) { return; }
      presses = aim === null ? 1 : presses + 1;
      aim = (aim === null ? player.at() : aim) + direction * STEP * (presses > 8 ? 8 : presses > 4 ? 4 : 1);
      aim = Math.max(0, Math.min(whole - 1, aim));
      bar(aim, whole);
      window.clearTimeout(seekTimer);
      seekTimer = window.setTimeout(function () { player.seek(aim); aim = null; }, SETTLE_MS);
    }
    function toggle() { if (player.paused()) { player.play(); } else { player.pause(); } tick(); }
    /* The programme on air from its beginning, out of what was on. */
    function again() {
      var now = portal.now();
      if (onAir && now - onAir.start > 10000) {
        portal.go(screen.getAttribute("data-base") + "live/?begin=" + Math.floor(onAir.start / 1000) + "&end=" + Math.floor(now / 1000));
      }
    }
    function key(does) {
      if (!isPlayer) { return false; }
      if (does === "info") { osd(); return true; }
      if (does === "pause" || (does === "ok" && !isLive)) { osd(); toggle(); return true; }
      if (does === "ok") { osd(); return true; }
      if (does === "l" || does === "rewind") { osd(); if (isLive) { again(); } else { seek(-1); } return true; }
      if (does === "r" || does === "forward") { osd(); if (!isLive) { seek(1); } return true; }
      if (does === "u" || does === "d") { osd(); if (isLive) { portal.zap(does === "u" ? "+" : "-"); } return true; }
      return does === "before" || does === "after";
    }
    function happened(what) {
      if (what === "EVENT_MEDIA_END") { over(); }
      if (what === "EVENT_MEDIA_ERROR") { broken(); }
    }
    function followed(answer) {
      onAir = answer.programmes[0];
      if (!onAir) { return; }
      portal.say("osd-title", answer.number + "　" + answer.channel + "　" + onAir.title);
      portal.say("osd-time", portal.clock(onAir.start) + " - " + portal.clock(onAir.end));
      portal.say("osd-note", answer.programmes[1] ? "接下来　" + answer.programmes[1].title : "");
      portal.id("osd-done").style.width = Math.min(100, (answer.now - onAir.start) * 100 / (onAir.end - onAir.start)) + "%";
    }

    /* What the recording is of; where one goes on in it, that is said first. */
    function recorded(answer) {
      var was = answer.programmes[0], day = was ? new Date(was.start + 28800000) : null;
      if (!was) { return; }
      portal.say("osd-title", was.title);
      portal.say("osd-time-of", answer.channel + "　" + (day.getUTCMonth() + 1) + "月" + day.getUTCDate() + "日 " + portal.clock(was.start));
    }

    if (isCatchup) { source = screen.getAttribute("data-base") + "catchup.m3u8?begin=" + begin + "&end=" + end; name = screen.getAttribute("data-base") + begin; }
    function path(url) { return pass ? pass.path(url) : url; }
    /* An address that was refused has ended, or the page is older than the wish for signed ones. */
    function forbidden() {
      var now = new Date().getTime();
      if (pass && now - asked > 5000) { asked = now; pass.ask(); }
    }
    /* A player of the box's own is told the newest address when its old one fails; that may be the one it fails by. */
    function broken() {
      if (player.again(isLive)) { return; }
      failed = !!pass;
      trouble();
      forbidden();
    }
    function startPicture() {
      var on = { trouble: broken, end: over, path: path, forbidden: forbidden };
      begun = true;
      player = window.yunpingPlayer(screen, path(source), screen.getAttribute("data-file"), on);
      if (player.kind === "native") { document.documentElement.className = "native"; }
      if (player.kind === "none") { trouble(); }
    }
    function given() {
      if (!begun) { startPicture(); return; }
      player.moved(path(source));
      if (failed) { failed = false; player.again(isLive); }
    }

    if (isChannel) { pass = window.yunpingPass(screen.getAttribute("data-base"), { given: given, refused: trouble }); }
    if (pass && screen.getAttribute("data-signed")) { pass.ask(); } else { startPicture(); }
    if (isPlayer) {
      portal.say("osd-keys", isLive ? "◀ 从头看　▲▼ 换台　数字 选台　返回 退出" : "确认 暂停/播放　◀ ▶ 快退/快进　返回 退出");
      osd();
      window.setInterval(tick, 1000);
      if (isLive) { portal.follow(screen.getAttribute("data-now"), followed); }
      if (isCatchup) { portal.follow(screen.getAttribute("data-now") + "?begin=" + begin + "&end=" + end, recorded); }
    }
    function stop() {
      if (isPlayer && !isLive && player.moving()) { remember(); }
      if (pass) { pass.stop(); }
      player.stop();
    }
    return { key: key, happened: happened, stop: stop };
  };
}());
