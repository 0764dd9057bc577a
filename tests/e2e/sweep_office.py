# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_office.py: the office mandate, on a force written by hand: senior officers who are away too much are flagged; those on
leave, in court, part-time, at another office, without a badge for weeks, or at a site without a machine are not; nobody of another rank is told of. Badges
that get lost add no flag, and nothing of it is in any conduct score."""
import csv, json, os, random, subprocess, tempfile
from datetime import datetime, timedelta

candour = os.environ["CANDOUR"]
failures = []
DAYS = 230
start = datetime(2025, 1, 6)
draw = random.Random(3)


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def write(folder, name, header, rows):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([header, *rows])


def at(day, hour):
    return (start + timedelta(days=day, hours=hour)).isoformat(timespec="seconds") + "Z"


# Who is away how: the share of days in the office, of days at home as the roster says, of days claimed in the office from home.
KINDS = {"steady": (0.93, 0.07, 0), "honest_away": (0.55, 0.45, 0), "claims_office": (0.6, 0.1, 0.3), "near": (0.77, 0.23, 0),
         "short": (0.7, 0.3, 0), "lost_badge": (0.9, 0.1, 0),
         "leave": (0.92, 0.08, 0), "court": (0.92, 0.08, 0), "part_time": (0.92, 0.08, 0), "other_office": (0.92, 0.08, 0),
         "no_machine": (0.6, 0.1, 0.3), "constable": (0.5, 0.5, 0), "staff": (0.9, 0.1, 0)}
officers, shifts, roster, presence, kind_of = [], [], [], [], {}
for site in range(4):
    shifts += [(f"D{site}-{d:03}", f"U{site}", f"S{site}", at(d, 8), at(d, 16)) for d in range(DAYS)]
for k, kind in enumerate(KINDS):
    for i in range({"staff": 90, "near": 12}.get(kind, 6)):
        officer, site = f"P{k:02}{i:02}", 3 if kind == "no_machine" else i % 3
        rank = {"constable": "PC", "staff": "Sgt"}.get(kind, ["Chief Inspector", "Supt", "chief_superintendent"][i % 3])
        kind_of[officer] = kind
        officers.append((officer, rank, f"U{site}", "command", f"S{site}"))
        office, home, _ = KINDS[kind]
        for d in range(DAYS):
            if d % 7 >= 5 or (kind == "leave" and d % 90 < 45) or (kind == "part_time" and d % 7 >= 2):
                continue
            u = (d // 7 * 5 + d % 7 + 17 * i) * 0.618 % 1  # so that shares are what they say, not what luck makes of them
            mode = "office" if u < office else "remote" if u < office + home else "office"
            if kind == "court" and d % 3 == 0:
                mode = "field"
            roster.append((officer, f"D{site}-{d:03}", mode, at(d, 8), at(d, 16), 0))
            if site == 3 or mode == "field" or draw.random() < 0.03 or (kind == "lost_badge" and 30 <= d < 72):
                continue
            seen = f"S{(site + 1) % 3}" if kind == "other_office" else f"S{site}"
            if u < office:
                presence.append((officer, seen, at(d, 8.1), at(d, 15.9), "badge"))
            else:
                presence.append((officer, "REMOTE", at(d, 8.1), at(d, 15.9), "login"))


def load(folder, rows):
    write(folder, "officers.csv", ["officer_id", "rank", "unit", "role", "site"], officers)
    write(folder, "shifts.csv", ["shift_id", "unit", "site", "starts", "ends"], shifts)
    write(folder, "roster.csv", ["officer_id", "shift_id", "mode", "claimed_from", "claimed_to", "overtime_hours"], roster)
    write(folder, "presence.csv", ["officer_id", "site", "from", "to", "source"], rows)
    run("load", folder, "--into", folder + ".s", "--quiet")
    return folder + ".s"


def listed(store, *more):
    run("sweep", store, "--quiet", "--only", "attendance", *more)
    return {o["officer"]: o["findings"][0]["words"] for o in json.loads(run("rank", store, "--lane", "compliance", "--json"))["officers"]}


def flagged(said):
    return {o for o in said if said[o].startswith("flagged")}


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    store = load("force", presence)
    said = listed(store)
    away = {o for o, kind in kind_of.items() if kind in ("honest_away", "claims_office", "short")}
    check(f"who is away too much is flagged: {len(flagged(said))} of {len(away)}", flagged(said) == away)
    order = [o["officer"] for o in json.loads(run("rank", store, "--lane", "compliance", "--json"))["officers"]]
    check("and first in the list", set(order[: len(away)]) == away)
    others = {kind_of[o] for o in said} - {"honest_away", "claims_office", "short"}
    check(f"of the others those near the mandate may be listed, not flagged: {others}", others <= {"near"})
    check(f"they are: {[w for o, w in said.items() if o not in away][:1]}", "near" in others)
    lost = set()
    for seed in range(6):
        lose = random.Random(seed)
        fewer = [p for p in presence if p[4] != "badge" or lose.random() >= 0.1]
        lost |= flagged(listed(load(f"lost{seed}", fewer))) - flagged(said)
    check(f"one badge in ten lost: no new flag {lost}", not lost)

    lose = random.Random(7)
    fewer = [p for p in presence if kind_of[p[0]] not in ("staff", "constable") or lose.random() >= 0.4]
    others = flagged(listed(load("others", fewer)))
    check(f"that machines miss other ranks far more often excuses hardly anybody: {len(others)}",
          others <= away and {o for o in away if kind_of[o] != "short"} <= others)

    open("half.yaml", "w").write("office_mandate: 0.5\n")
    check("half the days are enough where the policy says so", not flagged(listed(store, "--policy", "half.yaml")))
    open("ranks.yaml", "w").write('senior_ranks: ["P.C."]\n')
    mine = flagged(listed(store, "--policy", "ranks.yaml"))
    check(f"the same rule at any rank that it names: {len(mine)}", mine == {o for o in kind_of if kind_of[o] == "constable"})
    early = listed(store, "--as-of", at(100, 0)[:10])
    roster = [r for r in roster if r[4] < at(100, 0)]
    shifts = [s for s in shifts if s[4] < at(100, 0)]
    check("a day later or not loaded yet: the same", early and early == listed(load("early", [p for p in presence if p[2] < at(100, 0)])))

    def scores(*only):
        run("sweep", store, "--quiet", *only)
        return [(o["officer"], o["decibans"], o["tier"]) for o in json.loads(run("rank", store, "--json"))["officers"]]

    check("no conduct score has any of it", scores("--only", "overtime") == scores("--only", "overtime", "--only", "attendance"))
    check("any number of threads", listed(store, "--threads", 1, "--again") == listed(store, "--threads", 3, "--again") == said)

raise SystemExit(f"{len(failures)} failed: {failures}" if failures else 0)
