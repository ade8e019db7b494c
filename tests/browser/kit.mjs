// A shop in processes of its own, and a browser to visit it with.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const binary = process.env.HOLDFAST ?? new URL("../../target/debug/holdfast", import.meta.url).pathname;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens a demo shop in a fresh folder; resolves once it answers. */
export async function openShop() {
  const data = await mkdtemp(join(tmpdir(), "holdfast-browser-"));
  const child = spawn(binary, ["demo", "--listen", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const url = await new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`the shop did not open: ${said}`)), 120_000);
    const listen = (chunk) => {
      said += chunk;
      const found = said.match(/Shop\s+(http:\/\/\S+)/);
      if (found) {
        clearTimeout(deadline);
        resolve(found[1]);
      }
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", (code) => reject(new Error(`the shop ended with ${code}: ${said}`)));
  });
  const close = async () => {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  return { url, data, close };
}

/** Starts Chromium with nothing of the outside in it. */
export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
}

/** A visitor: a context of its own, whose pages fail the test on script errors and broken rules. */
export async function visitor(browser, shop, { javaScript = true, ...options } = {}) {
  const context = await browser.newContext({ baseURL: shop.url, javaScriptEnabled: javaScript, ...options });
  const faults = [];
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
  });
  context.on("request", (request) => {
    const { hostname } = new URL(request.url());
    if (hostname !== "127.0.0.1") faults.push(`a request to ${hostname}`);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return { context, page, faults };
}

/**
 * Lets hours of escrow's own clock go by, as if it had been up all the while: what a notice or a
 * deadline waits for comes at once.
 */
export async function live(shop, hours) {
  const code = "import sqlite3,sys\n" +
    "db=sqlite3.connect(sys.argv[1],timeout=10)\n" +
    "db.execute('UPDATE escrow_heartbeat SET ran_micros = ran_micros + ?',(int(sys.argv[2])*3600000000,))\n" +
    "db.commit()";
  const child = spawn("python3", ["-c", code, join(shop.data, "escrow", "escrow.db"), String(hours)], { stdio: "inherit" });
  const status = await new Promise((resolve) => child.on("exit", resolve));
  if (status !== 0) throw new Error("escrow's clock cannot be moved");
}

export async function signIn(page, name) {
  await page.goto("/login");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/login"));
}

/** Waits until `look` finds what it looks for, reloading as a reader without JavaScript would. */
export async function reloadUntil(page, look, { seconds = 30 } = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await look()) return;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain at ${page.url()}:\n${await page.locator("main").innerText()}`);
    await page.waitForTimeout(200);
    await page.reload();
  }
}

/** What axe finds on the page as it stands, as readable lines. */
export async function axeFindings(page) {
  // Evaluated rather than added as a script, so that the page's own rules stay in force.
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.map(
    (v) => `${v.id} (${v.impact}): ${v.help}\n    ${v.nodes.slice(0, 3).map((n) => n.html).join("\n    ")}`);
}
