/* What differs from box to box, behind one name: who the box is, what it remembers, what its player tells. ES5. */
(function () {
  "use strict";

  var memory = {};
  var LONGEST = 3000;

  /* China Telecom's boxes answer CTCGetConfig, China Unicom's CUGetConfig; any other browser knows nothing. */
  function config(name) {
    var told, ask = window.Authentication, names = ["CTCGetConfig", "CUGetConfig"], at;
    if (!ask) { return ""; }
    for (at = 0; at < names.length; at += 1) {
      try {
        told = ask[names[at]] ? ask[names[at]](name) : "";
        if (told) { return String(told); }
      } catch (refused) { told = ""; }
    }
    return "";
  }

  /* The operator's own portal, which a box leaves ours for; only an address of the web is one. */
  function exit() {
    var found = config("EPGDomain");
    return (/^https?:\/\/[A-Za-z0-9.\-:\[\]]+(\/|$)/).test(found) ? found : "";
  }

  function cookie() {
    var found = (/(?:^|; )yp=([^;]*)/).exec(document.cookie || "");
    try { return found ? JSON.parse(decodeURIComponent(found[1])) : {}; } catch (broken) { return {}; }
  }
  /* A cookie is small: the oldest go first. */
  function bake(all) {
    var names = [], name, text;
    for (name in all) { if (Object.prototype.hasOwnProperty.call(all, name)) { names.push(name); } }
    do {
      text = encodeURIComponent(JSON.stringify(all));
      if (text.length <= LONGEST) { break; }
      delete all[names.shift()];
    } while (names.length);
    document.cookie = "yp=" + text + "; path=/tv/; max-age=2592000";
  }
  /* Local storage where there is one, a cookie on older boxes, else only until the page is left. */
  function get(name) {
    try { if (window.localStorage) { return window.localStorage.getItem("yp:" + name) || ""; } } catch (refused) { memory.refused = "1"; }
    return cookie()[name] || memory[name] || "";
  }
  function put(name, value) {
    var all;
    try {
      if (window.localStorage) {
        if (value) { window.localStorage.setItem("yp:" + name, value); } else { window.localStorage.removeItem("yp:" + name); }
        return;
      }
    } catch (full) { memory.refused = "1"; }
    memory[name] = value;
    all = cookie();
    delete all[name];
    if (value) { all[name] = value; }
    bake(all);
  }

  /* The newest virtual event (key 0x300): what it is about, or nothing. */
  function happened() {
    var told;
    try {
      told = window.Utility && window.Utility.getEvent ? window.Utility.getEvent() : "";
      told = typeof told === "string" ? JSON.parse(told) : told;
      return String((told && (told.type || told.event_type)) || "");
    } catch (broken) { return ""; }
  }

  window.yunpingBox = { config: config, exit: exit, get: get, put: put, happened: happened };
}());
