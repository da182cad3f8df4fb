// The calendar as something to look at and to drag in; the list below it says the same without a script.
import {
  createCalendar, DayGrid, Interaction, ResourceTimeline, TimeGrid,
} from "../../vendor/calendar-bundle-5.15.0/calendar-bundle.js";
import { csrfToken, refusalOf } from "../http.js";

const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", timeline: "resourceTimelineWeek" };
// Narrower than this a month has no room for words: the list is the better calendar there.
const NARROW = 720;

const TABLE_ROLES = ["table", "row", "rowgroup", "columnheader", "rowheader", "cell", "gridcell"].map((role) => `[role=${role}]`).join(",");

const TABLE_PLACES = ["aria-colindex", "aria-rowindex", "aria-colcount", "aria-rowcount", "aria-colspan", "aria-rowspan"];

const two = (number) => String(number).padStart(2, "0");
// Times are the district's wall time on both sides; the browser's own zone is never asked.
const wall = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

const made = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

/** Posts a form as the page's scripts do; resolves to JSON, rejects with a refusal {text, next}. */
async function post(url, fields, offline) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" },
      body: new URLSearchParams(fields),
    });
  } catch {
    throw { text: offline, next: "" };
  }
  const body = await answer.text();
  if (!answer.ok) throw refusalOf(body, { code: `http.${answer.status}`, text: offline, next: "" });
  return JSON.parse(body);
}

class YpCalendar extends HTMLElement {
  connectedCallback() {
    if (this.calendar || window.innerWidth < NARROW) return;
    const data = JSON.parse(this.dataset.calendar);
    this.data = data;
    this.hidden = false;
    this.closest(".cal-card").querySelector(".cal-list").open = false;
    this.calendar = createCalendar(this, [DayGrid, TimeGrid, ResourceTimeline, Interaction], this.options(data));
    this.plain();
    new MutationObserver(() => this.plain()).observe(this, { childList: true, subtree: true });
  }

  /** The drawing says «table» without being one to a screen reader; the list below is the table, here are buttons. */
  plain() {
    for (const part of this.querySelectorAll(TABLE_ROLES)) part.removeAttribute("role");
    for (const name of TABLE_PLACES) for (const part of this.querySelectorAll(`[${name}]`)) part.removeAttribute(name);
  }

  options(data) {
    const feasts = new Map(data.feasts.map((one) => [one.on, one]));
    return {
      view: VIEWS[data.view],
      date: data.on,
      locale: data.locale,
      firstDay: 1,
      headerToolbar: { start: "", center: "", end: "" },
      // A month has room of its own, so that one busy day does not stretch every other week: what is too much folds.
      height: { month: "660px", week: "620px" }[data.view],
      allDaySlot: false,
      dayMaxEvents: true,
      nowIndicator: true,
      scrollTime: "07:00:00",
      // A whole week of a timeline fits an office screen.
      slotDuration: data.view === "timeline" ? "06:00:00" : "00:30:00",
      slotWidth: 36,
      slotLabelFormat: (at) => (data.view === "timeline" ? two(at.getHours()) : `${two(at.getHours())}:00`),
      dayHeaderFormat: (at) => this.dayHead(at, feasts),
      ...(data.view === "month" ? { dayCellContent: ({ date }) => this.dayCell(date, feasts) } : {}),
      highlightedDates: data.feasts.filter((one) => one.kind === "holiday").map((one) => one.on),
      moreLinkContent: ({ num }) => fill(data.texts.more, { count: num }),
      eventSources: [{ events: (span) => this.fetch(span) }],
      resources: data.resources,
      filterEventsWithResources: data.view === "timeline",
      eventDurationEditable: false,
      eventContent: ({ event }) => this.eventContent(event),
      eventDidMount: ({ el, event }) => this.describe(el, event),
      eventClick: ({ event }) => window.location.assign(event.extendedProps.href),
      eventDrop: (drop) => this.dropped(drop),
    };
  }

