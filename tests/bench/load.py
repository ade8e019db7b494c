"""The shop under load, through nginx as it is shipped: `bin/bench --load`.

wrk asks for pages, files and JSON at 64 and at 500 connections while people buy and follow their orders
by streams; then 500 people sign in at once, some times over. It fails where
  - an answer is a 5xx other than 503 with Retry-After,
  - a role or nginx grows while nothing but load changes,
  - escrow's heartbeat is ever older than 5 s, or /health says no,
  - a page takes more than three times as long (p99) while 500 sign in as just before (the median of the times).
Everything runs on this machine and shares its cores: wrk, nginx, the shop, its chain and this script.
"""
import asyncio, http.client, json, multiprocessing, os, queue, random, re, shutil, signal, ssl, statistics, subprocess, sys, tempfile, threading, time
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlencode

import mariadb  # of tests/image

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release-fast"
PASSWORD = "correct horse battery"
PAYEE, REFUND = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
COMMISSION = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
ITEMS, BUYERS, SIGNERS, RUSHES = 30, 8, 500, 5
HEART_SECS, TIMES, GROWTH_MIB = 5.0, 3.0, 12.0


class Wrong(Exception):
    """An answer that ends the measurement."""


class Client:
    """A browser or an agent at an address of this machine's own."""

    def __init__(self, shop, address):
        self.shop, self.address = shop, address
        self.cookies, self.key, self.connection = {}, None, None

    def send(self, method, path, body=None, headers=()):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                "localhost", self.shop.tls, timeout=30, context=self.shop.trust, source_address=(self.address, 0))
        all_headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **dict(headers)}
        if self.key:
            all_headers = {"X-API-Key": self.key, **dict(headers)}
        try:
            self.connection.request(method, path, body, all_headers)
            answer = self.connection.getresponse()
            answer.text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        for set_cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = set_cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer

    def form(self, path, fields):
        page = self.send("GET", path)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        if not csrf:
            raise Wrong(f"{path}: {page.status} has no form")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.shop.site}
        return self.send("POST", path, urlencode({"csrf": csrf[1], **fields}), headers)

    def register(self, name):
        answer = self.form("/register", {"username": name, "password": PASSWORD, "repeat": PASSWORD})
        if answer.status != 200:
            raise Wrong(f"{name} gets no account: {answer.status} {answer.text[:300]}")
        page = self.form("/account/keys", {"name": "Robot", "scope": "write", "days": ""})
        self.key = re.search(r"hfk_\w{43}", page.text)[0]
        return self

    def api(self, method, path, body=None):
        answer = self.send(method, f"/api/v1{path}", body and json.dumps(body), {"Content-Type": "application/json"})
        return answer.status, json.loads(answer.text or "null")

    def must(self, method, path, body=None):
        status, answer = self.api(method, path, body)
        if status >= 300:
            raise Wrong(f"{method} {path}: {status} {answer}")
        return answer


