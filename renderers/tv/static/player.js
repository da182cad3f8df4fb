/* One player over three kinds of box: the set-top box's own MediaPlayer, a browser that plays lists itself, hls.js. */
(function () {
  "use strict";

  function Silent() { this.kind = "none"; }
  Silent.prototype = {
    play: function () {}, pause: function () {}, seek: function () {}, stop: function () {},
    paused: function () { return false; }, at: function () { return 0; }, length: function () { return 0; }
  };

  /* China's set-top boxes: a native player under the page, told by JSON; the place is given in the page's pixels. */
  function Native(host, url) {
    var player = new window.MediaPlayer();
    var box = host.getBoundingClientRect();
    var told = { mediaUrl: url, mediaCode: "yunping", mediaType: 2, audioType: 1, videoType: 1, streamType: 1,
      drmType: 1, fingerPrint: 0, copyProtection: 1, allowTrickmode: 1, startTime: 0, endTime: 0, entryID: "yunping" };
    this.kind = "native";
    this.player = player;
    this.held = false;
    player.initMediaPlayer(0, 0, box.left, box.top, box.width, box.height, 0, 0, 100, 0, 1, 1, 1);
    player.setSingleMedia("[" + JSON.stringify(told) + "]");
    if (player.setVideoDisplayArea) { player.setVideoDisplayArea(box.left, box.top, box.width, box.height); }
    if (player.refreshVideoDisplay) { player.refreshVideoDisplay(); }
    host.style.background = "transparent";
    player.playFromStart();
  }
  Native.prototype = {
    play: function () { this.held = false; this.player.resume(); },
    pause: function () { this.held = true; this.player.pause(); },
    seek: function (seconds) { this.player.playByTime(1, String(Math.max(0, Math.round(seconds))), 1); },
    stop: function () { this.player.stop(); },
    paused: function () { return this.held; },
    at: function () { return Number(this.player.getCurrentPlayTime()) || 0; },
    length: function () { return Number(this.player.getMediaDuration()) || 0; }
  };

  function Element(host, url, file, onTrouble) {
    var video = document.createElement("video");
    var hls = window.Hls;
    var self = this;
    video.setAttribute("playsinline", "");
    video.setAttribute("autoplay", "");
    host.appendChild(video);
    this.video = video;
    this.tries = 0;
    if (url && hls && hls.isSupported()) {
      this.kind = "hls.js";
      this.hls = new hls({ enableWorker: false, liveSyncDurationCount: 3, backBufferLength: 30 });
      this.hls.on(hls.Events.ERROR, function (event, data) { self.failed(hls, data, onTrouble); });
      this.hls.loadSource(url);
      this.hls.attachMedia(video);
    } else {
      this.kind = "video";
      video.src = url && video.canPlayType("application/vnd.apple.mpegurl") ? url : (file || url);
      video.addEventListener("error", onTrouble, false);
    }
    this.play();
  }
  Element.prototype = {
    failed: function (hls, data, onTrouble) {
      var self = this;
      if (!data.fatal) { return; }
      this.tries += 1;
      if (this.tries > 5) { onTrouble(); }
      if (data.type === hls.ErrorTypes.MEDIA_ERROR) { this.hls.recoverMediaError(); return; }
      window.setTimeout(function () { self.hls.startLoad(); }, 2000);
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
    stop: function () { if (this.hls) { this.hls.destroy(); } this.video.pause(); },
    paused: function () { return this.video.paused; },
    at: function () { return this.video.currentTime || 0; },
    length: function () { var all = this.video.duration; return isFinite(all) ? all : 0; }
  };

  /* The best player this box has; `onTrouble` is called when nothing more can be done. */
  window.yunpingPlayer = function (host, url, file, onTrouble) {
    try {
      if (typeof window.MediaPlayer === "function" && window.MediaPlayer.prototype.initMediaPlayer) {
        return new Native(host, absolute(file || url));
      }
      if (typeof window.MediaPlayer === "function" && window.Authentication) { return new Native(host, absolute(file || url)); }
      if (document.createElement("video").canPlayType) { return new Element(host, url, file, onTrouble); }
    } catch (refused) {
      onTrouble(refused);
    }
    return new Silent();
  };

  function absolute(url) {
    return url.charAt(0) === "/" ? window.location.protocol + "//" + window.location.host + url : url;
  }
}());
