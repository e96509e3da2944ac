import { expect, it } from "vitest";
import { phraseTexts as en } from "./phrase-messages-en.js";
import { phraseTexts as zh } from "./phrase-messages-zh.js";
import { createRephrase } from "./rephrase.js";

const toChinese = createRephrase(en, zh);

it.each([
  [
    "best of 2: 10.0.0.1:80 costs 2.1 ms, 10.0.0.2:80 costs 5.0 ms; not 10.0.0.3:80 (out), 10.0.0.4:80 (tried before)",
    "2 个中取最优：10.0.0.1:80 代价 2.1 ms，10.0.0.2:80 代价 5.0 ms；未选 10.0.0.3:80（已摘除），10.0.0.4:80（本次已试过）",
  ],
  ["[2001:db8::1]:80: its turn", "[2001:db8::1]:80：轮到它"],
  [
    "10.0.0.1:80: nothing better was left; too few are well, so that ejected ones are used, too",
    "10.0.0.1:80：没有更好的可选；正常的实例太少，已摘除的也参与承接",
  ],
  [
    "trial of 10.0.0.1:80: ejected 12 s ago: refused connections of one process; a trial call is under way",
    "试探 10.0.0.1:80：12 秒前摘除：拒绝连接（仅一个进程看到）；正在试探",
  ],
  ["in use: 98 % ok, busy for 3 %, 2.1 ms", "使用中：成功率 98 %，3 % 因繁忙被拒，2.1 ms"],
  ["in use: not called from this machine yet", "使用中：本机尚未调用"],
  ["in use at 40 % of its share, growing: no recent calls, 0.0 ms", "使用中，份额恢复到 40 %：近期没有调用，0.0 ms"],
  [
    "ejected 3 min ago: fails more than the others; next trial in 900 ms",
    "3 分钟前摘除：失败明显多于其他实例；900 毫秒后再试探",
  ],
  ["1 of 2 instances in traffic serve; nothing is known of 1", "在流量中的 2 个实例有 1 个正常服务；1 个状态未知"],
  [
    "1 of 3 instances in traffic do not serve: 10.0.0.1:80 ejected 2 s ago: refused connections (seen by web-1)",
    "在流量中的 3 个实例有 1 个不能服务：10.0.0.1:80 2 秒前摘除：拒绝连接（由 web-1 看到）",
  ],
  ["only 2 of 16 services would have instances, and it is not confirmed", "16 个服务中将只有 2 个还有实例，且未经确认"],
])("says in Chinese: %s", (sentence, chinese) => {
  expect(toChinese(sentence)).toBe(chinese);
});

it("leaves what it does not know as it is, and the rest around it too when there is nothing else", () => {
  expect(toChinese("connect ECONNREFUSED 10.0.0.1:80: later, maybe (soon)")).toBe(
    "connect ECONNREFUSED 10.0.0.1:80: later, maybe (soon)",
  );
  expect(toChinese("best of 3: by a coin, not 10.0.0.1:80 (unlucky)")).toBe(
    "3 个中取最优：by a coin，未选 10.0.0.1:80（unlucky）",
  );
  expect(toChinese("")).toBe("");
});