class Shop:
    """The roles, a chain, and nginx with its limits for each address lifted: all load comes from one."""

    def __init__(self, build, on_server):
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-load-"))
        self.folder.chmod(0o755)
        self.build, self.children = build, []
        self.server = mariadb.Server(self.folder / "server") if on_server else None

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def open(self):
        if self.build:
            features = ["--features", "mariadb"] if self.server else []
            run("cargo", "build", "--locked", "--quiet", "--profile", "release-fast", "-p", "holdfast", "-p", "bench-tests",
                *features, cwd=ROOT)
        self.web, self.tls, self.plain, chain = (free_port() for _ in range(4))
        self.site = f"https://localhost:{self.tls}"
        self.start("chain", [TARGET / "chain"], {"DEVNET_LISTEN": f"127.0.0.1:{chain}", "SITE_URL": self.site,
                                                 "DEVNET_DATA": str(self.folder / "chain")})
        secret = self.folder / "secret.env"
        secret.write_text(f'MNEMONIC="{PHRASE}"\nRPC_URL_DEV=http://127.0.0.1:{chain}\nCOMMISSION_WALLET_DEV={COMMISSION}\n'
                          f"PRICES_URL=http://127.0.0.1:{chain}/prices/v1/demo/tokens/by-symbol\n"
                          + "".join(f"{name}={value}\n" for name, value in (self.server.secret if self.server else {}).items()))
        secret.chmod(0o600)
        salts = {name: os.urandom(32).hex() for name in ("SESSION_SALT", "COOKIE_ENCRYPTION_SALT", "CSRF_SALT")}
        database = {"DB_DSN": f"sqlite:{self.folder}/data"}
        if self.server:
            self.server.__enter__()
            database = self.server.env
        env = {"SITE_URL": self.site, "LISTEN": f"127.0.0.1:{self.web}", "TRUSTED_PROXIES": "127.0.0.1",
               "ACCOUNT_CREATION_MIN_INTERVAL_MINUTES": "0", "SECRET_FILE": str(secret), **salts, **database}
        wait("the chain", lambda: socket_open(chain))
        self.miner = Miner(chain)
        self.migrate({"PATH": "/usr/bin:/bin", **env})
        bare = [] if os.geteuid() == 0 else ["--accept-no-isolation"]
        self.start("serve", [TARGET / "holdfast", "serve", *bare], env)
        wait("the shop", lambda: self.health()[0] == 200)
        self.nginx()
        self.fill()

    def migrate(self, env):
        if not self.server:
            run(TARGET / "holdfast", "migrate", env=env, cwd=self.folder, stdout=subprocess.DEVNULL)
            return
        run(TARGET / "holdfast", "migrate", env={**env, **self.server.owner}, cwd=self.folder, stdout=subprocess.DEVNULL)
        said = run(TARGET / "holdfast", *self.server.grants, env=env, cwd=self.folder, capture_output=True, text=True)
        self.server.sql(said.stdout)

    def start(self, name, words, env):
        log = open(self.folder / f"{name}.log", "w")
        child = subprocess.Popen([str(w) for w in words], env={"PATH": "/usr/bin:/bin", **env}, cwd=self.folder,
                                 stdout=log, stderr=log, start_new_session=True)
        self.children.append((name, child))

    def nginx(self):
        settings = self.folder / "openssl.cnf"
        settings.write_text("[req]\ndistinguished_name=name\nx509_extensions=more\nprompt=no\n[name]\nCN=localhost\n"
                            "[more]\nsubjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-config",
            settings, "-keyout", self.folder / "privkey.pem", "-out", self.folder / "fullchain.pem", stderr=subprocess.DEVNULL)
        self.trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        text = (ROOT / "nginx.conf").read_text()
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        for old, new in [("listen 443", f"listen 127.0.0.1:{self.tls}"), ("listen 80", f"listen 127.0.0.1:{self.plain}"),
                         ("shop.example", "localhost"), ("127.0.0.1:8080", f"127.0.0.1:{self.web}"),
                         ("/etc/holdfast/tls", str(self.folder)), ("/var/log/nginx", str(self.folder)),
                         ("rate=20r/s", "rate=1000000r/s"), ("rate=100r/s", "rate=1000000r/s"), ("burst=100 ", "burst=100000 "), ("burst=400 ", "burst=100000 "),
                         ("visitors 64", "visitors 4096"), ("streams 16", "streams 4096"),
                         ("$sent_http_x_request_id", '"$sent_http_retry_after"'), ("http {\n", "http {\n" + temporary)]:
            assert old in text, f"nginx.conf has no {old}"
            text = text.replace(old, new)
        config = self.folder / "nginx.conf"
        config.write_text(text)
        path = f"{os.environ['PATH']}:/usr/sbin"
        self.start("nginx", [shutil.which("nginx", path=path), "-c", config, "-g", f"daemon off; pid {self.folder}/nginx.pid;"], {})
        wait("nginx", lambda: socket_open(self.tls))

    def fill(self):
        vendor = Client(self, "127.0.1.1").register("vera")
        store = vendor.must("POST", "/stores", {"name": "Kiln", "description": "We sell.", "picture": "crest-kiln"})["id"]
        vendor.must("POST", f"/stores/{store}/payout-address", {"address": PAYEE})
        for n in range(ITEMS):
            if n % 20 == 19:  # a key makes 60 calls a minute
                vendor.key = vendor.must("POST", "/keys", {"name": f"Robot {n}", "scope": "write"})["secret"]
            item = vendor.must("POST", "/items", {"store_id": store, "name": f"Mug {n}", "description": "Good. " * 40,
                                                  "picture": "stoneware-mug"})["id"]
            package = vendor.must("POST", f"/items/{item}/packages", {"name": "One", "kind": "shipped", "price_cents": 2800})
        wait("a payout address", lambda: vendor.must("GET", f"/stores/{store}")["payout"]["in_force"])
        self.item, self.package = item, package["id"]
        self.buyers = [Client(self, f"127.0.1.{n + 2}").register(f"buyer-{n}") for n in range(BUYERS)]
        page = vendor.send("GET", "/").text
        self.css = re.search(r'href="(/static/[^"]+)"', page)[1]

    def health(self):
        """The status of /health and the age of escrow's last heartbeat in seconds."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=20)
            connection.request("GET", "/health")
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return 0, float("inf")
        finally:
            connection.close()
        beat = told["escrow_beat_at"]
        age = (datetime.now(timezone.utc) - datetime.fromisoformat(beat)).total_seconds() if beat else float("inf")
        return answer.status, age

    def processes(self):
        """Process numbers by name."""
        found = {}
        for name, child in self.children:
            for pid in family(child.pid):
                try:
                    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
                except OSError:
                    continue
                role = words.removeprefix("holdfast: ").split(" ")[0] if name == "serve" else name
                found.setdefault("monitor" if "/" in role else role, []).append(pid)
        found.pop("chain")
        return found

    def __exit__(self, *_):
        for _, child in reversed(self.children):
            child.terminate()
            child.wait()
        if self.server and self.server.child:
            self.server.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)


class Miner(threading.Thread):
    """Makes a block a second: the clock of the chain moves a second with each, and escrow looks at no chain
    that is ahead of its own. A payment takes a block to itself."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.payments = port, queue.Queue()
        rpc(port, "evm_setAutomine", [False])
        self.start()

    def run(self):
        turn = 0
        while True:
            time.sleep(1.1)
            turn += 1
            try:
                if turn % 2 and not self.payments.empty():
                    rpc(self.port, "devnet_faucet", self.payments.get())
                else:
                    rpc(self.port, "evm_mine", [])
            except OSError:
                return


