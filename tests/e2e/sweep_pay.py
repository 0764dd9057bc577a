# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep_pay.py: changes of pay and of finances: the planted are seen and add no more than the policy says; what a month does to
everybody, what is missing and what is dated later counts for nothing; sickness is in a list of its own and in no score."""
import csv, json, os, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
small = os.environ.get("BUILD", "").endswith("asan")
failures = []
CONDUCT = "pay_change", "finance_change"


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def rows(path):
    with open(path) as f:
        return list(csv.DictReader(f))


def queue(store, *more):
    """What a sweep says of everyone; what they stand at over all sweeps is another matter."""
    officers = json.loads(run("rank", store, "--json", *more))["officers"]
    return [{k: v for k, v in o.items() if k != "standing"} for o in officers]


def only(*detectors):
    return [w for d in detectors for w in ("--only", d)]


def store_of(name, **tables):
    """A store of the force with other rows in some tables."""
    os.mkdir(name + ".csv")
    for file in os.listdir("force"):
        if file[:-4] not in tables:
            os.symlink(os.path.abspath(f"force/{file}"), f"{name}.csv/{file}")
    for table, content in tables.items():
        with open(f"{name}.csv/{table}.csv", "w", newline="") as f:
            out = csv.DictWriter(f, rows(f"force/{table}.csv")[0].keys())
            out.writeheader()
            out.writerows(content)
    run("load", name + ".csv", "--into", name, "--quiet")
    return name


def swept(store, *more):
    run("sweep", store, "--quiet", "--again", *more)
    return queue(store)


def told(officers, detector):
    return {o["officer"]: f["words"] for o in officers for f in o["findings"] if f["detector"] == detector}


def changed(pay, change):
    return [{**r, **(change(r) or {})} for r in pay]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    officers, days = (400, 180) if small else (1200, 270)
    run("generate", "--officers", officers, "--days", days, "--seed", 8, "--out", "force", "--quiet", "--plant", "all=0,carer=8,leak=3")
    pay, finance = rows("force/pay.csv"), rows("force/finance.csv")
    carers = {r["officer_id"] for r in rows("force/truth.csv") if r["scheme"] == "carer"}
    months = sorted({r["month"] for r in pay})
    plain = swept(store_of("plain"))
    alone = swept("plain", *only(*CONDUCT))
    known = {o["officer"] for o in plain}

    # Over a force in which nobody's pay was touched: the mean factor, and that nothing of it goes beyond the cap.
    for detector in CONDUCT:
        mean = sum(2 * 10 ** (o["decibans"] / 10) - 1 for o in swept("plain", *only(detector))) / len(plain)
        check(f"{detector}: a mean factor of {mean:.3f}", mean <= 1)
    none = min(o["decibans"] for o in alone)
    check(f"nobody has more than 3 above {none}", max(o["decibans"] for o in alone) <= none + 3.01)
    open("cap.yaml", "w").write("pay_cap: 0.5\n")
    most = max(o["decibans"] for o in swept("plain", "--policy", "cap.yaml", *only(*CONDUCT)))
    check(f"nor more than the policy says: {most}", none < most <= none + 0.51)

    # Somebody whose overtime and expenses rose, and somebody with two judgments: both are told of.
    whole = [o for o in sorted(known) if sum(r["officer_id"] == o for r in pay) == len(months) and o not in carers]
    moved = {r["officer_id"] for r in rows("force/officers.csv") if r["as_of"]}
    who, broke = [o for o in whole if o not in moved and o not in told(plain, "finance_change")][:2]
    since = months[len(months) - 3]

    def rise(r):
        late = r["month"] >= since
        if r["officer_id"] == who:
            return {"overtime_hours": "60", "overtime_pay": str(3000 if late else 0), "expenses": str(900 if late else 0)}

    judged = [{"officer_id": broke, "at": f"{months[-2]}-1{i}", "kind": "judgment", "amount": "5000"} for i in (1, 2)]
    risen = swept(store_of("risen", pay=changed(pay, rise), finance=finance + judged), *only(*CONDUCT))
    words = told(risen, "pay_change").get(who, "")
    check(f"a rise is seen: {words}", f"overtime pay {since} to {months[-1]}" in words and f"expenses {since}" in words)
    words = told(risen, "finance_change").get(broke, "")
    check(f"judgments are seen: {words}", words.startswith("2 more of judgment than before, as had 1 of "))
    lines = {}
    for officer, table, n in (who, "pay", 3), (broke, "finance", 2):
        findings = json.loads(run("explain", "risen", officer, "--json"))["findings"]
        cited = [r for f in findings if f["detector"] == table + "_change" for r in f["rows"]]
        for r in cited:
            lines.setdefault(r["source"], open(r["source"]).read().split("\n"))
        check(f"its {n} rows of {table}, where they are said to be", len(cited) == n and all(
            r["table"] == table and lines[r["source"]][r["line"] - 1].startswith(officer + ",") for r in cited))

    # What is not known of them is nothing seen.
    def unknown(r):
        if r["officer_id"] == who:
            return {"overtime_pay": "", "expenses": ""}

    check("blanked, there is no rise", who not in told(swept(store_of("blank", pay=changed(changed(pay, rise), unknown))), "pay_change"))

    # A month in which everybody is paid three times as much changes nobody's score.
    def everybody(r):
        if r["month"] in (months[-1], months[-2]):
            return {"overtime_pay": f"{3 * float(r['overtime_pay']):.2f}", "expenses": f"{3 * float(r['expenses']):.2f}"}

    check("what a month does to all changes nothing", swept(store_of("december", pay=changed(pay, everybody))) == plain)
    gifts = [{"officer_id": o, "at": f"{months[-1]}-15", "kind": "windfall", "amount": "100"} for o in sorted(known)]
    gifted = told(swept(store_of("gifts", finance=finance + gifts), *only(*CONDUCT)), "finance_change")
    check("nor does a windfall for all", not [w for w in gifted.values() if "windfall" in w and "1 more" in w])

    # Bursts of sickness: in the list of welfare, and not one bit of conduct is another.
    ill = whole[5:25]

    def burst(r):
        if r["officer_id"] in ill and r["month"] >= since:
            return {"sickness_days": "19"}

    store_of("ill", pay=changed(pay, burst))
    run("sweep", "ill", "--quiet")
    check("a burst of sickness leaves the conduct of everybody as it is", queue("ill") == plain)
    welfare = queue("ill", "--lane", "welfare")
    seen = {o["officer"] for o in welfare}
    check(f"{len(seen & set(ill))} of {len(ill)} bursts are in a list of {len(seen)}", small or len(seen & set(ill)) >= 0.7 * len(ill))
    check("which tells of nothing else", {f["detector"] for o in welfare for f in o["findings"]} == {"sickness"})
    check("and no list of conduct tells of sickness", not told(plain, "sickness") and not told(queue("ill"), "sickness"))
    run("sweep", "plain", "--quiet", "--again")
    listed = {o["officer"] for o in queue("plain", "--lane", "welfare")}
    check(f"{len(listed & carers)} of {len(carers)} carers in a list of {len(listed)}", small or len(listed & carers) >= 3)
    tiers = {o["officer"]: o["tier"] for o in plain}
    check("no carer is in a tier", all(tiers.get(o, "none") == "none" for o in carers))

    # Any number of threads.
    one, three = (swept("risen", "--threads", n, *only(*CONDUCT, "sickness")) for n in (1, 3))
    wone, wthree = (run("sweep", "risen", "--quiet", "--again", "--threads", n) + json.dumps(queue("risen", "--lane", "welfare"))
                    for n in (1, 3))
    check("any number of threads", one == three and wone == wthree)

    # What is dated later is not seen; a month counts from its first day.
    day = months[-2] + "-01"
    early = store_of("early", pay=[r for r in pay if r["month"] + "-01" < day], finance=[r for r in finance if r["at"] < day])
    for lane in "conduct", "welfare":
        for store in "early", "plain":
            run("sweep", store, "--quiet", "--again", "--as-of", day, *only(*CONDUCT, "sickness"))
        check(f"{lane}: what is dated later is not there", queue("early", "--lane", lane) == queue("plain", "--lane", lane))
    told_then = json.dumps(queue("plain", "--lane", "welfare"))
    check("nor told of", not [m for m in months[-2:] if m in told_then])

    # Less than four months, or a year's pay alone: nothing is said, as if nobody had asked.
    open("off.yaml", "w").write("detectors: {pay_change: off, finance_change: off, sickness: off}\n")
    unasked = swept("plain", "--policy", "off.yaml")
    blank = {c: "" for c in ("overtime_hours", "overtime_pay", "expenses", "sickness_days")}
    for name, kept in ("short", [r for r in pay if r["month"] in months[:3]]), ("year", [{**r, **blank} for r in pay]):
        check(f"{name}: nothing is said", swept(store_of(name, pay=kept, finance=[])) == unasked)

sys.exit(1 if failures else 0)
