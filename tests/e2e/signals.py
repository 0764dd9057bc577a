# SPDX-License-Identifier: GPL-3.0-or-later
"""signals.py: Ctrl-C during a load leaves the store as it was, ends with 130 and one line; so do the other ways to stop."""
import os, pty, signal, subprocess, sys, tempfile, time

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def last_line(err):
    """What it ends with: where it took over a second, lines of progress come before."""
    return err.rstrip(b"\n").rpartition(b"\n")[2]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("first.csv", "w") as f:
        f.write("officer_id,case_id,at\nP1,C1,2026-03-02T08:00:00Z\n")
    subprocess.run([candour, "load", "--as", "accesses", "first.csv", "--into", "s", "--quiet"], check=True)
    before = subprocess.check_output([candour, "digest", "s"])

    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        # Standard input that never ends: the load is under way for as long as we like.
        load = subprocess.Popen([candour, "load", "--as", "accesses", "-", "--into", "s"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        load.stdin.write(b"officer_id,case_id,at\n" + b"P2,C2,2026-03-02T08:00:00Z\n" * 300000)
        load.stdin.flush()
        time.sleep(0.3)
        load.send_signal(number)
        # More comes for as long as it reads: how soon a signal is seen is not this test's to say (a sanitizer holds it back).
        deadline = time.monotonic() + 30
        try:
            while load.poll() is None and time.monotonic() < deadline:
                load.stdin.write(b"P2,C2,2026-03-02T08:00:00Z\n" * 3000)
                load.stdin.flush()
                time.sleep(0.01)
            load.stdin.close()
        except BrokenPipeError:
            pass
        load.stdin = None
        out, err = load.communicate(timeout=60)
        check(f"{number.name}: status {load.returncode}", load.returncode == status)
        check(f"{number.name}: says {err!r}", last_line(err).startswith(b"candour: cannot load") and err.count(b"candour:") == 1)
        check(f"{number.name}: the store is as it was", subprocess.check_output([candour, "digest", "s"]) == before)
        check(f"{number.name}: and whole", subprocess.run([candour, "verify", "s", "--quiet"]).returncode == 0)

    # Nobody writes to standard input, or not enough of it, or nobody more: it ends all the same.
    for begun in b"", b"off", b"officer_id,case_id,at\n", b"officer_id,case_id,at\nP2,C2,2026-03-02T08:00:00Z\n" * 50000:
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            load = subprocess.Popen([candour, "load", "--as", "accesses", "-", "--into", "s", "--threads", "3"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            load.stdin.write(begun)
            load.stdin.flush()
            time.sleep(0.3)
            load.send_signal(number)
            try:
                load.wait(timeout=20)
            except subprocess.TimeoutExpired:
                load.kill()
            out, err = load.stdout.read(), load.stderr.read()
            check(f"{number.name} after {len(begun)} bytes: status {load.returncode}", load.returncode == status)
            check(f"and says {err!r}", b"stopped while reading" in last_line(err) and err.count(b"candour:") == 1)
            load.stdin.close()
    check("the store is as it was", subprocess.check_output([candour, "digest", "s"]) == before)

    # A terminal sees a bar that is taken away again; a log sees none of it.
    with open("many.csv", "w") as f:
        f.write("officer_id,case_id,at\n")
        for i in range(400000):
            f.write(f"P{i % 900},C{i},2026-03-02T08:00:00Z\n")
    try:
        master, slave = pty.openpty()
    except OSError as why:
        print("skip the bar on a terminal:", why)  # a bare chroot has no terminals to give
    else:
        load = subprocess.Popen([candour, "load", "--as", "accesses", "-", "--into", "t"], stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=slave, env=dict(os.environ, TERM="xterm"))
        os.close(slave)
        with open("many.csv", "rb") as f:
            for part in iter(lambda: f.read(2 << 20), b""):  # slowly, so that there is something to show
                load.stdin.write(part)
                load.stdin.flush()
                time.sleep(0.15)
        load.stdin.close()
        seen = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            seen += part
        check("the load on a terminal is done", load.wait() == 0)
        check(f"it showed how far it was: {seen[:80]!r}", b"\r" in seen and b" rows" in seen)
        check(f"and took that away: {seen[-20:]!r}", seen.endswith(b"\r\x1b[K"))
    quiet = subprocess.run([candour, "load", "--as", "accesses", "many.csv", "--into", "u"], capture_output=True)
    check("no bar in a log", b"\r" not in quiet.stderr and b"\x1b" not in quiet.stderr)
    none = subprocess.run([candour, "load", "--as", "accesses", "many.csv", "--into", "v", "--quiet"], capture_output=True)
    check("--quiet says nothing", none.stdout == b"" and none.stderr == b"" and none.returncode == 0)

sys.exit(1 if failures else 0)