class Watch(threading.Thread):
    """Looks at heartbeat and memory until it is stopped."""

    def __init__(self, shop):
        super().__init__(daemon=True)
        self.shop, self.stopped = shop, threading.Event()
        self.ages, self.refused, self.memory = [], 0, []

    def run(self):
        while not self.stopped.wait(0.5):
            status, age = self.shop.health()
            self.ages.append(age)
            self.refused += status != 200
            self.memory.append({name: sum(map(pss, pids)) for name, pids in self.shop.processes().items()})


class Purchases:
    """Buyers who buy, one order after the other, until they are stopped."""

    def __init__(self, shop):
        self.shop, self.stopped = shop, threading.Event()
        self.times, self.failures = [], []
        self.threads = [threading.Thread(target=self.buy, args=(buyer,), daemon=True) for buyer in shop.buyers]
        for thread in self.threads:
            thread.start()

    def buy(self, buyer):
        while not self.stopped.is_set():
            start = time.monotonic()
            try:
                self.one(buyer)
                self.times.append(time.monotonic() - start)
            except (Wrong, OSError, http.client.HTTPException) as why:
                self.failures.append(f"{type(why).__name__}: {why}")
                self.stopped.wait(5)

    def one(self, buyer):
        wish = {"lines": [{"package_id": self.shop.package, "quantity": 1}], "chain_id": 31337, "refund_address": REFUND,
                "delivery_address": "Somewhere 1"}
        order = buyer.must("POST", "/orders", wish)["id"]
        events = self.stream(buyer, order)
        self.until(events, "address-issued")
        shown = buyer.must("GET", f"/orders/{order}")
        self.shop.miner.payments.put([shown["address"], hex(int(shown["amount"]))])
        self.until(events, "funded")
        buyer.must("POST", f"/orders/{order}/confirm-receipt", {})
        self.until(events, "released")

    def stream(self, buyer, order):
        connection = http.client.HTTPSConnection("localhost", self.shop.tls, timeout=60, context=self.shop.trust,
                                                 source_address=(buyer.address, 0))
        connection.request("GET", f"/api/v1/orders/{order}/events", headers={"X-API-Key": buyer.key, "Accept": "text/event-stream"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Wrong(f"no stream: {answer.status}")
        for line in answer:
            if line.startswith(b"event: "):
                yield line.split()[1].decode()
        connection.close()

    def until(self, events, name):
        for event in events:
            if event == name:
                return
        raise Wrong(f"the stream ended before {name}")

    def told(self):
        """Lets everybody come to an end, and says what there was."""
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)
        if self.times:
            print(f"buying   {len(self.times)} purchases to their last payment, {statistics.median(self.times):.1f} s each,"
                  f" {max(self.times):.1f} s at most; {len(self.failures)} broke off")
        for failure in sorted(set(self.failures))[:5]:
            print(f"         {failure}")
        broken = [f"{len(self.failures)} purchases broke off"] * bool(self.failures)
        return broken + ["nobody bought anything"] * (not self.times)


# --- measuring ----------------------------------------------------------------------------------

def crowd(shop, connections, seconds):
    """wrk over several kinds of page; rate and p99."""
    script = shop.folder / "mix.lua"
    paths = ["/", f"/items/{shop.item}", "/api/v1/items", "/", "/login", shop.css, f"/items/{shop.item}", "/stores"]
    script.write_text("local paths = {%s}\nlocal n = 0\nrequest = function() n = n + 1\n"
                      "return wrk.format('GET', paths[n %% #paths + 1]) end\n" % ", ".join(f"'{path}'" for path in paths))
    out = run("wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", script, shop.site + "/",
              capture_output=True, text=True).stdout
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", out)
    errors = re.search(r"Socket errors: (.*)", out)
    scale = {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[p99[2]]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    return rate, float(p99[1]) * scale, errors[1] if errors else ""


def under_load(shop, connections, seconds):
    log = shop.folder / "access.log"
    skipped = log.stat().st_size
    watch = Watch(shop)
    watch.start()
    rate, p99, errors = crowd(shop, connections, seconds)
    watch.stopped.set()
    watch.join()
    with log.open() as lines:
        lines.seek(skipped)
        statuses, bare = count(lines)
    third = max(1, len(watch.memory) // 3)
    grown = {}
    for name in watch.memory[-1]:
        first, last = (statistics.median(m.get(name, 0) for m in part) for part in (watch.memory[third:2 * third], watch.memory[-third:]))
        grown[name] = (first, last)
    peak = max(sum(m.values()) for m in watch.memory)
    print(f"load     {connections:3} connections: {rate:7.0f}/s, p99 {p99:6.1f} ms; {told(statuses)}{'; ' + errors if errors else ''}")
    print(f"         oldest heartbeat {max(watch.ages):.1f} s, /health refused {watch.refused}; all processes {peak:.0f} MiB at most;"
          f" {', '.join(f'{name} {a:.0f} → {b:.0f}' for name, (a, b) in grown.items())} MiB")
    failed = [f"{bare} answers were 5xx without Retry-After"] * (bare > 0)
    failed += [f"the heartbeat was {max(watch.ages):.1f} s old"] * (max(watch.ages) > HEART_SECS)
    failed += [f"/health refused {watch.refused} times"] * (watch.refused > 0)
    failed += [f"{name} grew from {a:.0f} to {b:.0f} MiB" for name, (a, b) in grown.items() if b - a > GROWTH_MIB]
    return failed


def count(lines):
    """Answers by status, and the 5xx that are no 503 with Retry-After."""
    statuses, bare = {}, 0
    for line in lines:
        found = re.search(r'" (\d{3}) \d+ [\d.]+ "([^"]*)"$', line)
        if found:
            statuses[found[1]] = statuses.get(found[1], 0) + 1
            bare += found[1][0] == "5" and (found[1] != "503" or found[2] == "-")
    return statuses, bare


def told(statuses):
    return ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))


def prober(port, seconds):
    """A process of its own that asks for a page 50 times a second; gives milliseconds."""
    code = ("import http.client, json, os, ssl, sys, time\n"
            "port, secs = int(sys.argv[1]), float(sys.argv[2])\n"
            "c = http.client.HTTPSConnection('localhost', port, timeout=30, context=ssl._create_unverified_context())\n"
            "times, begun, n = [], time.perf_counter(), 0\n"
            "while n < secs * 50:\n"
            "    pause = begun + n / 50 - time.perf_counter()\n"
            "    time.sleep(max(0, pause)); start = time.perf_counter()\n"
            "    c.request('GET', '/'); a = c.getresponse(); a.read(); n += 1\n"
            "    assert a.status == 200, a.status\n"
            "    times.append((time.perf_counter() - start) * 1000)\n"
            "print(json.dumps(times))\n")
    return subprocess.Popen([sys.executable, "-c", code, str(port), str(seconds)], stdout=subprocess.PIPE, text=True)


def p99(process):
    times = sorted(json.loads(process.communicate()[0]))
    return times[len(times) * 99 // 100]


async def sign_in(shop, n, start, results, until):
    """One of the many: opens a connection, gets the form, waits for the start, and tries to get in; sent away,
    tries again when a person would, not all in the same moment."""
    address = f"127.0.{2 + n // 250}.{1 + n % 250}"
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.tls, ssl=shop.trust, server_hostname="localhost",
                                                   local_addr=(address, 0))

    async def ask(text):
        writer.write(text.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        return head, (await reader.readexactly(int(length[1]))).decode() if length else ""

    host = f"Host: localhost:{shop.tls}\r\n"
    head, page = await ask(f"GET /login HTTP/1.1\r\n{host}\r\n")
    cookie = re.search(r"(?i)set-cookie: ([^;]+)", head)[1]
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
    body = urlencode({"csrf": csrf, "username": f"buyer-{n % BUYERS}", "password": PASSWORD})
    await start.wait()
    while time.monotonic() < until[0]:
        head, _ = await ask(f"POST /login HTTP/1.1\r\n{host}Cookie: {cookie}\r\nOrigin: {shop.site}\r\nContent-Length: {len(body)}\r\n"
                            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}")
        status = head.split(" ")[1]
        results[status] = results.get(status, 0) + 1
        if status[0] == "5" and (status != "503" or "retry-after" not in head.lower()):
            results["bare"] = results.get("bare", 0) + 1
        if status == "303":
            break
        await asyncio.sleep(random.uniform(1, 3))
    writer.close()


async def sign_in_all(shop, ready, go, seconds):
    start, results, until = asyncio.Event(), {}, [0]
    tasks = [asyncio.create_task(sign_in(shop, n, start, results, until)) for n in range(SIGNERS)]
    await asyncio.sleep(4)
    ready.set()
    await asyncio.get_running_loop().run_in_executor(None, go.wait)
    until[0] = time.monotonic() + seconds
    start.set()
    await asyncio.gather(*tasks)
    return results


def the_many(shop, ready, go, told, seconds):
    """The crowd at the door, in a process of its own. They are elsewhere, in earnest: here they must not take
    from the shop what it serves others by, not even for the slice of time that a nice process keeps a core."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    told.put(asyncio.run(sign_in_all(shop, ready, go, seconds)))


def one_rush(shop, seconds):
    """A page's p99 while nobody signs in, the same while all do, and how the many were answered."""
    here = multiprocessing.get_context("fork")
    ready, go, answers = here.Event(), here.Event(), here.Queue()
    many = here.Process(target=the_many, args=(shop, ready, go, answers, seconds), daemon=True)
    many.start()
    ready.wait()
    quiet = p99(prober(shop.tls, seconds))
    probe = prober(shop.tls, seconds)
    go.set()
    busy, results = p99(probe), answers.get()
    many.join()
    return quiet, busy, results


def logins(shop, seconds):
    watch = Watch(shop)
    watch.start()
    rushes = [one_rush(shop, seconds) for _ in range(RUSHES)]
    watch.stopped.set()
    watch.join()
    results = {}
    for _, _, answers in rushes:
        for status, number in answers.items():
            results[status] = results.get(status, 0) + number
    bare = results.pop("bare", 0)
    shown = ", ".join(f"{quiet:.1f} → {busy:.1f}" for quiet, busy, _ in rushes)
    times = statistics.median(busy / quiet for quiet, busy, _ in rushes)
    print(f"logins   {SIGNERS} at once, {RUSHES} times: {told(results)}; a page's p99 quiet → meanwhile {shown} ms, median ×{times:.1f};"
          f" oldest heartbeat {max(watch.ages):.1f} s; web {max(m['web'] for m in watch.memory):.0f} MiB at most")
    failed = [f"{bare} logins were answered by 5xx without Retry-After"] * (bare > 0)
    failed += [f"a page takes ×{times:.1f} while many sign in"] * (times > TIMES)
    failed += [f"the heartbeat was {max(watch.ages):.1f} s old"] * (max(watch.ages) > HEART_SECS)
    return failed


# --- small things -------------------------------------------------------------------------------

def run(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, **options)


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def socket_open(port):
    import socket
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


def wait(what, ask, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ask():
            return
        time.sleep(0.05)
    sys.exit(f"{what} did not come within {seconds} s")


def rpc(port, method, params):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["result"]


def family(pid):
    """The process and all that it started."""
    found, parents = [pid], {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents.setdefault(int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]), []).append(int(folder.name))
            except OSError:
                continue
    for one in found:
        found += parents.get(one, [])
    return found


def pss(pid):
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1024 for row in rows if row.startswith("Pss:")), 0.0)


def main(options):
    failed = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with Shop(not options.no_build, options.mariadb) as shop:
        print(f"database {'MariaDB' if options.mariadb else 'SQLite'}; {os.cpu_count()} cores, shared by the load and what bears it")
        crowds = [connections for connections in (64, 500) if str(connections) in options.parts]
        purchases = Purchases(shop) if crowds else None
        for connections in crowds:
            failed += under_load(shop, connections, options.seconds)
        failed += purchases.told() if purchases else []
        if "logins" in options.parts:
            failed += logins(shop, 10)
        if options.keep:
            shutil.copytree(shop.folder, options.keep, dirs_exist_ok=True)
    if failed:
        sys.exit("does not hold: " + "; ".join(failed))
