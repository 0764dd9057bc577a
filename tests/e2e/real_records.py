# SPDX-License-Identifier: GPL-3.0-or-later
"""real_records.py: a force of the kind whose records are public: officers, complaints, allegations, uses of force as shifts,
units, findings and pay by the year, and nothing else. The ranking stands on what is there, says what was skipped, and
foretells the complaints of the next three years better than an empirical-Bayes rate, with no more between those of one
unit and another than a raw count has; nothing of those years is seen."""
import csv, json, math, os, random, subprocess, sys, tempfile
from datetime import datetime, timedelta

candour = os.environ["CANDOUR"]
if os.environ.get("BUILD", "").endswith("asan"):
    sys.exit(77)  # it is about numbers
failures = []
OFFICERS, UNITS, FIRST, LAST, DAY = 3000, 25, datetime(2000, 1, 1), datetime(2013, 1, 1), datetime(2010, 1, 1)
YEAR = timedelta(days=365.25)
ROLES = {"patrol": 1.0, "tactical": 1.6, "detective": 0.5, "administration": 0.15}
KINDS = ["use_of_force", "verbal_abuse", "illegal_search", "false_arrest", "conduct_unbecoming", "lockup"]


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words, status=0):
    ran = subprocess.run([candour, *map(str, words)], capture_output=True, text=True)
    assert ran.returncode == status, ran.stderr
    return ran.stdout


def poisson(draw, mean):
    n, p, edge = 0, draw.random(), math.exp(-mean)
    while p > edge:
        n, p = n + 1, p * draw.random()
    return n


