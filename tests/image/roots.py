"""Fresh roots of Debian, made once by debootstrap and unpacked as often as wanted."""
import shutil
import subprocess

SUITE = "bookworm"


def run(*words, **options):
    options.setdefault("check", True)
    return subprocess.run([str(word) for word in words], **options)


def archive(store):
    """The smallest Debian, as a tar file in `store`."""
    file = store / f"{SUITE}.tar"
    if not file.exists():
        store.mkdir(parents=True, exist_ok=True)
        root = store / f"{SUITE}.new"
        shutil.rmtree(root, ignore_errors=True)
        run("debootstrap", "--variant=minbase", SUITE, root, stdout=subprocess.DEVNULL)
        (root / "etc/apt/sources.list").write_text(sources(root))
        # Installing must not start anything.
        (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (root / "usr/sbin/policy-rc.d").chmod(0o755)
        run("chroot", root, "apt-get", "clean")
        run("tar", "-C", root, "-cf", file.with_suffix(".part"), ".")
        file.with_suffix(".part").rename(file)
        shutil.rmtree(root)
    return file


def sources(root):
    """Debian with what was mended since, from the mirror that debootstrap took and noted in `root`."""
    mirror = (root / "etc/apt/sources.list").read_text().split()[1]
    rows = [f"deb {mirror} {SUITE} main",
            f"deb {mirror} {SUITE}-updates main",
            f"deb {mirror}-security {SUITE}-security main"]
    return "\n".join(rows) + "\n"


def unpack(store, root):
    """A fresh root at `root`."""
    root.mkdir(parents=True)
    run("tar", "-C", root, "-xpf", archive(store))
    return root
