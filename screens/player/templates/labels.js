// The words a frame says by itself; everything else on it comes from the piece.

const CLASSES = {
  news: "新闻",
  lecture: "宣讲",
  notice: "通知公告",
  newspaper: "电子报",
  activity: "活动",
  urgent: "应急",
};

// Columns every district has; a district's own column brings its name in `column_name` of the content.
const COLUMNS = {
  news: "要闻",
  headlines: "要闻",
  local: "本地",
  theory: "理论",
  talks: "理论宣讲",
  policy: "政策",
  practice: "文明实践",
  civilization: "文明实践",
  volunteer: "志愿服务",
  culture: "文化",
  history: "党史",
  party: "党建",
  people: "榜样",
  life: "民生",
  health: "健康",
  science: "科普",
  education: "教育",
  law: "普法",
  notices: "通知公告",
  notice: "通知公告",
  lectures: "宣讲",
  activities: "活动",
};

export const CREDITS = [
  ["source", "来源"],
  ["reporter", "记者"],
  ["editor", "责编"],
  ["sponsor", "主办"],
];

export const columnLabel = (content) =>
  content.column_name || COLUMNS[content.column] || CLASSES[content.class] || CLASSES.news;

/** "2026年11月23日" of an instant in ms; a text is shown as it stands. */
export function dateLabel(date) {
  if (typeof date !== "number") return date || "";
  const format = new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai",
    year: "numeric",
    month: "long",
    day: "numeric",
  });
  return date > 0 ? format.format(date) : "";
}
