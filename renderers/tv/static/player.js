/* One player over three kinds of box: the set-top box's own MediaPlayer, a browser that plays lists itself, hls.js. */
(function () {
  "use strict";

  function Silent() { this.kind = "none"; }
  Silent.prototype = {
    play: function () {}, pause: function () {}, seek: function () {}, stop: function () {}, moved: function () {}, again: function () { return false; },
    paused: function () { return false; }, moving: function () { return false; }, at: function () { return 0; }, length: function () { return 0; }
  };

  /* China's set-top boxes: a native player under the page, told by JSON; the place is given in the page's pixels. */
  function Native(host, url) {
    var player = new window.MediaPlayer();
    var box = host.getBoundingClientRect();
    this.kind = "native";
    this.player = player;
    this.held = false;
    this.broke = false;
    this.waits = "";
    player.initMediaPlayer(0, 0, box.left, box.top, box.width, box.height, 0, 0, 100, 0, 1, 1, 1);
    this.tell(url);
    if (player.setVideoDisplayArea) { player.setVideoDisplayArea(box.left, box.top, box.width, box.height); }
    if (player.refreshVideoDisplay) { player.refreshVideoDisplay(); }
    host.style.background = "transparent";
    player.playFromStart();
  }
  Native.prototype = {
    tell: function (url) {
      this.player.setSingleMedia("[" + JSON.stringify({ mediaUrl: absolute(url), mediaCode: "yunping", mediaType: 2, audioType: 1,
        videoType: 1, streamType: 1, drmType: 1, fingerPrint: 0, copyProtection: 1, allowTrickmode: 1, startTime: 0, endTime: 0,
        entryID: "yunping" }) + "]");
    },
    /* The address that was told lives on while the page renews its pass; the newest one is told when it fails. */
    moved: function (url) { this.waits = url; },
    again: function (isLive) {
      var at = isLive ? 0 : this.at(), url = this.waits;
      if (!url) { return false; }
      if (this.held) { this.broke = true; return true; }
      this.waits = "";
      this.broke = false;
      this.tell(url);
      this.player.playFromStart();
      if (at) { this.seek(at); }
      return true;
    },
    play: function () {
      this.held = false;
      if (!this.broke || !this.again(false)) { this.player.resume(); }
    },
    pause: function () { this.held = true; this.player.pause(); },
    seek: function (seconds) { this.player.playByTime(1, String(Math.max(0, Math.round(seconds))), 1); },
    stop: function () { this.player.stop(); },
    paused: function () { return this.held; },
    moving: function () { return true; },
    at: function () { return Number(this.player.getCurrentPlayTime()) || 0; },
    length: function () { return Number(this.player.getMediaDuration()) || 0; }
  };

  function Element(host, url, file, on) {
    var video = document.createElement("video"), self = this;
    video.setAttribute("playsinline", "");
    video.setAttribute("autoplay", "");
    host.appendChild(video);
    this.video = video;
    this.left = false;
    subtitles(video, host.getAttribute("data-track"));
    this.tries = 0;
    video.addEventListener("ended", on.end, false);
    /* hls.js first: some browsers say that they play lists, and keep to the smallest picture. It is fetched only by
       those that can use it. */
    if (url && window.MediaSource && host.getAttribute("data-hls")) {
      this.kind = "hls.js";
      library(host.getAttribute("data-hls"), function (hls) {
        if (self.left) { return; }
        if (hls && hls.isSupported()) { self.lists(hls, url, on); } else { self.plain(url, file, on); }
      });
    } else {
      this.plain(url, file, on);
    }
  }
  function library(url, then) {
    var script;
    if (window.Hls) { then(window.Hls); return; }
    script = document.createElement("script");
    script.src = url;
    script.onload = function () { then(window.Hls); };
    script.onerror = function () { then(null); };
    document.body.appendChild(script);
  }
  /* What was signed with the film; a browser without text tracks shows the film alone. */
  function subtitles(video, url) {
    var track;
    if (!url) { return; }
    track = document.createElement("track");
    track.kind = "subtitles";
    track.src = url;
    track["default"] = true;
    video.appendChild(track);
    if (track.track) { track.track.mode = "showing"; }
  }

  Element.prototype = {
    lists: function (hls, url, on) {
      var self = this;
      this.hls = new hls({ enableWorker: false, liveSyncDurationCount: 3, backBufferLength: 30,
        xhrSetup: function (asked, address) { asked.open("GET", on.path(address), true); } });
      this.hls.on(hls.Events.ERROR, function (event, data) { self.failed(hls, data, on, url); });
      this.hls.on(hls.Events.FRAG_BUFFERED, function () { self.tries = 0; });
      this.hls.loadSource(url);
      this.hls.attachMedia(this.video);
      this.play();
    },
    plain: function (url, file, on) {
      this.kind = "video";
      this.video.src = url && this.video.canPlayType("application/vnd.apple.mpegurl") ? url : (file || url);
      this.video.addEventListener("error", on.trouble, false);
      this.play();
    },
    failed: function (hls, data, on, url) {
      var self = this;
      if (data.response && data.response.code === 403) { on.forbidden(); }
      if (!data.fatal) { return; }
      this.tries += 1;
      if (this.tries > 5) { on.trouble(); }
      if (data.type === hls.ErrorTypes.MEDIA_ERROR) { this.hls.recoverMediaError(); return; }
      window.setTimeout(function () {
        if (self.left) { return; }
        /* Without the first list there is nothing to go on with. */
        if (self.hls.levels && self.hls.levels.length) { self.hls.startLoad(); } else { self.hls.loadSource(url); }
      }, 2000);
    },
    /* hls.js asks for every address anew; a browser that plays lists itself is told when the old one fails. */
    moved: function (url) { this.waits = this.kind === "video" ? url : ""; },
    again: function (isLive) {
      var video = this.video, at = isLive ? 0 : this.at(), url = this.waits;
      function there() { video.removeEventListener("loadedmetadata", there, false); if (at) { video.currentTime = at; } }
      if (!url) { return false; }
      this.waits = "";
      video.addEventListener("loadedmetadata", there, false);
      video.src = url;
      this.play();
      return true;
    },
    play: function () {
      var video = this.video, started = video.play();
      if (started && started["catch"]) {
        /* A browser without a user's gesture plays without sound or not at all. */
        started["catch"](function () { video.muted = true; var again = video.play(); if (again) { again["catch"](function () {}); } });
      }
    },
    pause: function () { this.video.pause(); },
    seek: function (seconds) {
      /* In the house format the first picture stands at 0.08 s; before it there is nothing to show. */
      this.video.currentTime = Math.max(0.1, Math.min(seconds, this.length() - 1));
    },
    stop: function () { this.left = true; if (this.hls) { this.hls.destroy(); } this.video.pause(); },
    paused: function () { return this.video.paused; },
    moving: function () { return this.video.readyState > 2; },
    at: function () { return this.video.currentTime || 0; },
    length: function () { var all = this.video.duration; return isFinite(all) ? all : 0; }
  };

  window.yunpingSilent = function () { return new Silent(); };
  /* The best player this box has; `on.trouble` is called when nothing more can be done, `on.end` at the end, `on.path` for
     the newest form of an address, `on.forbidden` when one was refused. */
  window.yunpingPlayer = function (host, url, file, on) {
    var native = window.MediaPlayer;
    try {
      if (typeof native === "function" && (window.Authentication || native.prototype.initMediaPlayer)) {
        return new Native(host, file || url);
      }
      if (document.createElement("video").canPlayType) { return new Element(host, url, file, on); }
    } catch (refused) {
      on.trouble(refused);
    }
    return new Silent();
  };

  function absolute(url) {
    return url.charAt(0) === "/" ? window.location.protocol + "//" + window.location.host + url : url;
  }
}());
