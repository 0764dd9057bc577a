# SPDX-License-Identifier: GPL-3.0-or-later
"""query_beside.py: questions asked in the query language and, of the same CSV files, in SQL: the same rows; and the same bytes from
one thread or three, from one load or several in another order."""
import csv, json, os, random, sqlite3, subprocess, sys, tempfile

candour = os.environ["CANDOUR"]
failures = []
ENTITIES = "officers", "cases", "shifts", "associations", "complaints"
TIMES = "at", "from", "to", "as_of", "opened", "closed", "starts", "ends", "claimed_from", "claimed_to", "made_at", "joined", "left"


def check(what, ok):
    print("ok  " if ok else "FAIL", what)
    if not ok:
        failures.append(what)


def run(*words):
    return subprocess.run([candour, *map(str, words)], check=True, capture_output=True, text=True).stdout


def cell(name, text):
    if text == "":
        return None
    if name in TIMES:
        return (text if "T" in text else text + "T00:00:00") + "Z"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def to_sql(folder):
    """Rows are sets; of an entity the row with the latest as_of is the one that describes it."""
    db = sqlite3.connect(":memory:")
    for file in sorted(os.listdir(folder)):
        table = file[:-4]
        if table in ("truth", "protected"):
            continue
        with open(f"{folder}/{file}") as f:
            rows = list(csv.reader(f))
        head = rows[0]
        seen = {tuple(map(cell, head, r)): None for r in rows[1:]}
        if table in ENTITIES:
            latest = {}
            for r in seen:
                order = (r[head.index("as_of")] or "") if "as_of" in head else ""
                if r[0] not in latest or order >= latest[r[0]][0]:
                    latest[r[0]] = order, r
            seen = [r for _, r in latest.values()]
        db.execute(f"create table {table} ({', '.join(f'[{h}]' for h in head)})")
        db.executemany(f"insert into {table} values ({', '.join('?' * len(head))})", list(seen))
        for h in head[:2]:
            db.execute(f"create index {table}_{h} on {table} ([{h}])")
    return db


