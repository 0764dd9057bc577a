# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_reasons.py: which reason explains which access, against the plain words of it, on a force small enough for that;
and what must hold of a sweep whatever the force: explained work changes nothing, later rows are not seen, the ledger adds up,
a sweep that was killed goes on."""
import csv, json, os, signal, subprocess, sys, tempfile, time
from datetime import datetime, timedelta

candour = os.environ["CANDOUR"]
failures = []


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def rows(path):
    with open(path) as f:
        return list(csv.DictReader(f))


def moment(text, otherwise):
    if not text:
        return otherwise
    text = text.rstrip("Z")
    return datetime.fromisoformat(text if "T" in text else text + "T00:00:00")


PAST, FUTURE = datetime.min, datetime.max
DAY = timedelta(days=1)


def history(table, key, column):
    """What somebody or something was when: the first row holds before itself too."""
    out = {}
    for r in table:
        out.setdefault(r[key], []).append((moment(r.get("as_of"), PAST), r[column]))
    return {k: sorted(v) for k, v in out.items()}


def held(periods, at):
    now = periods[0][1] if periods else ""
    for since, value in periods:
        if since <= at:
            now = value
    return now


def before(at, days):
    return at if at == PAST or at == FUTURE else at - days * DAY


def after(at, days):
    return at if at == PAST or at == FUTURE else at + days * DAY


def recorded_reason(officer, file, at, force, grace):
    """The reasons up to the team-mate's, as DESIGN says them."""
    spans = force["tasks"].get((officer, file), [])
    if any(a <= at < b for a, b in spans):
        return "assigned"
    if any(before(a, grace) <= at < after(b, grace) for a, b in spans):
        return "assigned_late"
    posts = force["posts"].get(officer, [])
    owner = held(force["owners"].get(file, []), at)
    unit = held(posts, at)
    near = [p[1] for i, p in enumerate(posts)
            if p[1] and p[1] != unit and before(p[0], 90) <= at < after(posts[i + 1][0] if i + 1 < len(posts) else FUTURE, 90)]
    if owner and owner == unit:
        return "own_unit"
    if owner and owner in near:
        return "moved"
    for mate, a, b in force["team"].get(file, []):
        if mate != officer and before(a, grace) <= at < after(b, grace) and held(force["posts"].get(mate, []), at) in [u for u in [unit] + near if u]:
            return "team_mate"
    posted = {f for (o, f), spans in force["tasks"].items() if o == officer and held(force["owners"].get(f, []), spans[0][0]) == owner
              for a, b in spans if a != PAST and at - 45 * DAY <= a <= at + 45 * DAY and before(a, 45) <= at < after(b, 45)} if owner else ()
    return "posted" if len(posted) >= 2 else "none of these"


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    run("generate", "--officers", 400, "--days", 120, "--seed", 9, "--out", "force", "--quiet", "--plant", "all=0,snoop=3,ring=1,secondee=5")
    run("load", "force", "--into", "s", "--quiet")
    # A grace of exactly five days, so that nothing is learnt that the reference does not know.
    open("five.yaml", "w").write("grace_days_most: 5\ngrace_days_usual: 5\n")
    run("sweep", "s", "--policy", "five.yaml", "--quiet")
    said = {r["reason"]: r["accesses"] for r in json.loads(run("reasons", "s", "--json"))}

    force = {"posts": history(rows("force/officers.csv"), "officer_id", "unit"), "owners": history(rows("force/cases.csv"), "case_id", "unit"),
             "tasks": {}, "team": {}}
    for r in rows("force/assignments.csv"):
        span = (moment(r["from"], PAST), moment(r["to"], FUTURE))
        force["tasks"].setdefault((r["officer_id"], r["case_id"]), []).append(span)
        force["team"].setdefault(r["case_id"], []).append((r["officer_id"], *span))
    plain = {}
    for r in rows("force/accesses.csv"):
        reason = recorded_reason(r["officer_id"], r["case_id"], moment(r["at"], PAST), force, 5)
        plain[reason] = plain.get(reason, 0) + 1
    for reason in "assigned", "assigned_late", "own_unit", "moved", "team_mate", "posted":
        check(f"{reason}: {said[reason]} accesses, {plain.get(reason, 0)} in plain words", said[reason] == plain.get(reason, 0))
    check("and every access has one", sum(said.values()) == sum(plain.values()))

    # The ledger adds up for everyone with findings.
    run("sweep", "s", "--quiet")
    queue = json.loads(run("rank", "s", "--json"))["officers"]
    wrong = 0
    for o in queue[:40]:
        told = json.loads(run("explain", "s", o["officer"], "--json"))
        cents = lambda x: round(x * 100)
        total = sum(cents(f["begins"]) + cents(f["alike"]) for f in told["families"] if f["lane"] == "conduct")
        total += sum(cents(f["decibans"]) for f in told["findings"] if f["lane"] == "conduct")
        wrong += total != cents(told["decibans"]) or told["place"] != o["place"]
    check("every ledger sums to its score", wrong == 0)
    rows_named = [r for f in json.loads(run("explain", "s", queue[0]["officer"], "--json"))["findings"] for r in f["rows"]
                  if r["table"] == "accesses"]
    lines = open("force/accesses.csv").read().split("\n")
    check("every row is where it is said to be", rows_named and all(
        lines[r["line"] - 1].startswith(f"{r['of']},{r['other']},{r['at'].rstrip('Z')}") for r in rows_named))

    # Explained work neither hides nor worsens: five hundred more accesses to files that are the officer's own work.
    score = {o["officer"]: o["decibans"] for o in queue}
    top = queue[0]["officer"]
    own = [(o, f, spans[0]) for (o, f), spans in force["tasks"].items() if o == top]
    with open("more.csv", "w") as f:
        f.write("officer_id,case_id,at,action\n")
        for i in range(500):
            o, file, (a, b) = own[i % len(own)]
            at = max(a, datetime(2025, 1, 1)) + timedelta(seconds=i)
            f.write(f"{o},{file},{at.isoformat()}Z,view\n")
    run("load", "--as", "accesses", "more.csv", "--into", "s", "--quiet")
    run("sweep", "s", "--quiet")
    now = {o["officer"]: o["decibans"] for o in json.loads(run("rank", "s", "--json"))["officers"]}
    check(f"explained work changes nothing: {score[top]} and {now[top]}", abs(now[top] - score[top]) < 0.5)
    check("for anybody", all(abs(now[o] - score[o]) < 0.5 for o in score))

    # Restricted files of others without a reason never lower a score.
    sensitive = [r["case_id"] for r in rows("force/cases.csv") if r["sensitivity"] == "3" and not r["as_of"]]
    quiet = queue[200]["officer"]
    last, unit = now[quiet], force["posts"][quiet][-1][1]
    others = [c for c in sensitive if held(force["owners"][c], FUTURE) != unit]
    for step in range(4):
        with open("some.csv", "w") as f:
            f.write("officer_id,case_id,at,action\n")
            for c in others[step * 4 : step * 4 + 4]:
                f.write(f"{quiet},{c},2025-04-20T10:0{step}:00Z,view\n")
        run("load", "--as", "accesses", "some.csv", "--into", "s", "--quiet")
        run("sweep", "s", "--quiet")
        then = {o["officer"]: o["decibans"] for o in json.loads(run("rank", "s", "--json"))["officers"]}[quiet]
        check(f"four restricted files more: {last} to {then}", then >= last)
        last = then
    check("and are seen", last > now[quiet] + 5)

    # What is dated later is not seen: the same as a store that has nothing later.
    day = datetime(2025, 3, 15)
    os.mkdir("early")
    for name, column in (("officers", "as_of"), ("cases", "as_of"), ("accesses", "at"), ("assignments", "from"), ("subjects", None),
                         ("associations", None), ("links", "from")):
        table = rows(f"force/{name}.csv")
        with open(f"early/{name}.csv", "w", newline="") as f:
            out = csv.DictWriter(f, table[0].keys())
            out.writeheader()
            for r in table:
                if column and moment(r[column], PAST) >= day:
                    continue
                for late in ("opened", "closed", "to"):
                    if late in r and r[late] and moment(r[late], PAST) >= day:
                        r[late] = ""
                out.writerow(r)
    run("load", "early", "--into", "e", "--quiet")
    run("load", "force", "--into", "f", "--quiet")
    detectors = ["--only", "unexplained", "--only", "drift", "--only", "coaccess"]
    run("sweep", "e", "--quiet", *detectors)
    run("sweep", "f", "--quiet", "--as-of", "2025-03-15", *detectors)
    fields = ("officer", "decibans", "tier", "findings")
    early, asof = ([{k: o[k] for k in fields} for o in json.loads(run("rank", s, "--json"))["officers"]] for s in "ef")
    check("what is dated later is not there", early == asof)

    # Killed at any moment, a sweep leaves nothing half done, and the next one goes on.
    run("sweep", "f", "--quiet")
    whole = open(f"f/sweeps/000002.h5", "rb").read()
    os.remove("f/sweeps/000002.h5"), os.remove("f/sweeps/000002.sweep")
    for n in range(12):
        load = subprocess.Popen([candour, "sweep", "f", "--quiet"])
        time.sleep(0.01 * n)
        load.send_signal(signal.SIGKILL)
        load.wait()
        if os.path.exists("f/sweeps/000002.sweep"):
            break
    run("sweep", "f", "--quiet")
    check("killed and gone on with, it is the same sweep", open("f/sweeps/000002.h5", "rb").read() == whole)
    check("and nothing lies about", sorted(os.listdir("f/sweeps")) == ["000001.h5", "000001.sweep", "000002.h5", "000002.sweep"])

    # Two at once: one makes it, the other waits for another day or finds it made; neither spoils it.
    run("load", "--as", "accesses", "some.csv", "--into", "f", "--quiet")
    both = [subprocess.Popen([candour, "sweep", "f", "--quiet"], stderr=subprocess.DEVNULL) for _ in range(2)]
    check("two at once", sorted(b.wait() for b in both) in ([0, 0], [0, 5]))
    run("rank", "f")

    # Rows of histories without dates, exported anew every night: the last holds, and nothing is held twice.
    for night in range(3):
        for name, row in ("officers", "P{0},PC,U{1},response,S1,,,,"), ("cases", "C{0},U{1},theft,0,,,"):
            with open(f"{name}.csv", "w") as f:
                f.write(open(f"force/{name}.csv").readline())
                f.writelines(row.format(i, (i + night) % 9) + "\n" for i in range(30000))
        run("load", "cases.csv", "--as", "cases", "--into", "nights", "--quiet")
        run("load", "officers.csv", "--as", "officers", "--into", "nights", "--quiet")
    run("load", "force/accesses.csv", "--as", "accesses", "--into", "nights", "--quiet")
    run("load", "force/assignments.csv", "--as", "assignments", "--into", "nights", "--quiet")
    run("sweep", "nights", "--quiet")
    check("three nights of undated rows", len(json.loads(run("rank", "nights", "--json"))["officers"]) >= 30000)

sys.exit(1 if failures else 0)
