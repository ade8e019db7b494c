"""A MariaDB server of its own, with a schema, an owner for the tables and an account for each role."""
import secrets
import socket
import subprocess
import time

from roots import run


class Server:
    """Runs until its block ends. Listens on loopback."""

    def __init__(self, folder):
        self.folder, self.socket, self.child = folder, folder / "socket", None
        self.passwords = {name: secrets.token_hex(16) for name in ("owner", "web", "escrow", "courier")}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self):
        self.folder.mkdir()
        data = self.folder / "data"
        run("mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=normal", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.child = subprocess.Popen(
            ["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={self.socket}",
             f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-name-resolve"],
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "w"))
        end = time.monotonic() + 60
        while run("mariadb", "--no-defaults", f"--socket={self.socket}", "--execute=SELECT 1", check=False,
                  capture_output=True).returncode:
            if self.child.poll() is not None or time.monotonic() > end:
                raise SystemExit((self.folder / "log").read_text())
            time.sleep(0.1)
        self.sql("CREATE DATABASE holdfast; " + " ".join(
            f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{password}';" for name, password in self.passwords.items())
            + "GRANT ALL ON holdfast.* TO owner@'127.0.0.1';")
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()

    def sql(self, text):
        run("mariadb", "--no-defaults", f"--socket={self.socket}", input=text, text=True)

    # What `migrate --print-grants` wants to know of the host from which the roles come.
    grants = ("migrate", "--print-grants", "--from-host", "127.0.0.1")

    @property
    def env(self):
        return {"DB_DRIVER": "mariadb", "DB_DSN": f"mysql://127.0.0.1:{self.port}/holdfast",
                "DB_USER": "web", "DB_PASSWORD": self.passwords["web"],
                "COURIER_DB_USER": "courier", "COURIER_DB_PASSWORD": self.passwords["courier"]}

    @property
    def owner(self):
        return {"DB_USER": "owner", "DB_PASSWORD": self.passwords["owner"]}

    @property
    def secret(self):
        return {"ESCROW_DB_USER": "escrow", "ESCROW_DB_PASSWORD": self.passwords["escrow"]}