# A question, and the same in SQL. What is not ordered is compared as a bag.
ASKED = [
    ("MATCH (o:Officer) WHERE o.rank = 'PC' RETURN count(*)", "select count(*) from officers where rank = 'PC'"),
    ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN count(*)", "select count(*) from accesses"),
    ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) WHERE a.action = 'print' RETURN o.id, c.id, a.at",
     "select officer_id, case_id, at from accesses where action = 'print'"),
    ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN o.unit, count(*), count(DISTINCT c), min(a.at), max(a.at)",
     "select unit, count(*), count(distinct case_id), min(at), max(at) from accesses join officers using (officer_id) group by 1"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) RETURN count(*)",
     "select count(*) from accesses x join accesses y using (case_id) where x.rowid <> y.rowid"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c)<-[:ACCESSED]-(b) WHERE a.id < b.id AND a.unit <> b.unit RETURN a.id, b.id, count(DISTINCT c) AS n",
     "select p.officer_id, q.officer_id, count(distinct x.case_id) from accesses x join accesses y using (case_id) join officers p on "
     "p.officer_id = x.officer_id join officers q on q.officer_id = y.officer_id where p.officer_id < q.officer_id and p.unit <> q.unit "
     "group by 1, 2"),
    ("MATCH (a:Officer)-[:LINKED]->(x:Association)<-[:LINKED]-(b:Officer) WHERE a.id < b.id RETURN x.kind, count(*)",
     "select kind, count(*) from links x join links y using (association_id) join associations using (association_id) where x.officer_id "
     "< y.officer_id group by 1"),
    ("MATCH (o:Officer)-[:ACCESSED]->(c:Case)-[:CONCERNS]->(x:Association)<-[:LINKED]-(o) RETURN o.id, c.id, x.id",
     "select a.officer_id, a.case_id, l.association_id from accesses a join subjects s using (case_id) join links l on l.association_id = "
     "s.association_id and l.officer_id = a.officer_id"),
    ("MATCH (o:Officer)-[:ACCESSED]->(c:Case) WHERE NOT EXISTS { (o)-[:ASSIGNED]->(c) } RETURN count(*), count(DISTINCT o)",
     "select count(*), count(distinct officer_id) from accesses a where not exists (select 1 from assignments s where s.officer_id = "
     "a.officer_id and s.case_id = a.case_id)"),
    ("MATCH (o:Officer) OPTIONAL MATCH (o)-[n:NAMED_IN]->(k:Complaint) RETURN o.id, count(k), count(DISTINCT k.kind)",
     "select o.officer_id, count(a.complaint_id), count(distinct k.kind) from officers o left join allegations a using (officer_id) left "
     "join complaints k using (complaint_id) group by 1"),
    ("MATCH (o:Officer)-[:HAS]->(p:Pay) WHERE p.overtime_hours > 5 RETURN o.id, p.month IS NOT NULL, p.overtime_hours",
     "select officer_id, 1, overtime_hours from pay where overtime_hours > 5"),
    ("MATCH (o:Officer)-[r:ROSTERED]->(h:Shift) WITH h, count(*) AS n WHERE n > 12 RETURN h.id, n",
     "select shift_id, count(*) from roster group by 1 having count(*) > 12"),
    ("MATCH (a:Officer)-[:ROSTERED]->(h:Shift)<-[:ROSTERED]-(b:Officer) WHERE a.id < b.id WITH a, b, count(*) AS n WHERE n >= 3 MATCH "
     "(a)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b) RETURN a.id, b.id, n, count(*)",
     "with together as (select x.officer_id a, y.officer_id b, count(*) n from roster x join roster y using (shift_id) where x.officer_id < "
     "y.officer_id group by 1, 2 having count(*) >= 3) select a, b, n, count(*) from together join accesses p on p.officer_id = a join "
     "accesses q on q.officer_id = b and q.case_id = p.case_id group by 1, 2, 3"),
    ("MATCH (x:Association)-[t:TIED]-(y:Association) RETURN count(*)",
     "select sum(case when from_id = to_id then 1 else 2 end) from ties"),
    ("MATCH (o:Officer)-[:LINKED]->(x)-[:TIED]-(y)<-[:LINKED]-(p:Officer) WHERE o.id < p.id RETURN o.id, p.id, x.id, y.id",
     "with t as (select from_id x, to_id y from ties union all select to_id, from_id from ties where from_id <> "
     "to_id) select a.officer_id, b.officer_id, x, y from links a join t on x = a.association_id join links b on b.association_id "
     "= y where a.officer_id < b.officer_id and a.rowid <> b.rowid"),
    ("MATCH (x:Association {id: 'A00000001'})-[:TIED*1..3]-(y) RETURN DISTINCT y.id",
     "with recursive t(x, y) as (select from_id, to_id from ties union all select to_id, from_id from ties), r(z, d) "
     "as (values ('A00000001', 0) union select y, d + 1 from r join t on x = z where d < 3) select distinct z from r where d > 0 and z <> "
     "'A00000001'"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)-[:CONCERNS]->(x:Association)-[:TIED]->(y:Association) RETURN count(*)",
     "select count(*) from accesses a join subjects s using (case_id) join ties t on t.from_id = s.association_id"),
    ("MATCH (c:Case)<-[:ACCESSED]-(a:Officer), (c)<-[:ASSIGNED]-(b:Officer), (c)-[:CONCERNS]->(x) RETURN count(*)",
     "select count(*) from accesses a join assignments s using (case_id) join subjects j using (case_id)"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)-[:CONCERNS]->(x:Association)<-[:LINKED]-(a) RETURN count(*)",
     "select count(*) from accesses a join subjects s using (case_id) join links l on l.officer_id = a.officer_id and l.association_id = "
     "s.association_id"),
    ("MATCH (a:Officer)-[:ROSTERED]->(h:Shift)<-[:ROSTERED]-(b:Officer), (a)-[:ACCESSED]->(c:Case)<-[:ASSIGNED]-(b) RETURN count(*)",
     "select count(*) from roster r join roster q using (shift_id) join accesses a on a.officer_id = r.officer_id join assignments s on "
     "s.case_id = a.case_id and s.officer_id = q.officer_id where r.rowid <> q.rowid"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) WHERE a <> b AND NOT EXISTS { (b)-[:ASSIGNED]->(c) } RETURN count(*)",
     "select count(*) from accesses x join accesses y using (case_id) where x.officer_id <> y.officer_id and not exists (select 1 from "
     "assignments s where s.officer_id = y.officer_id and s.case_id = x.case_id)"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case) OPTIONAL MATCH (a)-[s:ASSIGNED]->(c) RETURN count(*), count(s)",
     "select count(*), count(s.officer_id) from accesses a left join assignments s using (officer_id, case_id)"),
    ("MATCH (c:Case) WHERE c.closed IS NULL RETURN c.kind, count(*), avg(c.sensitivity)",
     "select kind, count(*), avg(sensitivity) from cases where closed is null group by 1"),
    ("MATCH (o:Officer)-[s:ASSIGNED]->(c:Case)<-[a:ACCESSED]-(o) WHERE during(a.at, s.from, s.to) RETURN count(*)",
     "select count(*) from assignments s join accesses a using (officer_id, case_id) where (s.[from] is null or a.at >= s.[from]) and "
     "(s.[to] is null or a.at < s.[to])"),
    ("MATCH (o:Officer) WHERE (o)-[:DECLARED]->() AND NOT (o)-[:NAMED_IN]->() RETURN o.id",
     "select distinct officer_id from declarations where officer_id not in (select officer_id from allegations)"),
    ("MATCH (o:Officer) RETURN o.id, COUNT { (o)-[:ACCESSED]->(:Case {sensitivity: 2}) } AS n",
     "select o.officer_id, (select count(*) from accesses a join cases c using (case_id) where a.officer_id = o.officer_id and "
     "c.sensitivity = 2) from officers o"),
    ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) WHERE a.at >= datetime('2025-01-05') AND a.at < datetime('2025-01-06') RETURN c.id, "
     "collect(o.id) AS who",
     "select case_id, json_group_array(officer_id) from accesses where at >= '2025-01-05T00:00:00Z' and at < '2025-01-06T00:00:00Z' group "
     "by 1"),
    ("MATCH (m:Officer)-[:ACCESSED]->(c:Case), (n:Officer)-[:ASSIGNED]->(c) WHERE m.unit = n.unit AND m <> n RETURN count(*)",
     "select count(*) from accesses a join assignments s using (case_id) join officers m on m.officer_id = a.officer_id join officers n on "
     "n.officer_id = s.officer_id where m.unit = n.unit and m.officer_id <> n.officer_id"),
]
ORDERED = [
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) WHERE a.id < b.id AND a.unit <> b.unit RETURN a.id AS a, b.id AS b, "
     "count(DISTINCT c) AS n ORDER BY n DESC, a, b LIMIT 20",
     "select x.officer_id, y.officer_id, count(distinct x.case_id) n from accesses x join accesses y using (case_id) join officers p on "
     "p.officer_id = x.officer_id join officers q on q.officer_id = y.officer_id where x.officer_id < y.officer_id and p.unit <> q.unit "
     "group by 1, 2 order by n desc, 1, 2 limit 20"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) RETURN a.id AS a, b.id AS b, count(*) AS n ORDER BY n DESC, a, b LIMIT 30",
     "select x.officer_id, y.officer_id, count(*) n from accesses x join accesses y using (case_id) where x.rowid <> y.rowid group by 1, 2 "
     "order by n desc, 1, 2 limit 30"),
    ("MATCH (a:Officer)-[:ACCESSED]->(c:Case)<-[:ACCESSED]-(b:Officer) RETURN a.id AS a, b.id AS b, count(DISTINCT c) AS n ORDER BY n DESC, a, b "
     "SKIP 5 LIMIT 30",
     "select x.officer_id, y.officer_id, count(distinct case_id) n from accesses x join accesses y using (case_id) where x.rowid <> y.rowid "
     "group by 1, 2 order by n desc, 1, 2 limit 30 offset 5"),
    ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN c.id AS file, count(*) AS n ORDER BY n DESC, file SKIP 3 LIMIT 9",
     "select case_id, count(*) n from accesses group by 1 order by n desc, 1 limit 9 offset 3"),
    ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN o.id, c.id, a.at AS at ORDER BY at DESC, o.id, c.id LIMIT 40",
     "select officer_id, case_id, at from accesses order by at desc, officer_id, case_id limit 40"),
    ("MATCH (c:Case) RETURN DISTINCT c.kind AS kind, c.sensitivity AS s ORDER BY kind DESC, s LIMIT 12",
     "select distinct kind, sensitivity from cases order by kind desc, sensitivity is null, sensitivity limit 12"),
]


