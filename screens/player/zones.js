// The zones around the main one: whose screen it is and what time, what comes in this loop, the notices along the foot.
import { spoken } from "./drawing.js";
import { clockText, dateText } from "./slate.js";
import { columnLabel } from "./templates/labels.js";
import { clausesOf, el, styled } from "./templates/dom.js";

const PACE = 110; // units a second: a line of notices is read while it passes
const LISTED = { portrait: 3, landscape: 5 };

export class Zones {
  #head;
  #list;
  #foot;
  #was = { list: "", foot: "", now: null };

  constructor(body, name) {
    this.#head = el("header", "zone zone--head", el("b", "zone__name", name || "新时代文明实践"), el("span", "zone__date"), el("time", "zone__time"));
    this.#list = el("aside", "zone zone--list");
    this.#foot = el("footer", "zone zone--foot");
    body.append(this.#head, this.#list, this.#foot);
  }

  /** `releases`: {digest, release} of the loop in its order; `showing`: the digest on the main zone; `time` in ms. */
  update({ releases, showing, time, shape }) {
    this.#write(this.#head.querySelector(".zone__time"), clockText(time));
    this.#write(this.#head.querySelector(".zone__date"), dateText(time));
    this.#lists(releases, showing, LISTED[shape]);
    this.#runs(releases);
  }

  #write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  /** The piece that stands and those after it. */
  #lists(releases, showing, most) {
    const at = Math.max(0, releases.findIndex(({ digest }) => digest === showing));
    const turned = [...releases.slice(at), ...releases.slice(0, at)].slice(0, most);
    const is = JSON.stringify([turned.map(({ digest }) => digest), showing]);
    if (is === this.#was.list) return;
    this.#was.list = is;
    const entries = turned.map(({ digest, release }) => {
      const content = { ...spoken(release.content), class: release.class };
      return el("li", digest === showing ? "is-now" : "", el("em", "", columnLabel(content)), el("span", "", content.title));
    });
    this.#list.replaceChildren(el("h2", "zone__heading", "本轮播放"), el("ol", "", ...entries));
  }

  #runs(releases) {
    const notices = releases.filter(({ release }) => ["notice", "urgent"].includes(release.class));
    const told = (notices.length > 0 ? notices : releases).map(({ release }) => spoken(release.content));
    const texts = told.map(({ title, summary }) => (summary && summary !== title ? `${clausesOf(title).join("")}　${summary}` : title));
    const is = JSON.stringify(texts);
    if (is === this.#was.foot) return;
    this.#was.foot = is;
    const line = () => el("p", "", ...texts.map((text) => el("span", "", text)));
    // two of the same, so that the second follows where the first ends
    const belt = el("div", "zone__belt", line(), line());
    this.#foot.replaceChildren(el("b", "zone__kind", notices.length > 0 ? "通知" : "导读"), el("div", "zone__run", belt));
    const unit = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--u")) || 1;
    styled(belt, { "--run": `${Math.max(12, belt.firstChild.offsetWidth / unit / PACE).toFixed(1)}s` });
  }
}
