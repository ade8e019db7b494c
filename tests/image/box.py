"""Runs an image's root as a container engine would: crun, read-only root, the fewest rights, the seccomp
profile that engines use, namespaces of its own but for the network."""
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

PROFILE = Path("/usr/share/containers/seccomp.json")
RIGHTS = ["CAP_SETUID", "CAP_SETGID"]
MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
          "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware"]
FIXED = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

# crun refuses a machine that mixes both kinds of control groups; it gets one of its own with the new kind alone.
SHIFT = ["unshare", "--mount", "sh", "-ec",
         'umount --recursive /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"', "sh"]
if not Path("/sys/fs/cgroup/unified").exists():
    SHIFT = []


def seccomp(rights):
    """The engines' profile for a container that has `rights`, in the form that a runtime takes."""
    profile = json.loads(PROFILE.read_text())
    machine = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64")}
    name, arch = machine[platform.machine()]

    def applies(rule):
        wanted, unwanted = rule.get("includes", {}), rule.get("excludes", {})
        return (set(wanted.get("caps", [])) <= set(rights)
                and name in wanted.get("arches", [name])
                and not set(unwanted.get("caps", [])) & set(rights)
                and name not in unwanted.get("arches", []))

    keys = ("names", "action", "args", "errnoRet")
    rules = [{key: rule[key] for key in keys if rule.get(key)} for rule in profile["syscalls"] if applies(rule)]
    subs = next(entry for entry in profile["archMap"] if entry["architecture"] == arch)["subArchitectures"]
    return {"defaultAction": profile["defaultAction"], "architectures": [arch, *(subs or [])],
            "defaultErrnoRet": profile.get("defaultErrnoRet", 1), "syscalls": rules}


class Box:
    """A container of the image at `root` with its files under `folder`."""

    def __init__(self, root, folder, config, env):
        self.root, self.folder, self.env = root, Path(folder), env
        self.config, self.user, self.rights = config, 0, RIGHTS
        self.data, self.secret = self.folder / "data", self.folder / "secret"
        self.name, self.child = f"holdfast-{os.getpid()}-{self.folder.name}", None
        # What an engine does for a new volume: the image's own folder is its first content.
        subprocess.run(["cp", "-a", root / "data", self.data], check=True)

    def plain(self, user):
        """Starts as `user` with no right at all, as `--user` and `--cap-drop ALL` do; the files are his."""
        self.user, self.rights = user, []
        for path in (self.secret, self.data, *self.data.rglob("*")):
            os.chown(path, user, user)

    def _bundle(self, args, name):
        bundle = self.folder / name
        shutil.rmtree(bundle, ignore_errors=True)
        bundle.mkdir()
        env = [*self.config["Env"], *(f"{key}={value}" for key, value in self.env.items())]
        bind = lambda source, target, *more: {"destination": target, "type": "bind", "source": str(source),
                                              "options": ["rbind", "nosuid", "nodev", *more]}
        mounts = [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            bind(self.data, "/data", "rw"),
            bind("/etc/hosts", "/etc/hosts", "ro"),
            bind("/etc/resolv.conf", "/etc/resolv.conf", "ro"),
        ]
        if self.secret.exists():
            mounts.append(bind(self.secret, "/run/secrets/holdfast", "ro"))
        rights = {kind: self.rights for kind in ("bounding", "effective", "permitted")}
        spec = {
            "ociVersion": "1.0.2",
            "process": {"terminal": False, "user": {"uid": self.user, "gid": self.user}, "args": args,
                        "env": env, "cwd": "/", "capabilities": rights, "noNewPrivileges": True},
            "root": {"path": str(self.root), "readonly": True},
            "mounts": mounts,
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")],
                      "maskedPaths": MASKED, "readonlyPaths": FIXED, "seccomp": seccomp(self.rights)},
        }
        (bundle / "config.json").write_text(json.dumps(spec))
        return bundle

    def _crun(self, *words):
        return [*SHIFT, "crun", "--root", str(self.folder / "state"), "--cgroup-manager", "disabled", *words]

    def run(self, *args, **env):
        """Runs the image's entry point with `args` to its end; its code and what it said."""
        before, self.env = self.env, {**self.env, **env}
        bundle = self._bundle([*self.config["Entrypoint"], *args], "once")
        self.env = before
        done = subprocess.run(self._crun("run", "--bundle", str(bundle), f"{self.name}-once"),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def start(self):
        """Starts the image as it starts by itself."""
        bundle = self._bundle([*self.config["Entrypoint"], *self.config["Cmd"]], "serve")
        self.log = open(self.folder / "log", "a")
        self.child = subprocess.Popen(self._crun("run", "--bundle", str(bundle), self.name),
                                      stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def exec(self, *args):
        """Runs a command inside, as a health check does."""
        words = self._crun("exec", "--user", f"{self.user}:{self.user}", self.name, *args)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def stop(self):
        """Asks it to end; its exit code."""
        if self.child is None:
            return None
        subprocess.run(self._crun("kill", self.name, "TERM"), capture_output=True)
        try:
            code = self.child.wait(20)
        except subprocess.TimeoutExpired:
            subprocess.run(self._crun("delete", "--force", self.name), capture_output=True)
            code = self.child.wait()
        self.child = None
        return code

    def said(self):
        return (self.folder / "log").read_text()
