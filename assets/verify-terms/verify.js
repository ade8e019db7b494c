// Who signed the terms of an order, and what they say. Nothing is asked of anybody, and there is no
// secret in here: a text goes in, the address of its signer comes out.
"use strict";

// --- Keccak-256, as Ethereum uses it ------------------------------------------------------------

const MASK = (1n << 64n) - 1n;
const turn = (word, by) => ((word << by) | (word >> (64n - by))) & MASK;

// The round constants come from a shift register of eight bits, the rotations from a walk.
const ROUNDS = (() => {
  let register = 1;
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let j = 0n; j < 7n; j += 1n) {
      if (register & 1) constant |= 1n << ((1n << j) - 1n);
      register = register & 0x80 ? ((register << 1) ^ 0x171) : register << 1;
    }
    return constant;
  });
})();

function permute(a) {
  for (const constant of ROUNDS) {
    const c = [0, 1, 2, 3, 4].map((x) => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]);
    for (let i = 0; i < 25; i += 1) a[i] ^= c[(i + 4) % 5] ^ turn(c[(i + 1) % 5], 1n);
    let [x, y, moved] = [1, 0, a[1]];
    for (let t = 1; t <= 24; t += 1) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const by = BigInt((t * (t + 1)) / 2) % 64n;
      [a[x + 5 * y], moved] = [turn(moved, by), a[x + 5 * y]];
    }
    for (let row = 0; row < 25; row += 5) {
      const b = a.slice(row, row + 5);
      for (let i = 0; i < 5; i += 1) a[row + i] = b[i] ^ (~b[(i + 1) % 5] & MASK & b[(i + 2) % 5]);
    }
    a[0] ^= constant;
  }
}

function keccak256(bytes) {
  const rate = 136;
  const padded = new Uint8Array((Math.floor(bytes.length / rate) + 1) * rate);
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const view = new DataView(padded.buffer);
  const state = new Array(25).fill(0n);
  for (let at = 0; at < padded.length; at += rate) {
    for (let i = 0; i < rate / 8; i += 1) state[i] ^= view.getBigUint64(at + 8 * i, true);
    permute(state);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i += 1) out.setBigUint64(8 * i, state[i], true);
  return new Uint8Array(out.buffer);
}

// --- the curve secp256k1 ------------------------------------------------------------------------

const P = (1n << 256n) - (1n << 32n) - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];
const mod = (a, m = P) => ((a % m) + m) % m;

function inverse(a, m) {
  let [r, next, s, t] = [mod(a, m), m, 1n, 0n];
  while (next > 0n) {
    const q = r / next;
    [r, next, s, t] = [next, r - q * next, t, s - q * t];
  }
  return mod(s, m);
}

function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) {
    if (e & 1n) result = mod(result * b);
  }
  return result;
}

/** The sum of two points; null is the point at infinity. */
function add(a, b) {
  if (!a || !b) return a ?? b;
  const [[x1, y1], [x2, y2]] = [a, b];
  if (x1 === x2 && mod(y1 + y2) === 0n) return null;
  const slope = x1 === x2 ? mod(3n * x1 * x1 * inverse(2n * y1, P)) : mod((y2 - y1) * inverse(x2 - x1, P));
  const x = mod(slope * slope - x1 - x2);
  return [x, mod(slope * (x1 - x) - y1)];
}

function times(scalar, point) {
  let sum = null;
  for (let p = point, s = scalar; s > 0n; s >>= 1n, p = add(p, p)) {
    if (s & 1n) sum = add(sum, p);
  }
  return sum;
}

// --- signatures ---------------------------------------------------------------------------------

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const utf8 = (text) => new TextEncoder().encode(text);
const number = (digits) => BigInt("0x" + digits);

/** An address with the capitals of EIP-55. */
function address(digits) {
  const lower = digits.toLowerCase();
  const digest = hex(keccak256(utf8(lower)));
  return "0x" + Array.from(lower, (c, i) => (parseInt(digest[i], 16) >= 8 ? c.toUpperCase() : c)).join("");
}

