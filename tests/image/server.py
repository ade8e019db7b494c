#!/usr/bin/env python3
"""Runs the commands of docs/OPERATIONS.md in a fresh Debian that has booted systemd, and buys something there.

  server.py BINARY STORE FOLDER ANVIL      started by bin/image, in a network of its own

The blocks are those marked `sh`, in the order of the document; what is marked `sh elsewhere` or
`sh untried` is left out. Packages are installed before the machine boots, since it has no network.
"""
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import roots
from chain import Chain
from market import PASSWORD, Site, purchase, within
from roots import run

ROOT = Path(__file__).resolve().parents[2]
NAME = "market.test"
# Under which headings the shop must be able to sell when their last command is done, and to whom.
BUYING = {"nginx and TLS": "1", "Restart, upgrade, kill": "2", "Serve from MariaDB": "3"}
# What a server has before anybody logs in.
GIVEN = ["systemd", "systemd-sysv", "dbus"]


def blocks(text):
    """The commands of the document: under which heading, and what."""
    heading, found = "", []
    for part in re.finditer(r"^#+ ([^\n]+)$|^```sh\n(.*?)^```$|^```.*?^```$", text, re.M | re.S):
        if part[1]:
            heading = part[1]
        elif part[2]:
            found.append((heading, part[2]))
    return found


def packages(commands):
    """The packages that a block installs, and the block without that."""
    wanted = re.findall(r"^apt-get install (.+)$", commands, re.M)
    names = [word for row in wanted for word in row.split() if not word.startswith("-")]
    return names, re.sub(r"^apt-get .+\n", "", commands, flags=re.M)


class Machine:
    """A booted Debian; dropped with everything on it."""

    def __init__(self, root, log):
        self.root = root
        self.child = subprocess.Popen(
            ["systemd-nspawn", f"--directory={root}", "--register=no", "--keep-unit", "--boot", "--console=pipe",
             "--resolv-conf=off"], stdin=subprocess.DEVNULL, stdout=open(log, "w"), stderr=subprocess.STDOUT)
        self.init = within("a first process", self._init)
        within("systemd", lambda: run(*self._inside("systemctl", "is-system-running"), check=False,
                                      capture_output=True, text=True).stdout.strip() in ("running", "degraded"))

    def _init(self):
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        return next((int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text() == "systemd\n"), None)

    def _inside(self, *words):
        return ["nsenter", "--target", str(self.init), "--mount", "--uts", "--ipc", "--pid", "--root", "--wd", "--", *words]

    def sh(self, commands):
        """Runs a block as root in its home folder, with the password on its input."""
        script = f'export HOME=/root; cd; NAME={NAME}\nset -euo pipefail\n{commands}'
        return run(*self._inside("bash", "-c", script), check=False, input=f"{PASSWORD}\n", capture_output=True,
                   text=True, env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})

    def stop(self):
        # 37 is SIGRTMIN+3, by which systemd halts.
        run("kill", "-37", str(self.init), check=False)
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def prepare(store, root, binary, wanted):
    roots.unpack(store, root)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    run("chroot", root, "sh", "-ec", "export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; "
        "apt-get install -qq --no-install-recommends " + " ".join([*GIVEN, *wanted]) + " >/dev/null",
        stderr=subprocess.DEVNULL)
    (root / "usr/sbin/policy-rc.d").unlink()
    with open(root / "etc/hosts", "a") as hosts:
        hosts.write(f"127.0.0.1 localhost {NAME}\n")
    for file in (binary, ROOT / "nginx.conf", ROOT / "deploy/holdfast.service"):
        shutil.copy(file, root / "root")


def fill_in(root, chain):
    """What the operator fills in with an editor: the test's own chain in place of a real one."""
    file = root / "etc/holdfast/secret.env"
    phrase = file.read_text().splitlines()[0]
    assert len(phrase.split()) == 24, phrase
    rest = chain.secret().splitlines()[1:]
    file.write_text("\n".join([phrase, *rest]) + "\n")


def follow(machine, document, chain, site, say):
    """The document from its first command to its last; purchases where the shop must be able to."""
    last = {heading: commands for heading, commands in document}
    for heading, commands in document:
        ends = last[heading] == commands
        commands = packages(commands)[1].replace("NAME=shop.example\n", "")
        if heading.startswith("Restart"):
            shutil.copy(machine.root / "usr/local/bin/holdfast", machine.root / "root/holdfast")
        done = machine.sh(commands)
        if done.returncode:
            words = f"{commands}\n{done.stdout}{done.stderr}"
            raise SystemExit(f"docs/OPERATIONS.md, {heading!r}, ends with {done.returncode}:\n{words}")
        say(f"ok: {heading}")
        if heading == "The secret file":
            fill_in(machine.root, chain)
        if heading == "Start":
            within("the first blocks", lambda: "holdfast is ready" in machine.sh("journalctl --no-pager --unit holdfast").stdout)
        if heading == "nginx and TLS":
            site.trust(machine.root / "etc/holdfast/tls/fullchain.pem")
        if ends and heading in BUYING:
            within(f"health after {heading!r}", lambda: site.health() == 200)
            order = purchase(site, chain, BUYING[heading])
            say(f"ok: order {order['id'][:8]} {order['status']} after {heading!r}")


def walls(machine, say):
    """What systemd and the shop say of the walls."""
    rated = machine.sh("systemd-analyze security holdfast --no-pager | tail -1").stdout.strip()
    say(f"systemd: {rated}")
    said = machine.sh("cd /etc/holdfast; holdfast check").stdout.splitlines()
    say(said[0])
    failed = machine.sh("systemctl --failed --no-legend --no-pager").stdout.strip()
    if failed:
        raise SystemExit(f"failed units: {failed}")


def main():
    binary, store, folder, anvil = map(Path, sys.argv[1:])
    begun = time.monotonic()
    say = lambda text: print(f"{time.monotonic() - begun:6.0f} s  server: {text}", flush=True)
    document = blocks((ROOT / "docs/OPERATIONS.md").read_text())
    wanted = [name for _, commands in document for name in packages(commands)[0]]
    root = folder / "server-root"
    if not root.exists():
        # First with the network, then without: `unshare` runs this once more.
        prepare(store, root, binary, wanted)
        say(f"a fresh Debian with {' '.join(wanted)}")
        unshared = ["unshare", "--net", "sh", "-ec", 'ip link set lo up; exec "$@"', "sh", sys.executable, "-B", *sys.argv]
        sys.exit(subprocess.run(unshared).returncode)
    machine = Machine(root, folder / "boot.log")
    try:
        say("booted")
        with Chain(anvil) as chain:
            follow(machine, document, chain, Site(f"https://{NAME}", ("127.0.0.1", 443)), say)
            walls(machine, say)
    except SystemExit:
        print(machine.sh("journalctl --no-pager --lines 60 --unit holdfast --unit nginx").stdout, file=sys.stderr)
        raise
    finally:
        machine.stop()


main()