  async fetch({ startStr, endStr }) {
    const query = new URLSearchParams({ start: startStr.slice(0, 10), end: endStr.slice(0, 10), view: this.data.view });
    const answer = await fetch(`/desk/calendar/events?${query}`, { headers: { Accept: "application/json" } });
    return answer.ok ? answer.json() : [];
  }

  dayHead(at, feasts) {
    const words = new Intl.DateTimeFormat(this.data.locale, { weekday: "short" }).format(at);
    if (this.data.view === "month") return words;
    const feast = feasts.get(wall(at).slice(0, 10));
    return `${at.getMonth() + 1}-${at.getDate()} ${words}${feast ? ` ${feast.name}` : ""}`;
  }

  dayCell(date, feasts) {
    const nodes = [made("span", "", String(date.getDate()))];
    const feast = feasts.get(wall(date).slice(0, 10));
    if (feast) nodes.push(made("span", feast.kind === "makeup" ? "cal-feast-mark cal-makeup-mark" : "cal-feast-mark", feast.name + (feast.kind === "makeup" ? " 班" : " 休")));
    return { domNodes: nodes };
  }

  eventContent(event) {
    const line = made("span", "cal-event");
    const { time, word } = event.extendedProps;
    line.append(made("span", "cal-event-word", word), made("span", "cal-event-time", time), event.title);
    return { domNodes: [line] };
  }

  describe(element, event) {
    const { time, word, unit, notes } = event.extendedProps;
    element.title = [`${time} ${word}`, event.title, unit, ...notes].filter(Boolean).join("\n");
    element.dataset.edition = event.extendedProps.edition ?? "";
  }

  async dropped({ event, oldResource, newResource, revert }) {
    const { texts } = this.data;
    if (newResource && oldResource && newResource.id !== oldResource.id) {
      revert();
      this.say({ text: texts.elsewhere, tone: "info" });
      return;
    }
    const asked = { edition: event.extendedProps.edition, at: wall(event.start) };
    try {
      const found = await post("/desk/calendar/check", asked, texts.offline);
      if (!(await this.confirm(found))) {
        revert();
        return;
      }
      const done = await post("/desk/calendar/move", asked, texts.offline);
      this.say({ text: fill(texts.moved, { at: done.moved }) });
      this.calendar.refetchEvents();
    } catch (refusal) {
      revert();
      this.say({ text: refusal.text ?? texts.offline, next: refusal.next ?? "", tone: "bad" });
    }
  }

  /** Shows what the server named; resolves to whether the person wants it anyway. Broken rules cannot be confirmed. */
  confirm(found) {
    const { texts } = this.data;
    const dialog = document.getElementById("move");
    dialog.querySelector("#move-title").textContent = found.may
      ? fill(texts.title, { title: found.title, to: found.to }) : texts.refused;
    dialog.querySelector("[data-move-from]").textContent = [
      found.from && fill(texts.from, { from: found.from }), found.note].filter(Boolean).join(" ");
    const list = dialog.querySelector("[data-move-clashes]");
    list.replaceChildren(...found.clashes.map((one) => this.clash(one)));
    if (!found.clashes.length) list.append(made("p", "muted", texts.calm));
    const yes = dialog.querySelector("[data-move-yes]");
    yes.hidden = !found.may;
    dialog.showModal();
    return new Promise((resolve) => {
      const end = (answer) => {
        yes.onclick = null;
        dialog.onclose = null;
        if (dialog.open) dialog.close();
        resolve(answer);
      };
      yes.onclick = () => end(true);
      for (const no of dialog.querySelectorAll("[data-move-no]")) no.onclick = () => end(false);
      dialog.onclose = () => end(false);
    });
  }

  clash({ level, text, next }) {
    const line = made("div", `finding finding-${level}`);
    const words = document.createElement("div");
    words.append(made("div", "", text), made("p", "", next));
    line.append(words);
    return line;
  }

  say(detail) {
    document.dispatchEvent(new CustomEvent("yp-toast", { detail }));
  }
}

customElements.define("yp-calendar", YpCalendar);
