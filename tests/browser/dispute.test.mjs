// A whole dispute as its people see it: buyer, vendor and two staff members, each in a browser.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { axeFindings, live, openBrowser, openShop, reloadUntil, signIn, visitor } from "./kit.mjs";

let shop, browser;
before(async () => {
  [shop, browser] = await Promise.all([openShop(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await shop?.close();
});

const photo = await readFile(new URL("../../assets/demo/lamp-on-arrival.jpg", import.meta.url));
const PHOTO = { name: "The mug, broken.jpg", mimeType: "image/jpeg", buffer: photo };
const LETTER = { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("It left us whole.\n") };
const SCRIPT = { name: "script.svg", mimeType: "image/svg+xml", buffer: Buffer.from("\0<svg/>") };

const sessions = new Map();

/** The people of one dispute, and what they do on pages. */
async function people(javaScript, names) {
  const all = {};
  for (const name of names) {
    all[name] = await visitor(browser, shop, { javaScript, storageState: sessions.get(name) });
    // Each signs in once: ten logins in five minutes are all that one address gets.
    if (!sessions.has(name)) {
      await signIn(all[name].page, name);
      sessions.set(name, await all[name].context.storageState());
    }
  }
  const shows = (who, text) => all[who].page.getByText(text, { exact: false }).first();
  return {
    all,
    page: (who) => all[who].page,
    shows,
    // With JavaScript the page brings itself up to date; without, the reader reloads.
    comes: async (who, text) => (javaScript ? shows(who, text).waitFor({ timeout: 30_000 }) : reloadUntil(all[who].page, () => shows(who, text).isVisible())),
    click: (who, name) => all[who].page.getByRole("link", { name, exact: true }).click(),
    press: (who, name) => all[who].page.getByRole("button", { name, exact: true }).click(),
    async close() {
      for (const { context, faults } of Object.values(all)) {
        assert.deepEqual(faults, []);
        await context.close();
      }
    },
  };
}

/** Looks at a page in both themes, where a script can. */
async function look(javaScript, page) {
  if (!javaScript) return;
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    // Buttons change their colours in a tenth of a second.
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))));
    assert.deepEqual(await axeFindings(page), [], `${page.url()} in ${colorScheme}`);
  }
}

/** The page leads on to `path`; where it does not, what it says instead is told. */
async function arrives(page, path) {
  await page.waitForURL((url) => url.pathname === path).catch(async () => {
    throw new Error(`${page.url()} instead of ${path}:\n${await page.locator("main").innerText()}`);
  });
}

/** The demo's wallet signs what the page shows, which the admin has named as the one for rulings. */
async function signs(javaScript, page, verb) {
  const link = page.getByRole("link", { name: "Sign with the demo wallet" });
  await link.waitFor();
  await look(javaScript, page);
  const wallet = await page.context().newPage();
  await wallet.goto(await link.getAttribute("href"));
  const [signature] = (await wallet.locator("main").innerText()).match(/0x[0-9a-f]{130}/);
  await wallet.close();
  await page.getByLabel("The wallet's signature").fill(signature);
  await page.getByRole("button", { name: verb, exact: true }).click();
}

/** What happens next stands there in a sentence, with a moment and with what comes otherwise. */
async function saysWhatIsNext(page) {
  const next = page.locator("section.next");
  const told = await next.innerText();
  assert.match(await next.locator(".next-what").innerText(), /[a-z]\./, told);
  assert.ok(await next.locator(".next-by time").count(), `by when: ${told}`);
}

/** The buyer orders a mug, pays it from the demo wallet and disputes it with a photograph. */
async function quarrel(javaScript, they, order = {}) {
  const buyer = they.page("buyer");
  await buyer.goto("/stores");
  await they.page("buyer").getByRole("link", { name: "Fern & Kiln" }).first().click();
  await buyer.locator("main a[href^='/items/']").first().click();
  await buyer.getByRole("button", { name: "Buy" }).first().click();
  await buyer.waitForURL(/\/checkout/);
  const delivery = buyer.getByLabel("Delivery address");
  if (await delivery.count()) await delivery.fill("Ada Lovelace\n12 St James Square\nLondon");
  await they.press("buyer", "Place the order");
  await buyer.waitForURL(/\/orders\/[0-9a-f]{32}$/);
  order.path = new URL(buyer.url()).pathname;
  await they.comes("buyer", "Send exactly");
  await buyer.getByRole("link", { name: "Pay from the demo wallet" }).click();
  await buyer.getByRole("button").first().click();
  await buyer.getByRole("link", { name: /back/i }).first().click();
  await arrives(buyer, order.path);
  await they.comes("buyer", "paid in full and final");

  await they.click("buyer", "Something is wrong");
  await look(javaScript, buyer);
  await buyer.getByLabel("What is wrong?").selectOption("damaged");
  await buyer.getByLabel("Tell what happened").fill("It came in two parts.");
  await buyer.getByLabel("Files").setInputFiles([SCRIPT]);
  await they.press("buyer", "Open the dispute");
  await they.shows("buyer", "script.svg is not taken").waitFor();
  assert.equal(await buyer.getByLabel("Tell what happened").inputValue(), "It came in two parts.");
  await look(javaScript, buyer);
  await buyer.getByLabel("Files").setInputFiles([PHOTO]);
  await they.press("buyer", "Open the dispute");
  await arrives(buyer, order.path);
  await they.comes("buyer", "You or Fern & Kiln end the dispute");
  await saysWhatIsNext(buyer);
  await look(javaScript, buyer);
  return order.path;
}