/** The address whose key signed a text (EIP-191); null where there is none. */
function signerOf(text, signature) {
  if (!/^0x[0-9a-fA-F]{130}$/.test(signature)) return null;
  const [r, s] = [number(signature.slice(2, 66)), number(signature.slice(66, 130))];
  const v = parseInt(signature.slice(130), 16);
  if (r === 0n || r >= N || s === 0n || s > N / 2n || ![0, 1, 27, 28].includes(v)) return null;
  const bytes = utf8(text);
  const head = utf8(`\x19Ethereum Signed Message:\n${bytes.length}`);
  const digest = keccak256(new Uint8Array([...head, ...bytes]));
  const square = mod(r * r * r + 7n);
  let y = power(square, (P + 1n) / 4n);
  if (mod(y * y) !== square) return null;
  if ((y & 1n) !== BigInt(v >= 27 ? v - 27 : v)) y = P - y;
  const back = inverse(r, N);
  const key = add(times(mod(-number(hex(digest)) * back, N), G), times(mod(s * back, N), [r, y]));
  if (!key) return null;
  const digits = key.map((part) => part.toString(16).padStart(64, "0")).join("");
  const point = Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
  return address(hex(keccak256(point)).slice(24));
}

// --- terms --------------------------------------------------------------------------------------

/** Terms and signature of a text to keep; null where one is missing. */
function split(text) {
  const whole = text.trim().replaceAll("\r\n", "\n");
  const at = whole.lastIndexOf("\nsignature: ");
  const signature = whole.slice(at + "\nsignature: ".length);
  return at < 0 || signature.includes("\n") ? null : [whole.slice(0, at) + "\n", signature.trim()];
}

function decimal(units, decimals) {
  const digits = units.padStart(decimals + 1, "0");
  const cut = digits.length - decimals;
  const rest = digits.slice(cut).replace(/0+$/, "");
  return digits.slice(0, cut) + (rest && `.${rest}`);
}

/** What terms come to, in sentences. */
function sentences(terms) {
  const [head, ...rows] = terms.trimEnd().split("\n");
  if (!/^holdfast sealed terms [123]$/.test(head)) return null;
  const row = Object.fromEntries(rows.map((line) => line.split(": ")));
  const sum = decimal(row.due, Number(row["token decimals"] ?? 18));
  const asset = row.token ? `${row["token symbol"]} (token ${row.token})` : "of the chain's coin";
  const percent = (bps) => `${Number(bps) / 100} %`;
  const invited = row["referral address"]
    ? ` (of which ${percent(row["referral bps of the commission"])} for whoever invited the buyer, at ${row["referral address"]})`
    : "";
  const ruling = row["resolver address"] ? `, less 10 % of all where staff rule in a dispute, at ${row["resolver address"]}` : "";
  const until = new Date(Number(BigInt(row["expires at micros"]) / 1000n)).toISOString().slice(0, 19);
  return [
    `Order ${row.order} is paid by ${sum} ${asset} on the chain with the number ${row.chain} to ${row["escrow address"]} before ${until}Z.`,
    `Then the money goes to the vendor at ${row["payout address"]}, less ${percent(row["commission bps"])} for the site at ${row["commission address"]}${invited}${ruling}, or back to the buyer at ${row["refund address"]}, and nowhere else.`,
    `It is to be sent within ${row["handling hours"]} hours of the payment; then there are ${row["inspection hours"]} hours to look at it.`,
    row["signer address"]
      ? `The buyer releases the money by a signature of ${row["signer address"]} alone.`
      : "The buyer releases the money without a wallet's signature.",
  ];
}

/** How a text fares: good, open (signed, by whomever) or bad, and why. */
function check(text, expected) {
  const parts = split(text);
  if (!parts) return ["bad", ["These are no signed terms: the text must end in a row “signature: 0x…”."]];
  const signer = signerOf(...parts);
  if (!signer) return ["bad", ["This signature is nobody's: text or signature were changed. Do not pay."]];
  if (expected && signer.toLowerCase() !== expected.toLowerCase()) {
    return ["bad", [`NOT the terms that ${expected} signed: the text was changed, or another key signed it (${signer}). Do not pay.`]];
  }
  const told = sentences(parts[0]);
  if (!told) return ["bad", [`Signed by ${signer}, but these are no terms of an order.`]];
  const known = expected
    ? ["good", `Signed by ${signer}, as expected, and unchanged.`]
    : ["open", `Signed by ${signer}. That proves something only if it is the key of the site: compare it with what the site has published elsewhere.`];
  return [known[0], [known[1], ...told]];
}

document.getElementById("check")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const [outcome, lines] = check(
    document.getElementById("text").value,
    document.getElementById("signer").value.trim(),
  );
  const result = document.getElementById("result");
  result.className = outcome;
  result.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
  result.hidden = false;
  result.focus();
});
