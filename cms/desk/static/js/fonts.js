// Chinese type: what the computer has comes first. The vendored faces are fetched where it has none, so that an office
// PC neither waits for their table nor sees the page jump when a face arrives.
const HAVE = [
  "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "HarmonyOS Sans SC",
  "MiSans", "WenQuanYi Micro Hei", "SimHei",
];
// Their Latin letters are not as wide as a monospaced face's; a family that is not there falls back to that one.
const LETTERS = "mmmiiiWWWlll";

function isThere(family) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "72px monospace";
  const plain = pen.measureText(LETTERS).width;
  pen.font = `72px "${family}", monospace`;
  return pen.measureText(LETTERS).width !== plain;
}

const faces = document.querySelector('meta[name="yp-faces"]')?.content;
if (faces && !HAVE.some(isThere)) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: faces }));
}
