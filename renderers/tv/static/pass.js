/* Passes of a signed channel: asked for before the picture, renewed long before they end, and when an address is refused. */
(function () {
  "use strict";

  var BOX = window.yunpingBox;
  var SHARE = 0.75;
  var LATER_MS = 2000;
  var LATEST_MS = 30000;

  /* A word for this box and this day: it tells viewers apart when they are counted, and is another one tomorrow. */
  function session() {
    var day = String(Math.floor(new Date().getTime() / 86400000)), kept = BOX.get("session").split(":"), word = "";
    if (kept[0] === day && (/^[a-z0-9]{8,20}$/).test(kept[1] || "")) { return kept[1]; }
    while (word.length < 12) { word += Math.floor(Math.random() * 36).toString(36); }
    BOX.put("session", day + ":" + word);
    return word;
  }

  /* `on.given` is called with every new pass, `on.refused` with the house's words when there is none. */
  window.yunpingPass = function (base, on) {
    /* One word as long as the page stands: what it was told first lives on by it. */
    var prefix = "", waits = LATER_MS, timer = 0, asking = null, over = false, word = session();

    /* What one came in with: for this channel alone, or for several of which it is one; the one that lasts longer. */
    function entry() {
      var own = BOX.get("entry:" + base), many = BOX.get("entry"), parts = many.split("."), codes = "_" + (parts[4] ? parts[3] : "") + "_";
      if (codes.indexOf("_" + base.split("/")[2] + "_") < 0) { return own; }
      return Number(own.split(".")[2] || 0) > Number(parts[2]) ? own : many;
    }
    function later(ms) { window.clearTimeout(timer); timer = window.setTimeout(ask, ms); }
    function ask() {
      var shown = entry();
      if (asking || over) { return; }
      asking = new XMLHttpRequest();
      asking.onreadystatechange = function () {
        var told = asking, answer = null;
        if (!told || told.readyState !== 4) { return; }
        asking = null;
        if (over) { return; }
        try { answer = told.status === 200 ? JSON.parse(told.responseText) : null; } catch (broken) { answer = null; }
        if (answer) {
          waits = LATER_MS;
          prefix = answer.prefix;
          if (answer.expires) { later(Math.max(1000, (answer.expires - answer.now) * SHARE)); }
          on.given();
        } else if (told.status === 403) {
          on.refused(told.responseText);
        } else {
          later(waits);
          waits = Math.min(LATEST_MS, waits * 2);
        }
      };
      asking.open("GET", base + "pass.json?s=" + word + (shown ? "&token=" + encodeURIComponent(shown) : ""), true);
      asking.send();
    }
    /* An address of the channel's stream with the newest pass; any other stays as it is. */
    function path(url) {
      var at = url.indexOf(base) + base.length;
      return prefix && at >= base.length ? url.slice(0, at) + prefix + url.slice(at).replace(/^t\/[^\/]+\//, "") : url;
    }
    return { ask: ask, path: path, stop: function () { over = true; window.clearTimeout(timer); } };
  };
}());
