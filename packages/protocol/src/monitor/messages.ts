/**
 * Messages of the metric protocols (package `msec.monitor`, proto2, all scalars optional, repeated numbers unpacked). Names are those of
 * the original, so that its programs and its documentation fit. `day` is a date yyyymmdd in the server's local time; times are epoch
 * seconds; `result` 0 is success. Spec: docs/protocols/monitor.md.
 */

import type { InitOf, MessageOf } from "../protobuf/message-type.js";
import { defineMessage, many, one, text, texts, uint32, uint32s } from "./message-table.js";

const name = (message: string): string => `msec.monitor.${message}`;

// Report port.

/** One series: `values` are the minutes from `begin_time` to `end_time`, both included. */
export const Attr = defineMessage(name("Attr"), {
  servicename: text(1),
  attrname: text(2),
  values: uint32s(3),
  begin_time: uint32(4),
  end_time: uint32(5),
});
export const ReqReport = defineMessage(name("ReqReport"), { attrs: many(1, Attr) });
export const RespReport = defineMessage(name("RespReport"), { result: uint32(1) });

// Query port: what is asked.

export const ReqTreeList = defineMessage(name("ReqTreeList"), {});
export const ReqService = defineMessage(name("ReqService"), { servicename: text(1), days: uint32s(2) });
export const ReqServiceAttr = defineMessage(name("ReqServiceAttr"), {
  servicename: text(1),
  attrnames: texts(2),
  days: uint32s(3),
});
export const ReqAttrIP = defineMessage(name("ReqAttrIP"), {
  servicename: text(1),
  attrname: text(2),
  ips: texts(3),
  days: uint32s(4),
});
export const ReqIP = defineMessage(name("ReqIP"), { ip: text(1), days: uint32s(2) });
export const IPData = defineMessage(name("IPData"), { servicename: text(1), attrnames: texts(2) });
export const ReqIPAttr = defineMessage(name("ReqIPAttr"), { ip: text(1), attrs: many(2, IPData), days: uint32s(3) });
export const ReqSetAlarmAttr = defineMessage(name("ReqSetAlarmAttr"), {
  servicename: text(1),
  attrname: text(2),
  max: uint32(3),
  min: uint32(4),
  diff: uint32(5),
  diff_percent: uint32(6),
});
export const ReqDelAlarmAttr = defineMessage(name("ReqDelAlarmAttr"), { servicename: text(1), attrname: text(2) });
export const ReqNewestAlarm = defineMessage(name("ReqNewestAlarm"), { servicename: text(1), day: uint32(2) });
/** `type` is a value of {@link ALARM_TYPES}. */
export const ReqDelAlarm = defineMessage(name("ReqDelAlarm"), {
  servicename: text(1),
  attrname: text(2),
  type: uint32(3),
  day: uint32(4),
  time: uint32(5),
});
/** Exactly one field is set. */
export const ReqMonitor = defineMessage(name("ReqMonitor"), {
  service: one(1, ReqService),
  serviceattr: one(2, ReqServiceAttr),
  attrip: one(3, ReqAttrIP),
  ip: one(4, ReqIP),
  ipattr: one(5, ReqIPAttr),
  treelist: one(10, ReqTreeList),
  setalarmattr: one(20, ReqSetAlarmAttr),
  delalarmattr: one(21, ReqDelAlarmAttr),
  newalarm: one(22, ReqNewestAlarm),
  delalarm: one(23, ReqDelAlarm),
});

// Query port: what is answered.

export const ALARM_TYPES = { ALARM_MAX: 1, ALARM_MIN: 2, ALARM_DIFF: 3, ALARM_DIFF_PERCENT: 4 } as const;

export const TreeListInfo = defineMessage(name("TreeListInfo"), { servicename: text(1) });
export const RespTreeList = defineMessage(name("RespTreeList"), { infos: many(1, TreeListInfo) });
export const AlarmAttr = defineMessage(name("AlarmAttr"), {
  attrname: text(1),
  max: uint32(2),
  min: uint32(3),
  diff: uint32(4),
  diff_percent: uint32(5),
});
export const RespService = defineMessage(name("RespService"), {
  attrnames: texts(1),
  ips: texts(2),
  alarmattrs: many(3, AlarmAttr),
});
export const AttrData = defineMessage(name("AttrData"), { attrname: text(1), day: uint32(2), values: uint32s(3) });
export const RespServiceAttr = defineMessage(name("RespServiceAttr"), { data: many(1, AttrData) });
export const AttrIPData = defineMessage(name("AttrIPData"), { ip: text(1), day: uint32(2), values: uint32s(3) });
export const RespAttrIP = defineMessage(name("RespAttrIP"), { data: many(1, AttrIPData) });
export const RespIP = defineMessage(name("RespIP"), { data: many(1, IPData) });
export const IPAttrData = defineMessage(name("IPAttrData"), {
  servicename: text(1),
  attrname: text(2),
  day: uint32(3),
  values: uint32s(4),
});
export const RespIPAttr = defineMessage(name("RespIPAttr"), { data: many(1, IPAttrData) });
export const RespSetAlarmAttr = defineMessage(name("RespSetAlarmAttr"), {});
export const RespDelAlarmAttr = defineMessage(name("RespDelAlarmAttr"), { deleted_rows: uint32(1) });
/** `type` is a value of {@link ALARM_TYPES}. */
export const Alarm = defineMessage(name("Alarm"), {
  servicename: text(1),
  attrname: text(2),
  type: uint32(3),
  first_alarm_time: uint32(4),
  last_alarm_time: uint32(5),
  alarm_times: uint32(6),
  last_value: uint32(7),
  last_attr_value: uint32(8),
  last_diff_value: uint32(9),
});
export const RespNewestAlarm = defineMessage(name("RespNewestAlarm"), { alarms: many(1, Alarm) });
export const RespDelAlarm = defineMessage(name("RespDelAlarm"), { deleted_rows: uint32(1) });
/** `result` and the field that answers the question. */
export const RespMonitor = defineMessage(name("RespMonitor"), {
  result: uint32(1),
  service: one(2, RespService),
  serviceattr: one(3, RespServiceAttr),
  attrip: one(4, RespAttrIP),
  ip: one(5, RespIP),
  ipattr: one(6, RespIPAttr),
  treelist: one(10, RespTreeList),
  setalarmattr: one(20, RespSetAlarmAttr),
  delalarmattr: one(21, RespDelAlarmAttr),
  newalarm: one(22, RespNewestAlarm),
  delalarm: one(23, RespDelAlarm),
});

export type MonitorReport = MessageOf<typeof ReqReport>;
export type MonitorReportInit = InitOf<typeof ReqReport>;
export type MonitorQuery = MessageOf<typeof ReqMonitor>;
export type MonitorQueryInit = InitOf<typeof ReqMonitor>;
export type MonitorAnswer = MessageOf<typeof RespMonitor>;
export type MonitorAnswerInit = InitOf<typeof RespMonitor>;
