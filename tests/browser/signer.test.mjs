// Signed by the buyer's wallet and by the site: a wallet of ethers behind EIP-1193, and the page
// that checks terms by itself, also without a shop.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Wallet, hexlify, randomBytes, toUtf8String } from "ethers";
import { axeFindings, openBrowser, openShop, reloadUntil, signIn, visitor } from "./kit.mjs";

let shop, browser;
before(async () => {
  [shop, browser] = await Promise.all([openShop(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await shop?.close();
});

const CHECKER = fileURLToPath(new URL("../../assets/verify-terms/index.html", import.meta.url));

/** Puts a wallet into every page of a visitor. It signs in earnest, and notes what it was asked. */
async function insert(context, wallet, chain = "0x7a69") {
  const asked = [];
  let stands = "0x1";
  await context.exposeFunction("askWallet", async (method, params) => {
    asked.push(method);
    switch (method) {
      case "eth_requestAccounts":
        return [wallet.address.toLowerCase()];
      case "eth_chainId":
        return stands;
      case "wallet_switchEthereumChain":
        stands = params[0].chainId;
        return null;
      case "personal_sign":
        return wallet.signMessage(toUtf8String(params[0]));
      case "eth_signTypedData_v4": {
        assert.equal(stands, chain, "a wallet signs for the chain that it stands on");
        const { domain, types, message } = JSON.parse(params[1]);
        const { EIP712Domain: _, ...rest } = types;
        return wallet.signTypedData(domain, rest, message);
      }
      default:
        throw new Error(`no ${method}`);
    }
  });
  await context.addInitScript(() => {
    window.ethereum = { request: ({ method, params }) => window.askWallet(method, params) };
  });
  return asked;
}

/** Opens an account of its own, so that nobody else's purchases want a signature. */
async function register(page, name) {
  await page.goto("/register");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByLabel("Password once more").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Recovery codes").first().waitFor();
}

/** Buys the first thing of Fern & Kiln and pays it; the address of its page. */
async function buy(page) {
  await page.goto("/stores");
  await page.getByRole("link", { name: "Fern & Kiln" }).first().click();
  await page.locator("main a[href^='/items/']").first().click();
  await page.getByRole("button", { name: "Buy" }).first().click();
  await page.waitForURL(/\/checkout/);
  await page.getByLabel("Refund address").fill("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65");
  const delivery = page.getByLabel("Delivery address");
  if (await delivery.count()) await delivery.fill("Ada Lovelace\n12 St James Square\nLondon");
  await page.getByRole("button", { name: "Place the order" }).click();
  await page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
  const order = new URL(page.url()).pathname;
  await page.getByRole("link", { name: "Pay from the demo wallet" }).click();
  await page.getByRole("button").first().click();
  await page.getByRole("link", { name: /back/i }).first().click();
  await page.waitForURL((url) => url.pathname === order);
  await page.getByText("paid in full and final", { exact: false }).first().waitFor({ timeout: 30_000 });
  return order;
}

test("a wallet is named by one click, and the vendor is paid by another", async () => {
  const { context, page, faults } = await visitor(browser, shop);
  const wallet = new Wallet(hexlify(randomBytes(32)));
  const asked = await insert(context, wallet);
  await register(page, "signs-by-click");
  await page.goto("/account");
  await page.getByRole("link", { name: /wallet that signs/i }).click();
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole("button", { name: "Sign with your wallet" }).click();
  await page.getByText("Escrow enters the wallet").waitFor();
  assert.deepEqual(asked, ["eth_requestAccounts", "personal_sign"]);
  await reloadUntil(page, async () => (await page.locator("main").innerText()).includes("In force"));
  assert.ok((await page.locator("main").innerText()).includes(wallet.address));

  const order = await buy(page);
  await page.getByText("signed by the wallet").first().waitFor();
  await page.getByRole("link", { name: "Received, pay the vendor" }).click();
  assert.deepEqual(await axeFindings(page), []);
  asked.length = 0;
  await page.getByRole("button", { name: "Sign with your wallet" }).click();
  await page.waitForURL((url) => url.pathname === order);
  assert.deepEqual(asked, ["eth_requestAccounts", "eth_chainId", "wallet_switchEthereumChain", "eth_signTypedData_v4"]);
  await page.getByText("The vendor is paid. The order is complete.").waitFor({ timeout: 30_000 });
  assert.deepEqual(faults, []);
  await context.close();
});

test("another wallet is told so and of no use; the demo's own wallet signs by a link", async () => {
  const { context, page, faults } = await visitor(browser, shop);
  const wrong = new Wallet(hexlify(randomBytes(32)));
  await signIn(page, "careful");
  await page.goto("/orders");
  await page.locator("main a[href^='/orders/']").first().click();
  await page.getByRole("link", { name: "Received, pay the vendor" }).click();
  const button = page.getByRole("button", { name: "Sign with your wallet" });
  assert.ok(!(await button.isVisible()), "there is no wallet yet");
  const asked = await insert(context, wrong);
  await page.reload();
  await button.click();
  await page.getByText("the wallet offers").waitFor();
  assert.deepEqual(asked, ["eth_requestAccounts"], "it was not asked to sign");

  const send = async (signature) => {
    await page.getByLabel("The wallet's signature").fill(signature);
    await page.getByRole("button", { name: "Received, pay the vendor" }).click();
  };
  const typed = JSON.parse(await page.locator(".sign-what").textContent());
  const { EIP712Domain: _, ...types } = typed.types;
  await send(await wrong.signTypedData(typed.domain, types, typed.message));
  await page.getByText("not by the wallet that is sealed").first().waitFor();

  const link = await page.getByRole("link", { name: "Sign with the demo wallet" }).getAttribute("href");
  const demo = await context.newPage();
  await demo.goto(link);
  await send((await demo.locator("main").innerText()).match(/0x[0-9a-f]{130}/)[0]);
  await page.getByText("The vendor is paid. The order is complete.").waitFor({ timeout: 30_000 });
  assert.deepEqual(faults, []);
  await context.close();
});

test("a staff member rules by a click of the wallet that he named, once the share is known", async () => {
  const buyer = await visitor(browser, shop);
  await signIn(buyer.page, "buyer");
  const order = await buy(buyer.page);
  await buyer.page.goto(`${order}/dispute`);
  await buyer.page.getByLabel("Tell what happened").fill("It came in two parts.");
  await buyer.page.getByRole("button", { name: "Open the dispute" }).click();
  await buyer.page.waitForURL((url) => url.pathname === order);

  const { context, page, faults } = await visitor(browser, shop);
  // The demo's wallet, whose key everybody knows.
  const wallet = new Wallet("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  const asked = await insert(context, wallet);
  await signIn(page, "admin");
  await reloadUntil(page, async () => {
    await page.goto(`${order}/rule`);
    return (await page.getByLabel("The buyer gets").count()) > 0;
  });
  await page.getByLabel("The buyer gets").fill("70");
  await page.getByLabel("Why").fill("Two parts are not one.");
  assert.equal(await page.locator(".sign-what").count(), 0, "there is nothing to sign yet");
  await page.getByRole("button", { name: "Rule", exact: true }).click();
  assert.ok((await page.locator(".sign-what").textContent()).includes("rule: 70 % to the buyer"));
  assert.deepEqual(await axeFindings(page), []);
  await page.getByRole("button", { name: "Sign with your wallet" }).click();
  await page.waitForURL((url) => url.pathname === order);
  assert.ok(asked.includes("eth_signTypedData_v4"));
  await buyer.page.reload();
  const told = async () => (await buyer.page.locator("main").innerText()).includes(`Signed by the wallet ${wallet.address}`);
  await reloadUntil(buyer.page, told);
  assert.deepEqual([...faults, ...buyer.faults], []);
  await context.close();
  await buyer.context.close();
});

/** What the checker says of a text and a key. */
async function checked(page, text, key) {
  await page.getByLabel(/Signed terms/).fill(text);
  await page.getByLabel(/Key of the site/).fill(key);
  await page.getByRole("button", { name: "Check" }).click();
  const result = page.locator("#result");
  return [await result.getAttribute("class"), await result.innerText()];
}

test("signed terms are checked by a page that asks nobody, from the shop and from a file", async () => {
  const { context, page, faults } = await visitor(browser, shop);
  await signIn(page, "buyer");
  await page.goto("/orders");
  await page.locator("main a[href^='/orders/']").first().click();
  await page.getByText("Signed by this site").click();
  const text = await page.locator(".sign-what").textContent();
  const site = await (await page.request.get("/api/v1/site")).json();
  const key = site.terms_keys[0].address;
  await page.getByRole("link", { name: "a page that needs no network" }).click();
  assert.deepEqual(await axeFindings(page), []);
  const look = async (on) => {
    const [outcome, told] = await checked(on, text, key);
    assert.equal(outcome, "good", told);
    for (const part of [key, /paid by [\d.]+ DUSD|of the chain's coin/, "and nowhere else"]) {
      assert.ok(part.test ? part.test(told) : told.includes(part), told);
    }
    assert.equal((await checked(on, text, ""))[0], "open");
    const row = text.match(/^payout address: (0x.)/m)[0];
    const moved = row.slice(0, -1) + (row.at(-1) === "1" ? "2" : "1");
    const [bad, why] = await checked(on, text.replace(row, moved), key);
    assert.ok(bad === "bad" && why.includes("Do not pay"), why);
    assert.equal((await checked(on, text, Wallet.createRandom().address))[0], "bad");
    assert.equal((await checked(on, "hello", key))[0], "bad");
  };
  await look(page);
  assert.deepEqual(faults, []);
  await context.close();

  const apart = await browser.newContext({ offline: true });
  const kept = await apart.newPage();
  await kept.goto(`file://${CHECKER}`);
  await look(kept);
  await apart.close();
});

test("the checker computes what ethers computes", async () => {
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  await page.goto(`file://${CHECKER}`);
  const cases = await Promise.all(
    Array.from({ length: 40 }, async (_, at) => {
      const wallet = new Wallet(hexlify(randomBytes(32)));
      const text = `${"é".repeat(at * 5)}\n`;
      return [text, await wallet.signMessage(text), wallet.address];
    }),
  );
  const found = await page.evaluate((all) => all.map(([text, signature]) => signerOf(text, signature)), cases);
  assert.deepEqual(found, cases.map(([, , address]) => address));
  // The twin with a high s, and what is no signature.
  const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const [text, signature] = cases[0];
  const s = (N - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, "0");
  const twin = signature.slice(0, 66) + s + (signature.endsWith("1b") ? "1c" : "1b");
  for (const none of [twin, "", "0x", signature.slice(0, -2), `${signature}00`, `0x${"0".repeat(128)}1b`]) {
    assert.equal(await page.evaluate(([t, n]) => signerOf(t, n), [text, none]), null, none);
  }
  await context.close();
});