def plain(v):
    if isinstance(v, str) and v.startswith("["):
        v = json.loads(v)
    if isinstance(v, list):
        return sorted(map(str, v))
    return f"{v:.9g}" if isinstance(v, (int, float)) else v


def bag(rows, ordered):
    rows = [json.dumps([plain(v) for v in r]) for r in rows]
    return rows if ordered else sorted(rows)


def in_parts(folder, store):
    """The same rows in five loads, each file's rows dealt out in another order."""
    draw = random.Random(3)
    parts = [f"part{i}" for i in range(5)]
    for p in parts:
        os.mkdir(p)
    for file in os.listdir(folder):
        if file in ("truth.csv", "protected.csv"):
            continue
        with open(f"{folder}/{file}") as f:
            head, *lines = f.read().splitlines()
        if file not in ("presence.csv", "roster.csv", "shifts.csv"):
            draw.shuffle(lines)
        for i, p in enumerate(parts):
            # What presence rests on comes before it.
            mine = lines[i::5] if file not in ("presence.csv", "roster.csv", "shifts.csv") else lines if i == (file == "presence.csv") else []
            if mine:
                with open(f"{p}/{file}", "w") as f:
                    f.write("\n".join([head, *mine]) + "\n")
    for p in parts:
        run("load", p, "--into", store, "--presence", "all", "--quiet")


