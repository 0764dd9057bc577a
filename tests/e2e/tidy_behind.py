# SPDX-License-Identifier: GPL-3.0-or-later
"""tidy_behind.py: loads one after another while small files are merged behind them: each is taken, none has to wait for its
end, and a merging that is killed costs nothing."""
import os, signal, subprocess, sys, tempfile, time

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def load(day, store):
    with open("day.csv", "w") as f:
        f.write("officer_id,case_id,at\n")
        f.writelines(f"P{day}-{i},C{i},2026-03-02T08:00:00Z\n" for i in range(200))
    return subprocess.run([candour, "load", "--as", "accesses", "day.csv", "--into", store], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def settled(store):
    """When nobody has the lock any more: how many files there are, and what they say."""
    subprocess.run(["flock", f"{store}/lock", "true"], check=True)
    check("it is whole", subprocess.run([candour, "verify", store, "--quiet"]).returncode == 0)
    return len(os.listdir(f"{store}/segments")), subprocess.check_output([candour, "digest", store])


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    ended = [load(day, "s") for day in range(20)]
    check("every load is taken", all(e.returncode == 0 and b"candour:" not in e.stderr for e in ended))
    check("and has told of itself when it ends", all(e.stdout.startswith(b"loaded into") and b"accesses" in e.stdout for e in ended))
    files, digest = settled("s")
    check(f"{files} files are left of 20", files <= 7)

    killed = 0
    for wait in range(6):
        store = f"k{wait}"
        for day in range(20):
            check(f"load {day} after {killed} were killed", load(day, store).returncode == 0)
            time.sleep(wait / 1000)
            with open(f"{store}/lock") as f:
                lines = f.read().split()
            try:
                with open(f"/proc/{int(lines[0])}/cmdline", "rb") as f:
                    if b"tidy" not in f.read().split(b"\0"):
                        continue
                os.kill(int(lines[0]), signal.SIGKILL)
                killed += 1
            except (FileNotFoundError, ProcessLookupError):
                pass
        check("the same is in it", settled(store)[1] == digest)
    check(f"{killed} were killed", killed > 0)

sys.exit(1 if failures else 0)
