"""A purchase from outside: two people with browsers and keys, one store, one order, paid and released."""
import http.client
import json
import re
import ssl
import time
from urllib.parse import quote, urlencode, urlsplit

PATIENCE = 60
PASSWORD = "correct horse battery"


def within(what, ask, seconds=PATIENCE):
    """Asks until there is an answer."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(1)


class Site:
    """Where a shop is reached: its own address, and the host and port to connect to."""

    def __init__(self, url, connect):
        self.url, self.connect, self.tls = url, connect, None
        self.host = urlsplit(url).netloc

    def trust(self, certificate):
        """Speaks TLS, and believes this certificate alone."""
        self.tls = ssl.create_default_context(cafile=certificate)

    def ask(self, method, path, body=None, headers=None, source="127.0.0.1"):
        """One request from `source`, an address of this machine."""
        options = {"timeout": 20, "source_address": (source, 0)}
        if self.tls:
            line = _Tls(self.connect, self.tls, urlsplit(self.url).hostname, options)
        else:
            line = http.client.HTTPConnection(*self.connect, **options)
        try:
            line.request(method, path, body, {"Host": self.host, **(headers or {})})
            answer = line.getresponse()
            answer.text = answer.read().decode()
            return answer
        finally:
            line.close()

    def health(self):
        try:
            return self.ask("GET", "/health").status
        except OSError:
            return None


class _Tls(http.client.HTTPConnection):
    """Connects to one address and expects the certificate of another name."""

    def __init__(self, connect, tls, name, options):
        super().__init__(*connect, **options)
        self.tls, self.name = tls, name

    def connect(self):
        super().connect()
        self.sock = self.tls.wrap_socket(self.sock, server_hostname=self.name)


class Person:
    """Somebody with a browser at an address of his own; once registered, with a key as well."""

    seen = 1

    def __init__(self, site, name):
        Person.seen += 1
        self.site, self.cookies, self.source = site, {}, f"127.0.0.{Person.seen}"
        self.form("/register", username=name, password=PASSWORD, repeat=PASSWORD)
        page = self.form("/account/keys", name="agent", scope="write", days="")
        self.key = re.search(r"hfk_[0-9A-Za-z]{20,}", page)[0]

    def _browse(self, method, path, body=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.site.url}
        answer = self.site.ask(method, path, body, headers, self.source)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer

    def form(self, path, **fields):
        """Opens a page and sends its form."""
        page = self._browse("GET", path).text
        fields["csrf"] = re.search(r'name="csrf" value="([^"]+)"', page)[1]
        answer = self._browse("POST", path, urlencode(fields, quote_via=quote))
        if answer.status >= 400:
            raise SystemExit(f"POST {path} answers {answer.status}: {answer.text[:2000]}")
        return answer.text

    def api(self, method, path, body=None, **headers):
        """Acts by key; the answer as JSON."""
        headers = {"Authorization": f"Bearer {self.key}", **headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        answer = self.site.ask(method, f"/api/v1{path}", body, headers, self.source)
        while answer.status == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = self.site.ask(method, f"/api/v1{path}", body, headers, self.source)
        if answer.status >= 400:
            raise SystemExit(f"{method} {path} answers {answer.status}: {answer.text}")
        return json.loads(answer.text) if answer.text else None


def purchase(site, chain, tag=""):
    """Registers, lists, orders, pays, ships, confirms; returns when the vendor has the money."""
    vendor, buyer = Person(site, f"vendor{tag}"), Person(site, f"buyer{tag}")
    package = list_item(vendor, chain, tag)
    lines = [{"package_id": package, "quantity": 1}]
    offered = lambda: next((o for o in buyer.api("POST", "/quotes", {"lines": lines})["options"]
                            if o["chain_id"] == chain.number and o["amount"]), None)
    within("a price", offered)
    wish = {"lines": lines, "chain_id": chain.number, "refund_address": chain.refund,
            "delivery_address": "Ada Lovelace, 12 St James Square, London"}
    order = buyer.api("POST", "/orders", wish, **{"Idempotency-Key": f"journey{tag}"})
    path = f"/orders/{order['id']}"
    look = lambda status: lambda: (o := buyer.api("GET", path))["status"] == status and o
    order = within("an address", lambda: (o := buyer.api("GET", path)).get("address") and o)
    before = [chain.balance(who) for who in (chain.vendor, chain.commission)]
    chain.pay(order["address"], int(order["amount"]))
    within("COMPLETED", look("COMPLETED"))
    vendor.api("POST", f"{path}/ship", {"note": "sent"})
    buyer.api("POST", f"{path}/confirm-receipt")
    order = within("RELEASED", look("RELEASED"))
    paid = [chain.balance(who) - was for who, was in zip((chain.vendor, chain.commission), before)]
    legs = {leg["role"]: int(leg["amount"]) for leg in order["legs"]}
    if paid != [legs["vendor"], legs["commission"]] or min(paid) <= 0:
        raise SystemExit(f"the chain paid {paid}, the order says {legs}")
    return order


def list_item(vendor, chain, tag):
    """Opens a store with one item; the package to order."""
    store = vendor.api("POST", "/stores", {"name": f"Fern and Kiln{tag}", "description": "Pens.",
                                           "picture": "crest-kiln"})["id"]
    vendor.api("POST", f"/stores/{store}/payout-address", {"address": chain.vendor})
    within("a payout address", lambda: vendor.api("GET", f"/stores/{store}")["payout"]["in_force"])
    item = vendor.api("POST", "/items", {"store_id": store, "name": "A brass pen",
                                         "description": "It writes.", "picture": "brass-pen"})["id"]
    return vendor.api("POST", f"/items/{item}/packages", {
        "name": "One", "kind": "shipped", "price_cents": 7_400, "shipping_cents": 490})["id"]
