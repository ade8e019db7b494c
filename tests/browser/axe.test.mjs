// axe on every page, in both themes, at the width of a phone and of a desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFindings, openBrowser, openShop, signIn, visitor } from "./kit.mjs";

let shop, browser;
before(async () => {
  [shop, browser] = await Promise.all([openShop(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await shop?.close();
});

/** Pages that links lead to, one of each kind: ids are folded away. */
async function kinds(page, starts) {
  const seen = new Map();
  const open = [...starts];
  while (open.length) {
    const path = open.shift();
    const kind = path.replace(/[0-9a-f]{32}/g, "ID").replace(/\?.*$/, "");
    if (seen.has(kind)) continue;
    const answer = await page.goto(path);
    if (!answer.headers()["content-type"]?.startsWith("text/html")) continue;
    seen.set(kind, path);
    const links = await page.$$eval("a[href^='/']", (all) => all.map((a) => a.getAttribute("href")));
    open.push(...links.filter((link) => !link.startsWith("/static/")));
  }
  return [...seen.values()];
}

for (const [theme, viewport] of [["light", { width: 1280, height: 900 }], ["dark", { width: 360, height: 740 }]]) {
  for (const name of [null, "buyer", "vendor", "admin"]) {
    test(`axe finds nothing: ${name ?? "anonymous"}, ${theme}, ${viewport.width} px`, async () => {
      const { page, context, faults } = await visitor(browser, shop, { colorScheme: theme, viewport });
      if (name) await signIn(page, name);
      const paths = await kinds(page, ["/", "/stores", ...(name ? ["/orders", "/selling", "/account", "/notices"] : ["/login", "/register", "/recover", "/nowhere"])]);
      assert.ok(paths.length >= 6, `only ${paths}`);
      const findings = [];
      for (const path of paths) {
        await page.goto(path);
        for (const finding of await axeFindings(page)) findings.push(`${path}: ${finding}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        if (wide > 0) findings.push(`${path}: ${wide} px wider than the window`);
      }
      assert.deepEqual(findings, []);
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
}
