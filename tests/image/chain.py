"""A chain to pay on (anvil), and prices in the shape of Alchemy's, both on loopback."""
import json
import re
import subprocess
import threading
import urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USD = "2500.00"


class Chain:
    """anvil with a block each second, final two blocks later; its accounts are unlocked and rich."""

    number = 31_337
    payer = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    vendor = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    refund = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    commission = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"

    def __init__(self, anvil):
        self.child = subprocess.Popen([anvil, "--port", "0", "--block-time", "1", "--slots-in-an-epoch", "1"],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        for line in self.child.stdout:
            said += line
            if found := re.search(r"Listening on (\S+)", line):
                self.url = f"http://{found[1]}"
                break
        else:
            raise SystemExit(f"anvil does not start: {said}")
        # Whoever stops listening would stop anvil.
        threading.Thread(target=self.child.stdout.read, daemon=True).start()
        self.prices = ThreadingHTTPServer(("127.0.0.1", 0), Prices)
        threading.Thread(target=self.prices.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()
        self.prices.shutdown()

    def call(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            said = json.load(answer)
        if "error" in said:
            raise SystemExit(f"{method}: {said['error']}")
        return said["result"]

    def pay(self, to, wei):
        self.call("eth_sendTransaction", {"from": self.payer, "to": to, "value": hex(wei)})

    def balance(self, who):
        return int(self.call("eth_getBalance", who, "latest"), 16)

    def secret(self, **more):
        """A secret file of escrow for this chain."""
        values = {
            "MNEMONIC": '"legal winner thank year wave sausage worth useful legal winner thank yellow"',
            "RPC_URL_DEV": self.url,
            "PRICES_URL": f"http://127.0.0.1:{self.prices.server_port}/prices",
            "COMMISSION_WALLET_DEV": self.commission,
            **more,
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())


class Prices(BaseHTTPRequestHandler):
    """Says what ETH costs."""

    def do_GET(self):
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        price = {"currency": "usd", "value": USD, "lastUpdatedAt": now}
        body = json.dumps({"data": [{"symbol": "ETH", "prices": [price]}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
