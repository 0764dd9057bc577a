# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_roster.py: claimed hours against what machines saw, on a force written by hand: one who claims and is not there, two who
do so on the same days, two and three of whom one stays while another is gone, by turns; and beside them those who look like it and are innocent: a lost badge, a reader that was out of order, a
site without any, work at a screen after the shift, a single missed swipe, a supervisor who corrected the rows of a team."""
import csv, json, os, random, subprocess, tempfile
from datetime import datetime, timedelta

candour = os.environ["CANDOUR"]
failures = []
DAYS, UNITS, PEOPLE = 150, 8, 20
start = datetime(2025, 1, 6)
draw = random.Random(11)


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def write(name, header, rows):
    with open(os.path.join("force", name), "w", newline="") as f:
        csv.writer(f, lineterminator="\n").writerows([header, *rows])


def at(day, hour):
    return (start + timedelta(days=day, hours=hour)).isoformat(timespec="seconds") + "Z"


officers, shifts, roster, presence, accesses = [], [], [], [], []
# Who goes where at noon, and in how many minutes: to a site half an hour away, to one next door; one at a pace that nobody has, there
# and where nobody else goes.
WAYS = {**{f"P4{i}": ("S5", 35 + i) for i in range(11, 18)}, "P418": ("S5", 4), **{f"P2{i}": ("S1", 3) for i in range(11, 18)}, "P618": ("S3", 4),
        "P617": ("S5", 45)}
for u in range(UNITS):
    officers += [(f"P{u}{i:02}", "inspector" if i == 0 else "constable", f"U{u}", "response", f"S{u}") for i in range(PEOPLE)]
    shifts += [(f"D{u}-{d:03}", f"U{u}", f"S{u}", at(d, 7), at(d, 15)) for d in range(DAYS)]

# Who claims what is not so: on these days nobody saw them after the shift.
alone = ("P003", set(range(8, 128, 8)))
pair = [(who, set(range(11, 95, 12))) for who in ("P104", "P105")]
# By turns: each is gone on days on which the next one stays.
turns = {}
for ring, every in (("P101", "P102"), 4), (("P201", "P202", "P203"), 3):
    at_work = [d for d in range(DAYS) if all((d + int(who[2:])) % 7 < 5 for who in ring)][::every]
    for k, who in enumerate(ring):
        turns[who] = (set(at_work[k :: len(ring)]), set(at_work[(k - 1) % len(ring) :: len(ring)]))  # gone; staying for the one before
false = dict([alone, *pair, ("P407", {40}), *((who, gone) for who, (gone, _) in turns.items())])
stays = {who: staying for who, (_, staying) in turns.items()}
stays["P100"] = set(range(DAYS))                   # a supervisor who stays whenever anybody does covers for nobody
for officer, _, unit, _, site in officers:
    u, i = int(unit[1]), int(officer[2:])
    for d in range(DAYS):
        if (d + i) % 7 >= 5:
            continue
        extra = 2 if draw.random() < 0.12 or d in false.get(officer, ()) or d in stays.get(officer, ()) else 0
        if u == 5 and d % 28 == 5:                 # planned for the whole team and called off: the planner corrects all their rows
            roster.append((officer, f"D{u}-{d:03}", "office", at(d, 7), at(d, 17), 2))
            extra = 0
        roster.append((officer, f"D{u}-{d:03}", "office", at(d, 7), at(d, 15 + extra), extra))
        if officer == "P508" and extra:  # corrected: the longer claim is still in the records
            roster.append((officer, f"D{u}-{d:03}", "office", at(d, 7), at(d, 15), 0))
            extra = 0
        if u == 3 and d in (26, 54, 82):           # nobody is seen at all, nor who came in on a rest day: below
            continue
        leaves = 15 + (0 if d in false.get(officer, ()) else extra) + draw.uniform(-0.1, 0.1)
        if u == 7 or draw.random() < 0.02:         # no machine there; a swipe missed
            continue
        if officer == "P206" and 40 <= d < 75:     # a lost badge
            continue
        if u == 3 and d in (20, 21, 50):           # the reader was out of order: nobody is seen after noon
            leaves = 12
        if officer == "P409" and extra:            # seen no more by the door, and at work at a screen
            leaves = 15
            accesses.append((officer, "C1", at(d, 16), "view", ""))
        if officer == "P410" and extra:            # works on elsewhere: the machine loses them an hour before the end
            leaves = 14
        came, way = at(d, 7 - draw.uniform(0, 0.2)), WAYS.get(officer)
        if way and d % 11 == 5:
            presence += [(officer, site, came, at(d, 11), "badge"), (officer, way[0], at(d, 11 + way[1] / 60), at(d, leaves), "badge")]
        else:
            presence.append((officer, site, came, at(d, leaves), "badge"))
        desk = f"T{u}{i % 3}"
        if officer == "P605" and d % 9 == 4:       # somebody at another site is logged in as P605
            desk = "T11"
        if officer == "P606" and d == 90:          # once: a name mistyped
            desk = "T12"
        if u == 4 and i % 3 == 0 and d >= 75:      # T20 was carried over to them
            desk = "T20"
        if i == 9:                                 # and one is carried about
            desk = "T99"
        accesses.append((officer, "C1", at(d, 9.5), "view", desk))

# Two places at once, and shifts that overlap; and what looks like it: two sites that adjoin, a screen left on at home, one day.
for d in range(3, DAYS, 12):
    presence.append(("P600", "S0", at(d, 9), at(d, 14), "badge"))
    roster.append(("P602", f"D5-{d:03}", "office", at(d, 7), at(d, 15), 0))
    presence += [("P604", "REMOTE", at(d, 9), at(d, 12), "login")] + [(f"P1{i:02}", "S2", at(d, 8), at(d, 10), "badge") for i in range(8)]
presence.append(("P601", "S0", at(10, 9), at(10, 14), "badge"))

for d in (26, 54, 82):
    roster.append(("P307", f"D3-{d:03}", "office", at(d, 7), at(d, 15), 8))
for k in range(40):                                # others' rest days, on which they are seen
    roster.append((f"P{k % 7}14", f"D{k % 7}-{12 + 7 * (k // 7):03}", "office", at(12 + 7 * (k // 7), 7), at(12 + 7 * (k // 7), 15), 8))
    presence.append((f"P{k % 7}14", f"S{k % 7}", at(12 + 7 * (k // 7), 7), at(12 + 7 * (k // 7), 15), "badge"))

HEADS = {"officers.csv": ["officer_id", "rank", "unit", "role", "site"],
         "shifts.csv": ["shift_id", "unit", "site", "starts", "ends"],
         "roster.csv": ["officer_id", "shift_id", "mode", "claimed_from", "claimed_to", "overtime_hours"],
         "presence.csv": ["officer_id", "site", "from", "to", "source"],
         "accesses.csv": ["officer_id", "case_id", "at", "action", "terminal"]}


def told(store, detector, *more):
    """Officer to (decibans of the family, words)."""
    run("sweep", store, "--quiet", "--only", detector, *more)
    out = {}
    for o in json.loads(run("rank", store, "--json"))["officers"]:
        for f in o["findings"]:
            if f["detector"] == detector:
                out[o["officer"]] = (f["decibans"], f["words"])
    return out


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.mkdir("force")
    for name, rows in zip(HEADS, (officers, shifts, roster, presence, accesses)):
        write(name, HEADS[name], rows)
    run("load", "force", "--into", "s", "--quiet")
    said = told("s", "overtime")
    order = [o["officer"] for o in json.loads(run("rank", "s", "--json"))["officers"]]
    wrong = {"P003", "P104", "P105", *turns}
    check(f"who claim and are not there are first: {order[:8]}", set(order[:8]) == wrong)
    for who, others in ("P101", ["P102"]), ("P102", ["P101"]), ("P201", ["P202", "P203"]), ("P203", ["P201", "P202"]):
        check(f"who stay for one another by turns: {said.get(who)}", f"by turns with {', '.join(others)}, each unseen while the next stayed" in said.get(who, ("", ""))[1])
    check(f"one who always stays is in no arrangement", not [who for who in said if "P100" in said[who][1]])
    for a, b in ("P104", "P105"), ("P105", "P104"):
        check(f"who name each other: {said.get(a)}", a in said and f"{b} on" in said[a][1])
    check("and nobody else is named with the first", "same days" not in said.get("P003", ("", "same days"))[1] and "turns" not in said["P003"][1])
    for who in "P206", "P407", "P409", "P410", "P508", "P500", "P300":
        check(f"no overtime of {who} is in doubt: {said.get(who)}", "stretch" not in said.get(who, ("", ""))[1])
    check("nor where no machine is", not [o for o in said if o.startswith("P7")])
    doubt = [o for o, (_, words) in said.items() if "stretch" in words]
    check(f"nor on the days of a broken reader: {doubt}", not [o for o in doubt if o.startswith("P3")])
    check(f"and of nobody else is anything said, a lost badge or not: {set(said)}", set(said) == wrong)
    n = len(json.loads(run("explain", "s", "P003", "--json"))["findings"][0]["rows"])
    check(f"each claim is a row: {n}", 10 <= n <= 20)

    twice = told("s", "impossible")
    check(f"two sites at once: {twice.get('P600')}", "at two sites at once" in twice.get("P600", ("", ""))[1])
    check(f"two shifts at once: {twice.get('P602')}", "that overlap another" in twice.get("P602", ("", ""))[1])
    for who in "P418", "P618":
        check(f"there sooner than anybody: {twice.get(who)}", "sooner than anybody" in twice.get(who, ("", ""))[1])
    check(f"logged in where they were not: {twice.get('P605')}", "from a site where they were not" in twice.get("P605", ("", ""))[1])
    tables = {r["table"] for f in json.loads(run("explain", "s", "P605", "--json"))["findings"] for r in f["rows"]}
    check(f"with the badge and the access: {tables}", tables == {"presence", "accesses"})
    check(f"and of nobody else, where sites adjoin, of a screen at home, of one day, of a terminal that was moved or is carried about: {set(twice)}",
          set(twice) == {"P600", "P602", "P605", "P418", "P618"})
    open("slow.yaml", "w").write("travel_minutes: 60\n")
    check("the policy says what is too soon where few go", "P617" in told("s", "impossible", "--policy", "slow.yaml"))
    told("s", "impossible")

    # Nothing dated on or after a day is visible on it.
    early = told("s", "overtime", "--as-of", at(60, 0)[:10])
    write("roster.csv", HEADS["roster.csv"], [r for r in roster if r[4] <= at(60, 0)])
    write("presence.csv", HEADS["presence.csv"], [r for r in presence if r[2] < at(60, 0)])
    run("load", "force", "--into", "t", "--quiet")
    check(f"a day later or not loaded yet: the same ({len(early)})", early and early == told("t", "overtime"))
    early = told("s", "impossible", "--as-of", at(60, 0)[:10])
    check(f"and of two places at once ({len(early)})", early and early == told("t", "impossible"))
    one, two = told("t", "overtime", "--threads", 1, "--again"), told("t", "overtime", "--threads", 3, "--again")
    check("any number of threads", one == two)

raise SystemExit(f"{len(failures)} failed: {failures}" if failures else 0)
