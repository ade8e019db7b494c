"""Builds images with buildah, without a daemon and, where asked, without a registry of images."""
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import roots
from roots import run

RUST = "docker.io/library/rust:1.95-slim-bookworm"
NEEDED = ["ca-certificates", "gcc", "libc6-dev"]


class Builder:
    def __init__(self, source, store, say):
        self.source, self.store, self.say = source, store, say
        store.mkdir(parents=True, exist_ok=True)

    def _buildah(self, *words):
        return ["buildah", "--root", str(self.store / "layers"), "--runroot", str(self.store / "run"),
                "--storage-driver", "overlay", *map(str, words)]

    def _ask(self, *words):
        return run(*self._buildah(*words), capture_output=True, text=True).stdout.strip()

    def _has(self, image):
        return run(*self._buildah("inspect", "--type", "image", image), check=False, capture_output=True).returncode == 0

    def build(self, tag, pull):
        if not pull and not self._has(RUST):
            self._make_base()
        # Where this machine trusts more authorities than Debian does, the build must trust them as well.
        trusted, cache = os.environ.get("SSL_CERT_FILE"), Path.home() / ".cargo/registry"
        volumes = [f"{trusted}:/etc/ssl/certs/ca-certificates.crt:ro"] if trusted else []
        volumes += [f"{cache}:/usr/local/cargo/registry"] if cache.is_dir() else []
        self.say("building the Dockerfile")
        log, scratch = self.store / "build.log", self.store / "tmp"
        scratch.mkdir(exist_ok=True)
        words = ["build", "--layers", "--isolation", "chroot", "--format", "docker",
                 "--pull-always" if pull else "--pull-never", "--tag", tag, "--file", self.source / "Dockerfile"]
        words += [word for volume in volumes for word in ("--volume", volume)]
        with open(log, "w") as out:
            done = run(*self._buildah(*words, self.source), check=False, stdout=out, stderr=out,
                       env={**os.environ, "TMPDIR": str(scratch)})
        if done.returncode:
            raise SystemExit(f"the build fails; the end of {log}:\n" + "".join(log.read_text().splitlines(True)[-40:]))
        self.say("built")

    def _make_base(self):
        """The base image's likeness: Debian by debootstrap with this machine's own toolchain."""
        self.say(f"making {RUST} from Debian's packages and this machine's Rust")
        container = self._ask("from", "scratch")
        root = Path(self._ask("mount", container))
        run("tar", "-C", root, "-xpf", roots.archive(self.store))
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        run("chroot", root, "sh", "-ec", "apt-get update -qq; apt-get install -qq --no-install-recommends "
            + " ".join(NEEDED) + " >/dev/null; apt-get clean", env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        sysroot = run("rustc", "--print", "sysroot", capture_output=True, text=True).stdout.strip()
        for part in ("bin", "lib", "libexec"):
            run("cp", "-a", f"{sysroot}/{part}", root / "usr/local/")
        self._ask("umount", container)
        self._ask("config", "--env", "CARGO_HOME=/usr/local/cargo", container)
        self._ask("commit", "--rm", "--quiet", container, RUST)

    @contextmanager
    def mounted(self, tag):
        """The image's root and its settings."""
        config = json.loads(self._ask("inspect", "--type", "image", tag))["Docker"]["config"]
        container = self._ask("from", "--pull-never", tag)
        try:
            yield Path(self._ask("mount", container)), config
        finally:
            run(*self._buildah("umount", container), stdout=subprocess.DEVNULL)
            run(*self._buildah("rm", container), stdout=subprocess.DEVNULL)

    def packed(self, tag, folder):
        """Bytes of the image as a registry would keep it."""
        target = folder / "image.tar"
        self._ask("push", "--quiet", tag, f"oci-archive:{target}")
        return target.stat().st_size
