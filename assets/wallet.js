// Lets a wallet of the browser (EIP-1193) sign what a page shows. Without a wallet nothing happens,
// and the page says how else to go on.
(() => {
  "use strict";
  const box = document.querySelector("[data-sign]");
  if (!box) return;
  const bar = box.querySelector("[data-sign-wallet]");
  const button = bar.querySelector("button");
  const say = bar.querySelector("[role=status]");
  const form = box.closest("form");
  const what = box.querySelector(".sign-what").textContent;
  const { sign: kind, signer, chain } = box.dataset;
  let wallet;

  function found(provider) {
    if (wallet || !provider) return;
    wallet = provider;
    bar.hidden = false;
  }

  const ask = (method, params = []) => wallet.request({ method, params });
  const same = (one, other) => one.toLowerCase() === other.toLowerCase();
  const hex = (text) =>
    "0x" + Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");

  async function typed(accounts) {
    if (!accounts.some((account) => same(account, signer))) {
      throw new Error(`${signer} has to sign, and the wallet offers ${accounts.join(", ")}.`);
    }
    // Wallets sign for the chain that they stand on only.
    const wanted = "0x" + BigInt(chain).toString(16);
    if (!same(await ask("eth_chainId"), wanted)) {
      await ask("wallet_switchEthereumChain", [{ chainId: wanted }]);
    }
    return ask("eth_signTypedData_v4", [signer, what]);
  }

  async function plain([account]) {
    // Wallets write addresses without capitals, which is a form that the field takes.
    form.elements.address.value = account.toLowerCase();
    return ask("personal_sign", [hex(what), account]);
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    say.textContent = "Please look at your wallet.";
    try {
      const accounts = await ask("eth_requestAccounts");
      form.elements.signature.value = await (kind === "typed" ? typed(accounts) : plain(accounts));
      say.textContent = "Signed.";
      form.requestSubmit();
    } catch (error) {
      say.textContent = `The wallet did not sign: ${error?.message ?? error}`;
      button.disabled = false;
    }
  });

  // Wallets announce themselves (EIP-6963); older ones are just there.
  window.addEventListener("eip6963:announceProvider", (event) => found(event.detail?.provider));
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  found(window.ethereum);
  window.addEventListener("ethereum#initialized", () => found(window.ethereum), { once: true });
})();