async function offers(javaScript, they, who, order, share) {
  const page = they.page(who);
  await page.goto(order);
  await they.click(who, "Make an offer");
  await look(javaScript, page);
  await page.getByLabel("The buyer gets").fill(share);
  await they.press(who, "Make this offer");
  await arrives(page, order);
}

/** The other side saves the very bytes that were sent. */
async function getsTheFile(page, name, bytes) {
  const link = page.getByRole("link", { name });
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), name);
  assert.ok(bytes.equals(await readFile(await download.path())), "the same bytes");
}

async function ruled(javaScript) {
  const they = await people(javaScript, ["buyer", "vendor", "admin", "staff"]);
  const order = await quarrel(javaScript, they);
  const vendor = they.page("vendor");
  await vendor.goto(order);
  await getsTheFile(vendor, PHOTO.name, PHOTO.buffer);
  await they.click("vendor", "Add a statement");
  await look(javaScript, vendor);
  await vendor.getByLabel("What do you want to say?").fill("Here is what we packed.");
  await vendor.getByLabel("Files").setInputFiles([LETTER]);
  await they.press("vendor", "Add it");
  await arrives(vendor, order);
  await offers(javaScript, they, "vendor", order, "30");
  await they.comes("buyer", "Here is what we packed.");
  await getsTheFile(they.page("buyer"), LETTER.name, LETTER.buffer);
  await offers(javaScript, they, "buyer", order, "80");
  await they.comes("vendor", "80 % to buyer, 20 % to Fern & Kiln");
  await saysWhatIsNext(vendor);

  const admin = they.page("admin");
  await admin.goto("/disputes");
  await look(javaScript, admin);
  await admin.locator(`a[href='${order}']`).click();
  await saysWhatIsNext(admin);
  await look(javaScript, admin);
  await getsTheFile(admin, PHOTO.name, PHOTO.buffer);
  await they.click("admin", "Rule");
  await look(javaScript, admin);
  await admin.getByLabel("The buyer gets").fill("50");
  await admin.getByLabel("Why").fill("Nobody can tell where it broke.");
  await they.press("admin", "Rule");
  await signs(javaScript, admin, "Rule");
  await arrives(admin, order);

  await they.comes("vendor", "Escrow carries out the ruling, unless one of you objects");
  await saysWhatIsNext(vendor);
  await look(javaScript, vendor);
  await they.click("vendor", "Call a second staff member");
  await look(javaScript, vendor);
  await they.press("vendor", "Call a second staff member");
  await they.comes("vendor", "A second staff member looks at the ruling");
  await saysWhatIsNext(vendor);

  const staff = they.page("staff");
  await staff.goto("/disputes");
  await they.shows("staff", "second opinion wanted").waitFor();
  await staff.goto(order);
  await look(javaScript, staff);
  await they.click("staff", "Confirm the ruling");
  await signs(javaScript, staff, "Confirm the ruling");
  await they.comes("staff", "Escrow carries out the ruling");
  await saysWhatIsNext(staff);
  await they.comes("buyer", "confirmed, final");
  await look(javaScript, they.page("buyer"));

  await live(shop, 25);
  for (const who of ["buyer", "vendor"]) {
    await they.comes(who, "The dispute is over, and both parties are paid their share");
    await they.page(who).locator(".leg", { hasText: "This site, for the ruling" }).waitFor();
  }
  await look(javaScript, vendor);
  await they.close();
}

async function agreed(javaScript) {
  const they = await people(javaScript, ["buyer", "vendor"]);
  const order = await quarrel(javaScript, they);
  await offers(javaScript, they, "vendor", order, "40");
  await they.comes("buyer", "40 % to buyer, 60 % to Fern & Kiln");
  await they.click("buyer", "Accept the offer");
  await they.shows("buyer", "This cannot be undone").waitFor();
  await look(javaScript, they.page("buyer"));
  await they.press("buyer", "Accept, divide the money");
  for (const who of ["buyer", "vendor"]) {
    await they.comes(who, "The dispute is over, and both parties are paid their share");
  }
  await they.close();
}

for (const javaScript of [true, false]) {
  const how = javaScript ? "with JavaScript" : "without JavaScript";
  test(`a dispute that staff end, ${how}`, () => ruled(javaScript));
  test(`a dispute that the parties end, ${how}`, () => agreed(javaScript));
}
