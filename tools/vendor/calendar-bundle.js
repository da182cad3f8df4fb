// What the calendar page takes from EventCalendar; everything of our own lives in cms/desk/static/js/calendar.
export {
  createCalendar,
  destroyCalendar,
  DayGrid,
  Interaction,
  ResourceTimeline,
  TimeGrid,
} from "@event-calendar/core";
