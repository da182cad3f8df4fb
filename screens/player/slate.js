// Built-ins, drawn from local and pairing data alone: the slate with the clock, and the pairing code.
import encodeQR from "./vendor/qr-0.7.0.js";
import { el } from "./templates/dom.js";

const ZONE = "Asia/Shanghai";
const TIME = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, year: "numeric", month: "long", day: "numeric", weekday: "long" });
const SHORT = new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, month: "long", day: "numeric", weekday: "long" });
const LUNAR = new Intl.DateTimeFormat("zh-CN-u-ca-chinese", { timeZone: ZONE, month: "long", day: "numeric" });
const DAYS = ["初", "十", "廿", "三"];
const DIGITS = ["十", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

export const clockText = (time) => TIME.format(time);

/** "11月26日 星期四" */
export const dateText = (time) => SHORT.format(time).replace("星期", " 星期");

/** "农历十月十五" of an instant. */
export function lunarText(time) {
  const parts = LUNAR.formatToParts(time);
  const month = parts.find((part) => part.type === "month")?.value ?? "";
  const day = Number.parseInt(parts.find((part) => part.type === "day")?.value ?? "", 10);
  if (!day || !month) return "";
  const whole = { 10: "初十", 20: "二十", 30: "三十" };
  return `农历${month}${whole[day] ?? DAYS[Math.floor(day / 10)] + DIGITS[day % 10]}`;
}

export function drawSlate(name, time) {
  const slate = el(
    "section",
    "slate",
    el("p", "slate__name", name || "新时代文明实践"),
    el("p", "slate__time"),
    el("p", "slate__date"),
    el("p", "slate__lunar"),
    el("p", "slate__motto", "一云四屏"),
  );
  tickSlate(slate, time);
  return slate;
}

export function tickSlate(slate, time) {
  const texts = { time: clockText(time), date: DATE.format(time).replace("星期", " 星期"), lunar: lunarText(time) };
  for (const [name, text] of Object.entries(texts)) {
    const line = slate.querySelector(`.slate__${name}`);
    if (line.textContent !== text) line.textContent = text;
  }
}

/** `link`: where the code is typed in, as a QR. */
export function drawPairing({ code, expiresAt, link }) {
  const qr = el("div", "pairing__qr");
  qr.append(qrDrawing(link));
  return el(
    "section",
    "pairing",
    el("h1", "pairing__title", "等待配对"),
    el("p", "pairing__hint", "请在采编后台“阅读屏”页面输入下面的配对码，或用手机扫码"),
    el("div", "pairing__code", ...[...code].map((char) => el("b", "", char))),
    qr,
    el("p", "pairing__until", expiresAt ? `配对码 ${clockText(expiresAt)} 前有效，过期自动更换` : ""),
  );
}

const SVG = "http://www.w3.org/2000/svg";

function qrDrawing(text) {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 1 });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  const squares = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  path.setAttribute("d", squares.join(""));
  path.setAttribute("fill", "#3a1516");
  svg.append(path);
  return svg;
}
