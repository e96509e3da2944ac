import { expect, it } from "vitest";
import { readNeighbours } from "./neighbours.js";

it("reads callers and callees from the framework's attributes", () => {
  const attributes = [
    { attribute: "frm.rpc caller [Web.front]", sum: 30 },
    { attribute: "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetMP3List]", sum: 10 },
    { attribute: "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetOne]", sum: 5 },
    { attribute: "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetMP3List] success", sum: 8 },
    { attribute: "frm.rpc call [VOA.Crawl:crawl.CrawlService.GetMP3List] fail:timed out", sum: 2 },
    { attribute: "frm.rpc call [VOA.Crawl] cost [0~1ms]", sum: 7 },
    { attribute: "frm.rpc call [Database.mysql:x]", sum: 99 },
    { attribute: "frm.rpc requests", sum: 30 },
    { attribute: "usr.orders", sum: 3 },
  ];
  expect(readNeighbours(attributes)).toEqual({
    callers: [{ name: "Web.front", calls: 30, failures: 0 }],
    callees: [
      { name: "Database.mysql", calls: 99, failures: 0 },
      { name: "VOA.Crawl", calls: 15, failures: 2 },
    ],
  });
});
