// The whole purchase as its people see it: the buyer in one browser, the vendor in another.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, openShop, reloadUntil, signIn, visitor } from "./kit.mjs";

let shop, browser;
before(async () => {
  [shop, browser] = await Promise.all([openShop(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await shop?.close();
});

async function purchase({ javaScript, coin, link }) {
  const buyer = await visitor(browser, shop, { javaScript });
  const vendor = await visitor(browser, shop, { javaScript });
  const shows = (who, text) => who.page.getByText(text, { exact: false }).first();
  // With JavaScript the page brings itself up to date; without, the reader reloads.
  const comes = async (who, text) =>
    javaScript
      ? shows(who, text).waitFor({ timeout: 30_000 })
      : reloadUntil(who.page, async () => shows(who, text).isVisible());

  // The shop window leads to an item, the item to the checkout.
  await signIn(buyer.page, "buyer");
  await buyer.page.goto("/stores");
  await buyer.page.getByRole("link", { name: "Fern & Kiln" }).first().click();
  await buyer.page.locator("main a[href^='/items/']").first().click();
  await buyer.page.getByRole("button", { name: "Buy" }).first().click();
  await buyer.page.waitForURL(/\/checkout/);
  const delivery = buyer.page.getByLabel("Delivery address");
  if (await delivery.count()) await delivery.fill("Ada Lovelace\n12 St James Square\nLondon");
  // The stablecoin comes first; its fees are stated before anything is ordered.
  await buyer.page.getByText("DUSD network fees").first().waitFor();
  const choice = buyer.page.getByRole("radio", { name: coin });
  if (coin.test("DUSD")) assert.ok(await choice.isChecked(), "it is the first choice");
  await choice.check();
  await buyer.page.getByRole("button", { name: "Place the order" }).click();
  await buyer.page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
  const order = new URL(buyer.page.url()).pathname;

  // Escrow issues an address, which is shown in full with a code and a wallet link.
  await comes(buyer, "Send exactly");
  await buyer.page.locator("text=/0x[0-9a-fA-F]{40}/").first().waitFor();
  assert.match(await buyer.page.getByRole("link", { name: "Open in wallet" }).getAttribute("href"), link);
  assert.ok(await buyer.page.locator("main svg").count(), "there is a code to scan");

  // One click in the demo wallet pays.
  await buyer.page.getByRole("link", { name: "Pay from the demo wallet" }).click();
  await buyer.page.getByRole("button").first().click();
  await buyer.page.getByRole("link", { name: /back/i }).first().click();
  await buyer.page.waitForURL((url) => url.pathname === order);
  await comes(buyer, "paid in full and final");

  // The vendor sees it among the sales, and sends it.
  await signIn(vendor.page, "vendor");
  await vendor.page.goto(order);
  await vendor.page.getByRole("link", { name: /Mark as/ }).click();
  await vendor.page.getByLabel("Note to the buyer").fill("Parcel HF-1");
  await vendor.page.getByRole("button", { name: /Mark as/ }).click();
  await vendor.page.waitForURL((url) => url.pathname === order);
  await comes(vendor, "Parcel HF-1");

  // The buyer confirms, after a page that says what will happen; the vendor is paid.
  await comes(buyer, "Parcel HF-1");
  await buyer.page.getByRole("link", { name: "Received, pay the vendor" }).click();
  await shows(buyer, "cannot be undone").waitFor();
  await buyer.page.getByRole("button", { name: "Received, pay the vendor" }).click();
  await comes(buyer, "The vendor is paid. The order is complete.");
  await comes(vendor, "You are paid");
  // The headline stands above them, and is there before the rest of the page has arrived.
  await vendor.page.locator(".leg").nth(1).waitFor();
  const legs = await vendor.page.locator(".leg").allInnerTexts();
  assert.equal(legs.length, 2, "the vendor and the commission");
  for (const leg of legs) assert.match(leg, /final/i);

  assert.deepEqual([...buyer.faults, ...vendor.faults], []);
  await buyer.context.close();
  await vendor.context.close();
}

test("a purchase from the window to the vendor's wallet", () =>
  purchase({ javaScript: true, coin: /^DUSD/, link: /^ethereum:0x[0-9a-fA-F]{40}@31337\/transfer\?address=0x/ }));
test("the same purchase without JavaScript, in ether", () =>
  purchase({ javaScript: false, coin: /^ETH/, link: /^ethereum:0x[0-9a-fA-F]{40}@31337\?value=/ }));

test("a double click places one order", async () => {
  const { page, context } = await visitor(browser, shop);
  await signIn(page, "buyer");
  await page.goto("/");
  await page.locator("main a[href^='/items/']").first().click();
  await page.getByRole("button", { name: "Buy" }).first().click();
  await page.waitForURL(/\/checkout/);
  const delivery = page.getByLabel("Delivery address");
  if (await delivery.count()) await delivery.fill("Somewhere 1");
  // Two submissions of the very same form at once, as from two tabs.
  const places = await page.evaluate(async () => {
    const form = document.querySelector("form[action='/orders']");
    const send = () => fetch("/orders", { method: "POST", body: new URLSearchParams(new FormData(form)) });
    return (await Promise.all([send(), send()])).map((answer) => answer.url);
  });
  assert.match(places[0], /\/orders\/[0-9a-f]{32}$/);
  assert.equal(places[0], places[1]);
  await context.close();
});

test("a session that ended in the middle of checkout leads back to it", async () => {
  const { page, context } = await visitor(browser, shop);
  await signIn(page, "buyer");
  await page.goto("/");
  await page.locator("main a[href^='/items/']").first().click();
  await page.getByRole("button", { name: "Buy" }).first().click();
  await page.waitForURL(/\/checkout/);
  const delivery = page.getByLabel("Delivery address");
  if (await delivery.count()) await delivery.fill("Somewhere 1");
  await context.clearCookies();
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.getByRole("heading").first().waitFor();
  assert.doesNotMatch(new URL(page.url()).pathname, /\/orders\/[0-9a-f]{32}$/);
  const text = await page.locator("main").innerText();
  assert.match(text, /sign in|expired|again/i);
  await context.close();
});
