// The calendar as something to look at and to drag in; the list below it says the same without a script.
import {
  createCalendar, DayGrid, Interaction, ResourceTimeline, TimeGrid,
} from "../../vendor/calendar-bundle-5.15.0/calendar-bundle.js";
import { Mover, PIECE, RUN, fill, made, say } from "./moving.js";

const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", timeline: "resourceTimelineWeek" };
// Narrower than this a month has no room for words: the list is the better calendar there.
const NARROW = 720;

const TABLE_ROLES = ["table", "row", "rowgroup", "columnheader", "rowheader", "cell", "gridcell"].map((role) => `[role=${role}]`).join(",");

const TABLE_PLACES = ["aria-colindex", "aria-rowindex", "aria-colcount", "aria-rowcount", "aria-colspan", "aria-rowspan"];

const two = (number) => String(number).padStart(2, "0");
// Times are the district's wall time on both sides; the browser's own zone is never asked.
const wall = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;

// What Shift and an arrow do in each view: minutes, or rows of the timeline.
const DAY = 1440;
const STEPS = {
  month: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -7 * DAY, ArrowDown: 7 * DAY },
  week: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -30, ArrowDown: 30 },
  timeline: { ArrowLeft: -60, ArrowRight: 60 },
};
const ROWS = { ArrowUp: -1, ArrowDown: 1 };

class YpCalendar extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    const data = JSON.parse(this.dataset.calendar);
    this.data = data;
    this.card = this.closest(".cal-card");
    this.mover = new Mover(data.texts, (edition) => this.drawAgain(edition));
    this.card.addEventListener("click", (event) => this.listed(event));
    if (window.innerWidth < NARROW) return;
    this.hidden = false;
    this.card.querySelector("[data-move-hint]").hidden = false;
    this.card.querySelector(".cal-list").open = false;
    this.calendar = createCalendar(this, [DayGrid, TimeGrid, ResourceTimeline, Interaction], this.options(data));
    this.addEventListener("keydown", (event) => this.keyed(event), true);
    this.addEventListener("focusout", () => this.hold(null));
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
      snapDuration: data.view === "timeline" ? "01:00:00" : "00:30:00",
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
    line.append(made("span", "cal-event-word", word), " ", made("span", "cal-event-time", time), " ", event.title);
    return { domNodes: [line] };
  }

  describe(element, event) {
    const { time, word, unit, notes, edition, placement } = event.extendedProps;
    element.title = [`${time} ${word}`, event.title, unit, ...notes].filter(Boolean).join("\n");
    element.dataset.edition = edition ?? "";
    element.dataset.event = event.id;
    if (event.startEditable ?? event.editable) element.setAttribute("aria-keyshortcuts", "M Shift+ArrowLeft Shift+ArrowRight");
    if (this.focusOn && [edition, placement].includes(this.focusOn)) {
      this.focusOn = "";
      element.focus();
    }
  }

  async dropped({ event, oldResource, newResource, revert }) {
    const { edition, was, targets, placement, start } = event.extendedProps;
    if (placement) {
      const elsewhere = newResource && newResource.id !== oldResource?.id;
      if (elsewhere) say({ text: this.data.texts.run_row, tone: "info" });
      if (elsewhere || !(await this.mover.move({ placement, start, at: wall(event.start) }, RUN))) revert();
      return;
    }
    const asked = { edition, was, at: wall(event.start), target: [] };
    if (newResource && oldResource && newResource.id !== oldResource.id) {
      if (!this.isTarget(newResource.id)) {
        revert();
        say({ text: this.data.texts.elsewhere, tone: "info" });
        return;
      }
      asked.target = swapped(targets, oldResource.id, newResource.id);
    }
    if (!(await this.mover.move(asked))) revert();
  }

  /** A press in the list below: the same dialog, also where nothing is drawn. */
  listed(event) {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    this.mover.moveTo(JSON.parse(button.dataset.move));
  }

  /** M opens the dialog; Shift and arrows carry a piece along, Enter lets it down, Escape puts it back. */
  keyed(key) {
    const element = key.target.closest(".ec-event");
    const event = element && this.calendar.getEventById(element.dataset.event);
    const facts = event?.extendedProps;
    if (!(facts?.edition || facts?.placement) || !facts.movable) return;
    const minutes = key.shiftKey && STEPS[this.data.view][key.key];
    const rows = key.shiftKey && this.data.view === "timeline" && facts.promised && ROWS[key.key];
    if (minutes || rows) this.carry(event, minutes || 0, rows || 0);
    else if (key.key === "Enter" && this.carried) this.letDown();
    else if (key.key === "Escape" && this.carried) this.hold(null);
    else if (key.key.toLowerCase() === "m" && !key.ctrlKey && !key.metaKey && !key.altKey) {
      this.mover.moveTo({ ...facts, title: event.title });
    } else return;
    key.preventDefault();
    key.stopPropagation();
  }

  carry(event, minutes, rows) {
    const { edition, was, targets, at, row = "", placement, start } = event.extendedProps;
    const codes = this.data.resources.flatMap((one) => one.children.map((child) => child.id));
    const held = this.carried?.id === event.id ? this.carried
      : { id: event.id, edition, was, at: new Date(at), row, from: row, targets, placement, start };
    const place = Math.min(Math.max(codes.indexOf(held.row) + rows, 0), codes.length - 1);
    this.hold({ ...held, at: new Date(held.at.getTime() + minutes * 60000), row: rows ? codes[place] : held.row });
  }

  hold(carried) {
    this.carried = carried;
    const hint = this.card.querySelector("[data-move-hint]");
    const { texts, resources } = this.data;
    const row = carried && carried.row !== carried.from
      ? resources.flatMap((one) => one.children).find((one) => one.id === carried.row)?.title ?? "" : "";
    hint.textContent = carried ? fill(texts.carried, { at: wall(carried.at), row }) : texts.keys;
  }

  letDown() {
    const { edition, was, at, row, from, targets, placement, start } = this.carried;
    this.hold(null);
    if (placement) {
      this.mover.move({ placement, start, at: wall(at) }, RUN);
      return;
    }
    this.mover.move({ edition, was, at: wall(at), target: row === from ? [] : swapped(targets, from, row) }, PIECE);
  }

  isTarget(id) {
    return this.data.resources.some((one) => one.children.some((child) => child.id === id));
  }

  /** The drawing and the list say the same after a move; whoever moved by keys goes on from there. */
  async drawAgain(edition) {
    this.focusOn = edition;
    this.calendar?.refetchEvents();
    const answer = await fetch(window.location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = this.card.querySelector(".cal-list");
    list.replaceChildren(...page.querySelector(".cal-list").childNodes);
  }
}

/** The targets with one in the place of another, each once. */
function swapped(targets, from, to) {
  return [...new Set(targets.map((code) => (code === from ? to : code)))];
}

customElements.define("yp-calendar", YpCalendar);
