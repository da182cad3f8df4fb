// An activity: when, where, for whom stand first and large, whatever place they have in the text.
import { el } from "./dom.js";

// What organisers begin a line with. Each is shown once, in this order.
const ASKED = [
  ["time", /^(?:活动|开始|举办|集合)?时间$|^日期$/, "时间"],
  ["place", /^(?:活动|举办|集合)?(?:地点|地址|场地)$/, "地点"],
  ["who", /^(?:活动|参加|面向)?(?:对象|人群)$/, "对象"],
  ["join", /^(?:报名|预约|参加)(?:方式|电话|办法)?$|^(?:招募)?名额$/, "报名"],
  ["call", /^(?:联系|咨询)(?:人|电话|方式)?$/, "咨询"],
];
const LINE = /^\s*([^：:\s]{2,8})\s*[：:]\s*(\S.{0,80})$/s;
const MOST = 4;

/** 9:00—11:30 is not torn at its dash. */
const whole = (words) => words.replace(/(?<=\d)\s*([—–~～-]+)\s*(?=\d)/g, "\u2060$1\u2060");

const wordsOf = (text) => (text ?? []).map(({ t }) => t).join("");

/** [name, label, words] of a line such as 时间：周六上午九点; null for any other. */
function factIn(text) {
  const [, label, words] = LINE.exec(text) ?? [];
  const [name, , shown] = label ? (ASKED.find(([, pattern]) => pattern.test(label)) ?? []) : [];
  return name ? [name, shown, words.trim()] : null;
}

const linesOf = (block) =>
  block.type === "list" ? block.items.map(({ text }) => wordsOf(text)) : block.type === "paragraph" ? [wordsOf(block.text)] : [];

/** {facts: element|null, rest: the content without the lines that became facts}. */
export function activityParts(content) {
  const found = new Map();
  const blocks = (content.body?.blocks ?? []).filter((block) => {
    const facts = linesOf(block).map(factIn);
    const isAllFacts = facts.length > 0 && facts.every((fact) => fact && !found.has(fact[0])) && found.size + facts.length <= MOST;
    if (isAllFacts) facts.forEach(([name, label, words]) => found.set(name, [label, words]));
    return !isAllFacts;
  });
  const order = ASKED.map(([name]) => name).filter((name) => found.has(name));
  const rows = order.map((name) => el("div", `facts__row facts__row--${name}`, el("dt", "", found.get(name)[0]), el("dd", "", whole(found.get(name)[1]))));
  return { facts: rows.length > 0 ? el("dl", "facts", ...rows) : null, rest: { ...content, body: { ...content.body, blocks } } };
}
