# SPDX-License-Identifier: GPL-3.0-or-later
"""report_first.py: a load tells how it went before it tidies up, and may be stopped while it does.

The eighth small load merges files once it is committed. It is made to stop itself at each of its calls to the disk in
turn, until that merging has begun: by then the whole report has to be there."""
import json, os, signal, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def load(store, i, **how):
    with open(f"{i}.csv", "w") as f:
        f.write(f"officer_id,case_id,at\nP{i},C{i},2026-03-02T08:00:00Z\n")
    return subprocess.Popen([candour, "load", "--as", "accesses", f"{i}.csv", "--into", store], **how)


def named(store):
    with open(f"{store}/manifest") as f:
        return {line.split()[1] for line in f if line.startswith("file ")}


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for i in range(7):
        load("before", i, stdout=subprocess.DEVNULL).wait()
    files = len(named("before"))
    for stop_at in range(200):
        store = f"s{stop_at}"
        subprocess.run(["cp", "-r", "before", store], check=True)
        faults = dict(os.environ, LD_PRELOAD=os.environ["FAULTS"], CANDOUR_FAULTS=f"stop {stop_at}",
                      CANDOUR_FAULTS_UNDER=os.path.realpath(store), OMP_NUM_THREADS="1",
                      ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        report = open("report", "wb+")
        process = load(store, 7, stdout=report, env=faults)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            check("the merging was met", False)
            break
        merging = len(named(store)) == files + 1 and set(os.listdir(f"{store}/segments")) > named(store)
        if merging:
            report.seek(0)
            text = report.read()
            check(f"at call {stop_at} the report is there: {text[:40]!r}",
                  text.startswith(b"loaded into") and b"accesses" in text)
        os.kill(process.pid, signal.SIGINT if merging else signal.SIGKILL)
        os.kill(process.pid, signal.SIGCONT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = 0  # waited for here, not by its object
        if not merging:
            continue
        check("stopped while it tidies, it ends as a load that is done", os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)
        check("the store is whole", subprocess.run([candour, "verify", store, "--quiet"]).returncode == 0)
        rows = json.loads(subprocess.check_output([candour, "digest", store, "--json"]))["tables"]["accesses"]["rows"]
        check(f"and has the rows: {rows}", rows == 8)
        check("the next load takes away what is left", load(store, 8, stdout=subprocess.DEVNULL).wait() == 0
              and set(os.listdir(f"{store}/segments")) == named(store))
        break
    else:
        check("the merging was met within 200 calls", False)

sys.exit(1 if failures else 0)