room = tempfile.TemporaryDirectory()
os.chdir(room.name)
run("generate", "--officers", 600, "--days", 15, "--seed", 11, "--out", "force", "--quiet")
run("load", "force", "--into", "whole", "--presence", "all", "--quiet")
in_parts("force", "parts")
db = to_sql("force")
for asked in ASKED + ORDERED:
    question, sql = asked
    ordered = asked in ORDERED
    first = run("query", "whole", question, "--json")
    rows = json.loads(first)["rows"]
    expected = db.execute(sql).fetchall()
    same = bag(rows, ordered) == bag(expected, ordered)
    check(f"{len(rows)} rows: {question}", same)
    if not same:
        print("   got     ", bag(rows, ordered)[:5], "\n   expected", bag(expected, ordered)[:5])
    check("   and the same of three threads", run("query", "whole", question, "--json", "--threads", 3) == first)
    check("   and of five loads", run("query", "parts", question, "--json") == first)
for question in ("MATCH (o:Officer)-[a:ACCESSED]->() WITH o, rand() AS r RETURN o.unit, max(r)",
                 "MATCH (o:Officer)-[a:ACCESSED]->() WHERE source(a) CONTAINS '7' RETURN o.unit, count(*), max(source(a))"):
    check(f"the same of one thread and three: {question}",
          len({run("query", "whole", question, "--threads", n) for n in (1, 3, 3, 3, 3)}) == 1)
# A limit without an order, and lists: what is shown is the same however the store came to be.
for question in ("MATCH (o:Officer)-[a:ACCESSED]->(c:Case) RETURN o.id, c.id, a.at LIMIT 50",
                 "MATCH (c:Case)<-[:ACCESSED]-(o:Officer) RETURN c.id, collect(o.id) LIMIT 50",
                 "MATCH (o:Officer)-[:HAS]->(p:Presence) RETURN o.id, p.id, p.site LIMIT 50",
                 "MATCH p = shortestPath((a:Officer {id: 'P000001'})-[:ACCESSED*]-(b:Officer {id: 'P000077'})) RETURN p"):
    first = run("query", "whole", question, "--json")
    check(f"five loads, {len(json.loads(first)['rows'])} rows: {question}", run("query", "parts", question, "--json") == first)
sys.exit(1 if failures else 0)
