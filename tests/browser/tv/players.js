// Plays one channel in hls.js and in Shaka side by side and writes down what a viewer would notice.
"use strict";

const seen = (window.seen = {});

function watched(name, dateOf) {
  const video = document.getElementById(name);
  const log = (seen[name] = { errors: [], waiting: 0, gaps: [], cues: [], slots: [], ranges: 0, sizes: [] });
  let started = false;
  let last = null;
  video.addEventListener("waiting", () => {
    if (started) log.waiting += 1;
  });
  const frame = (now, meta) => {
    started = true;
    if (last !== null) log.gaps.push(Math.round((meta.mediaTime - last) * 1000));
    last = meta.mediaTime;
    log.ranges = video.buffered.length;
    if (log.sizes[log.sizes.length - 1] !== meta.height) log.sizes.push(meta.height);
    const date = dateOf();
    if (date !== null) {
      const slot = Math.floor(date / 3840);
      if (log.slots[log.slots.length - 1] !== slot) log.slots.push(slot);
      for (const track of video.textTracks) {
        for (const cue of track.cues || []) {
          const at = Math.round(date + (cue.startTime - video.currentTime) * 1000);
          if (!log.cues.some((one) => one.text === cue.text && Math.abs(one.at - at) < 500)) {
            log.cues.push({ text: cue.text, at });
          }
        }
      }
    }
    video.requestVideoFrameCallback(frame);
  };
  video.requestVideoFrameCallback(frame);
  return { video, log };
}

function playWithHls(source) {
  const hls = new Hls();
  const { video, log } = watched("hls", () => (hls.playingDate ? hls.playingDate.getTime() : null));
  // A request that the player itself takes back, to make it anew, is told as an error too; a hole would show below.
  const own = Hls.ErrorDetails.INTERNAL_ABORTED;
  hls.on(Hls.Events.ERROR, (event, data) => data.details !== own && log.errors.push(data.details));
  // As a viewer does; before there is a picture the player takes it back.
  video.addEventListener("playing", () => {
    hls.subtitleTrack = 0;
  });
  hls.loadSource(source);
  hls.attachMedia(video);
  video.play();
}

async function playWithShaka(source) {
  const player = new shaka.Player();
  const { video, log } = watched("shaka", () => {
    const date = player.getPlayheadTimeAsDate();
    return date ? date.getTime() : null;
  });
  player.addEventListener("error", (event) => log.errors.push(String(event.detail.code)));
  await player.attach(video);
  await player.load(source);
  const tracks = player.getTextTracks();
  if (tracks.length) player.selectTextTrack(tracks[0]);
  video.play();
}

const asked = new URLSearchParams(location.search);
const source = asked.get("source");
playWithHls(source);
const rated = document.getElementById("hls");
rated.defaultPlaybackRate = rated.playbackRate = Number(asked.get("rate") || 1);
if (asked.get("only") !== "hls") playWithShaka(source).catch((error) => seen.shaka.errors.push(String(error)));