def stamp(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S")


def force_write(folder, seed):
    """Gamma-distributed proneness, contact by role and unit, fewer complaints with the years of service."""
    draw = random.Random(seed)
    contact = [math.exp(draw.gauss(0, 0.5)) for _ in range(UNITS)]
    people, rows = [], {n: [] for n in ("officers", "complaints", "allegations", "shifts", "roster", "findings", "pay")}
    for i in range(OFFICERS):
        joined = datetime(1975, 1, 1) + timedelta(days=draw.random() * 37 * 365)
        stays = min(30.0, draw.expovariate(1 / 60))
        role = draw.choices(list(ROLES), (60, 8, 20, 12))[0]
        person = {"id": f"O{i:05}", "joined": joined, "left": joined + stays * YEAR, "role": role,
                  "prone": draw.gammavariate(0.9, 1 / 0.9), "history": [(joined, draw.randrange(UNITS))]}
        while draw.random() < 0.7:
            since = person["history"][-1][0] + draw.expovariate(1 / 5) * YEAR
            if since >= LAST:
                break
            person["history"].append((since, draw.randrange(UNITS)))
        people.append(person)
        for n, (since, unit) in enumerate(person["history"]):
            rows["officers"].append((person["id"], "PO", f"D{unit:02}", role, joined.date(),
                                     person["left"].date() if person["left"] < LAST else "", since.date() if n else ""))
    by_unit = {u: [] for u in range(UNITS)}
    complaints = 0
    for p in people:
        for n, (since, unit) in enumerate(p["history"]):
            until = min(p["history"][n + 1][0] if n + 1 < len(p["history"]) else LAST, p["left"], LAST)
            since = max(since, FIRST)
            if until > since:
                by_unit[unit].append((since, until, p))
    for p in people:
        for n, (since, unit) in enumerate(p["history"]):
            until = min(p["history"][n + 1][0] if n + 1 < len(p["history"]) else LAST, p["left"], LAST)
            since = max(since, FIRST)
            while since < until:
                end = min(since + YEAR, until)
                years, served = (end - since) / YEAR, (since - p["joined"]) / YEAR
                work = ROLES[p["role"]] * contact[unit] * math.exp(-0.05 * served) * years
                for _ in range(poisson(draw, 0.55 * p["prone"] * work)):
                    complaints += 1
                    at, crew = since + draw.random() * (end - since), [p]
                    if draw.random() < 0.3:
                        there = [q for a, b, q in draw.sample(by_unit[unit], min(6, len(by_unit[unit]))) if a <= at < b and q is not p]
                        crew += there[:2]
                    kind = draw.choices(KINDS, (30, 15, 20, 10, 20, 5))[0]
                    rows["complaints"].append((f"C{complaints:06}", stamp(at), kind, "public", ""))
                    for q in crew:
                        sustained = min(0.02 + 0.03 * q["prone"], 0.15)
                        outcome = "sustained" if draw.random() < sustained else draw.choices(
                            ("not_sustained", "dismissed", "withdrawn", "pending"), (45, 40, 10, 5))[0]
                        rows["allegations"].append((q["id"], f"C{complaints:06}", kind, outcome))
                        if outcome == "sustained" and draw.random() < 0.3:
                            rows["findings"].append((q["id"], stamp(at + 0.7 * YEAR), "misconduct", kind))
                for _ in range(poisson(draw, 0.8 * p["prone"] ** 0.5 * work)):
                    at = since + draw.random() * (end - since)
                    shift = f"T{len(rows['shifts']):06}"
                    rows["shifts"].append((shift, f"D{unit:02}", "", stamp(at), stamp(at + timedelta(hours=1))))
                    rows["roster"].append((p["id"], shift))
                rows["pay"].append((p["id"], since.strftime("%Y-01"), 40000 + 1000 * int(served)))
                since = end
    heads = {"officers": "officer_id,rank,unit,role,joined,left,as_of", "complaints": "complaint_id,made_at,kind,source,complainant",
             "allegations": "officer_id,complaint_id,kind,outcome", "shifts": "shift_id,unit,site,starts,ends",
             "roster": "officer_id,shift_id", "findings": "officer_id,at,category,kind", "pay": "officer_id,month,basic"}
    os.mkdir(folder)
    for name, head in heads.items():
        with open(f"{folder}/{name}.csv", "w", newline="") as f:
            out = csv.writer(f)
            out.writerow(head.split(","))
            out.writerows(rows[name])
    return people, rows


def auc(score, positive):
    """The chance that one of the positive stands above one of the others; ties count half."""
    order = sorted(score, key=lambda o: score[o])
    rank_sum, i = 0.0, 0
    while i < len(order):
        j = i
        while j < len(order) and score[order[j]] == score[order[i]]:
            j += 1
        rank_sum += sum((i + j + 1) / 2 for o in order[i:j] if o in positive)
        i = j
    n = len(positive)
    return (rank_sum - n * (n + 1) / 2) / (n * (len(order) - n))


def between_units(score, unit_of, before):
    """How many times likelier those of units that draw more complaints than most are to be in the first twentieth."""
    people, drawn = {}, {}
    for o in score:
        people[unit_of[o]] = people.get(unit_of[o], 0) + 1
        drawn[unit_of[o]] = drawn.get(unit_of[o], 0) + before[o]
    rate = sorted(drawn[u] / people[u] for u in people)[len(people) // 2]
    busy = {o for o in score if drawn[unit_of[o]] / people[unit_of[o]] > rate}
    first = set(sorted(score, key=lambda o: (-score[o], o))[: len(score) // 20])
    return (len(first & busy) / len(busy)) / (max(1, len(first - busy)) / (len(score) - len(busy)))


def compare(people, rows, queue):
    """AUC of what candour says, of an empirical-Bayes rate and of the raw count, among those who serve on the day."""
    made = {c[0]: c[1] for c in rows["complaints"]}
    serve = {p["id"]: p for p in people if p["joined"] < DAY - 0.25 * YEAR and p["left"] > DAY}
    before, after, sustained = ({o: 0 for o in serve} for _ in range(3))
    for officer, complaint, _, outcome in rows["allegations"]:
        if officer in serve:
            if made[complaint] < stamp(DAY):
                before[officer] += 1
            else:
                after[officer] += 1
                sustained[officer] += outcome == "sustained"
    years = {o: (DAY - max(p["joined"], FIRST)) / YEAR for o, p in serve.items()}
    rate = sum(before.values()) / sum(years.values())
    spread = sum((before[o] - rate * years[o]) ** 2 - before[o] for o in serve) / sum((rate * years[o]) ** 2 for o in serve)
    shape = 1 / max(spread, 0.01)
    bayes = {o: (before[o] + shape) / (rate * years[o] + shape) for o in serve}
    place = {o["officer"]: -o["place"] for o in queue}
    ours = {o: place[o] for o in serve}
    two, one = {o for o in serve if after[o] >= 2}, {o for o in serve if sustained[o]}
    unit_of = {o: [u for since, u in p["history"] if since < DAY][-1] for o, p in serve.items()}
    return {name: (auc(score, two), auc(score, one), between_units(score, unit_of, before)) for name, score in (("candour", ours), ("bayes", bayes), ("count", before))}


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    totals = {}
    for seed in 1, 2, 3:
        people, rows = force_write(f"force{seed}", seed)
        run("load", f"force{seed}", "--into", f"s{seed}", "--quiet")
        said = run("sweep", f"s{seed}", "--as-of", "2010-01-01")
        queue = json.loads(run("rank", f"s{seed}", "--json"))["officers"]
        for name, (two, one, units) in compare(people, rows, queue).items():
            totals.setdefault(name, []).append((two, one, units))
            print(f"seed {seed}: {name}: AUC {two:.3f} for two or more complaints, {one:.3f} for a sustained one")
    for detector in "unexplained", "offshift", "drift", "coaccess":
        check(f"{detector} is skipped, and that is said", f"{detector} was skipped: there are no accesses" in said)

    # The same records without all that came on or after the day: the same queue.
    os.mkdir("early")
    late = {c[0] for c in rows["complaints"] if c[1] >= stamp(DAY)}
    for name in "officers", "complaints", "allegations", "shifts", "roster", "findings", "pay":
        with open(f"force3/{name}.csv") as f, open(f"early/{name}.csv", "w", newline="") as g:
            table = list(csv.DictReader(f))
            out = csv.DictWriter(g, table[0].keys())
            out.writeheader()
            shifts = {s[0] for s in rows["shifts"] if s[3] >= stamp(DAY)}
            for r in table:
                if r.get("complaint_id") in late or r.get("shift_id") in shifts or r.get("as_of", "") >= "2010-01-01" or r.get("at", "") >= "2010-01-01":
                    continue
                if r.get("left", "") >= "2010-01-01":
                    r["left"] = ""
                out.writerow(r)
    run("load", "early", "--into", "e", "--quiet")
    run("sweep", "e", "--as-of", "2010-01-01", "--quiet")
    early = json.loads(run("rank", "e", "--json"))["officers"]
    fields = ("officer", "place", "decibans", "tier", "findings")
    check("what comes after the day is not seen", [[o[k] for k in fields] for o in early] == [[o[k] for k in fields] for o in queue])

    # Nothing is learnt from a finding dated after the day: not a byte of the sweep changes. From one before it, something is.
    def swept_with(name, at):
        with open("more.csv", "w") as f:
            f.write("officer_id,at,category,kind\n")
            f.writelines(f"{o['officer']},{at},gross,theft\n" for o in queue[:200:3])
        os.rename(f"force{name}", "the_force")
        run("load", "the_force", "--into", f"p{name}", "--quiet")
        os.rename("the_force", f"force{name}")
        run("load", "more.csv", "--as", "findings", "--into", f"p{name}", "--quiet")
        run("sweep", f"p{name}", "--as-of", "2010-01-01", "--quiet")
        return open(f"p{name}/sweeps/000001.h5", "rb").read()
    os.rename("force3", "the_force")
    run("load", "the_force", "--into", "p", "--quiet")
    os.rename("the_force", "force3")
    run("sweep", "p", "--as-of", "2010-01-01", "--quiet")
    plain = open("p/sweeps/000001.h5", "rb").read()
    check("a later finding changes no byte", swept_with("3", "2010-01-01T00:00:00") == plain)
    os.rename("p3", "later")
    check("an earlier one does", swept_with("3", "2009-12-31T23:59:59") != plain)

    # Nearness adds what the policy allows and no more; the audit shows the queue with it and without.
    told = [(o, f) for o in queue for f in o["findings"] if f["detector"] == "precedent"]
    check(f"precedent says something of {len(told)}", 20 < len(told) < len(queue) / 10)
    check("and adds three tenths of a deciban at most", all(0 < f["decibans"] <= 0.3 for _, f in told))
    rows_named = json.loads(run("explain", "s3", told[0][0]["officer"], "--json"))["findings"]
    check("and names the findings it rests on", all(r["table"] == "findings" for f in rows_named if f["detector"] == "precedent" for r in f["rows"]))
    with open("who.csv", "w") as f:
        f.write("officer_id,colour\n")
        f.writelines(f"{p['id']},{'ab'[i % 2]}\n" for i, p in enumerate(people))
    lists = json.loads(run("fairness", "s3", "--protected", "who.csv", "--json"))["lists"]
    check(f"the audit has both queues: {lists}", "first 2 % without precedent" in lists)

    # Without dismissed complaints: as if they had not been recorded as such but not at all, for whoever has one.
    top = next(o for o in queue if "dismissed" in json.dumps(o["findings"]))
    told = json.loads(run("explain", "s3", top["officer"], "--json"))
    check(f"without dismissed ones the score is lower: {told['without_dismissed']}", told["without_dismissed"]["decibans"] < told["decibans"])
    check("and the place is said", "without dismissed complaints: " in run("explain", "s3", top["officer"], "--without-dismissed"))
    mean = {name: [sum(x[k] for x in list_) / len(list_) for k in (0, 1, 2)] for name, list_ in totals.items()}
    print(mean)
    for k, what in enumerate(("two or more", "a sustained one")):
        check(f"{what}: {mean['candour'][k]:.3f}, empirical Bayes {mean['bayes'][k]:.3f}", mean["candour"][k] >= mean["bayes"][k] + 0.003)
    check(f"between units {mean['candour'][2]:.2f} times, the raw count {mean['count'][2]:.2f}", mean["candour"][2] <= mean["count"][2])

sys.exit(1 if failures else 0)
