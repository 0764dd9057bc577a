# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the contract."""
import os
import numpy as np

from .duty import shift_times
from .force import ACTIONS, DAY, EPOCH, GUILTY, RANKS, REASONS


class Clock:
    """Seconds to ISO text through two tables, which is quick for millions of rows."""

    def __init__(self):
        self.lo = int(np.datetime64("1960-01-01", "D").astype(int))
        days = np.arange(self.lo, int(np.datetime64("2050-01-01", "D").astype(int)))
        self.day = np.array([str(x) for x in days.astype("datetime64[D]")] + [""], dtype=object)
        self.sec = np.array([f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)] + [""], dtype=object)

    def __call__(self, t):
        t = np.asarray(t, dtype=np.int64)
        none = t == -1
        d, s = np.divmod(t, DAY)
        return self.day[np.where(none, len(self.day) - 1, d - self.lo)] + self.sec[np.where(none, DAY, s)]


MIXED = {"associations", "complaints", "allegations", "assignments", "links", "declarations", "ties", "findings", "truth"}


def write(out, name, header, *cols):
    """One CSV file, in pieces of a quarter of a million lines."""
    cols = [np.asarray(c, dtype=object) for c in cols]
    n = len(cols[0])
    if name in MIXED:                                   # the order of rows must tell nothing
        p = np.random.default_rng(n).permutation(n)
        cols = [c[p] for c in cols]
    with open(os.path.join(out, name + ".csv"), "w", encoding="utf-8", newline="") as f:
        f.write(header + "\n")
        for i in range(0, n, 250000):
            part = "\n".join(map(",".join, zip(*(c[i:i + 250000].tolist() for c in cols))))
            f.write(part + "\n")
    return n


def write_rows(out, name, header, rows):
    """A small CSV file from tuples."""
    cols = list(zip(*rows)) if rows else [[] for _ in header.split(",")]
    return write(out, name, header, *([str(x) for x in c] for c in cols))


def write_entities(F, out, T):
    """officers, cases, associations, complaints: with the history that is on record."""
    mv = np.flatnonzero(F.move_rec >= 0)
    i = np.r_[np.arange(F.N), mv]
    second = np.r_[np.zeros(F.N, bool), np.ones(len(mv), bool)]
    asof = np.r_[np.full(F.N, -1), (EPOCH + F.move_rec[mv] * DAY).astype(np.int64)]
    asof[mv] = np.minimum(F.joined[mv], EPOCH)
    u = np.where(second, F.unit2[i], F.unit[i])
    site = np.array([f"ST{s:03d}" for s in range(2000)], dtype=object)
    F.site = site
    man = np.r_[F.O, [""]][F.manager[i]]
    left = np.where(F.left > EPOCH + F.D * DAY, -1, F.left)
    write(out, "officers", "officer_id,rank,unit,role,site,manager,joined,left,as_of", F.O[i],
          np.array(RANKS, dtype=object)[F.rank[i]], F.unames[u], F.role[i], site[F.usite[u]], man,
          T(F.joined[i]), T(left[i]), T(asof))
    h = np.flatnonzero((F.cunit2 != F.cunit) & (F.hand_rec >= 0) & (F.hand_rec < F.D))
    i = np.r_[np.arange(F.C), h]
    asof = np.r_[np.full(F.C, -1), (EPOCH + F.hand_rec[h] * DAY).astype(np.int64)]
    asof[h] = F.copen[h]
    u = np.r_[F.cunit, F.cunit2[h]]
    shut = F.copen + (F.clife * DAY * 1.5).astype(np.int64)
    shut = np.where(shut > EPOCH + F.D * DAY, -1, shut)
    write(out, "cases", "case_id,unit,kind,sensitivity,opened,closed,as_of", F.cid[i], F.unames[u], F.kinds[F.ckind[i]],
          np.array(list("0123"), dtype=object)[F.csens[i]], T(F.copen[i]), T(shut[i]), T(asof))
    n = len(F.assoc_kind)
    F.A = np.array([f"A{(x * 7919) % 10000019:08d}" for x in range(n)] + [""], dtype=object)
    write(out, "associations", "association_id,kind,name", F.A[:-1], F.assoc_kind, F.assoc_name)
    write_rows(out, "complaints", "complaint_id,made_at,kind,source,complainant",
               [(f"C{k * 7919 % 1000003:07d}", T(t), kind, s, F.A[p]) for k, t, kind, s, p in F.complaint_rows])
    write_rows(out, "allegations", "officer_id,complaint_id,kind,outcome",
               [(F.oid(o), f"C{k * 7919 % 1000003:07d}", kind, oc) for o, k, kind, oc in F.allegation_rows])


def write_relations(F, out, T):
    """accesses, assignments, subjects, links, declarations, ties."""
    r = F.rng
    o, c, t, act, rs = (np.concatenate([a[k] for a in F.acc]) for k in range(5))
    t_ok = t < EPOCH + F.D * DAY
    s = np.flatnonzero(t_ok)[np.argsort(t[t_ok], kind="stable")]
    o, c, t, act, rs = o[s], c[s], t[s], act[s], rs[s]
    F.n_access = len(o)
    F.per = np.bincount(o, minlength=F.N)
    term = np.array([f"T{x:05d}" for x in range(F.N + 400)], dtype=object)
    desk = np.where(r.random(len(o)) < np.where(F.hotdesk[o], .1, .8), o, r.integers(0, F.N + 400, len(o)))
    write(out, "accesses", "officer_id,case_id,at,action,terminal,reason", F.O[o], F.cid[c], T(t), ACTIONS[act], term[desk], REASONS[rs])
    ao, ac, af, at, ar = F.bulk_assign
    roles = np.array(["oic", "assist", "disclosure", "review"], dtype=object)
    x = F.assign
    write(out, "assignments", "officer_id,case_id,role,from,to", F.O[np.r_[ao, [q[0] for q in x]].astype(int)],
          F.cid[np.r_[ac, [q[1] for q in x]].astype(int)], np.r_[roles[ar], np.array([q[2] for q in x], dtype=object)],
          T(np.r_[af, [q[3] for q in x]]), T(np.r_[at, [q[4] for q in x]]))
    role = np.array(["victim", "witness", "suspect", "subject"], dtype=object)
    e = np.array(F.extra_subjects, dtype=np.int64).reshape(-1, 3)
    trio = np.unique(np.c_[np.r_[F.scase, e[:, 0]], np.r_[F.sperson, e[:, 1]], np.r_[F.srole, e[:, 2]]], axis=0)
    write(out, "subjects", "case_id,association_id,role", F.cid[trio[:, 0]], F.A[trio[:, 1]], role[trio[:, 2]])
    write_rows(out, "links", "officer_id,association_id,source,from,to,confidence",
               [(F.oid(o), F.A[x], s, T(a), T(b), q) for o, x, s, a, b, q in F.links])
    write_rows(out, "declarations", "officer_id,association_id,declared_at,ended",
               [(F.oid(o), F.A[x], T(a), T(b)) for o, x, a, b in F.decl])
    z = list(zip(*F.ties))
    write(out, "ties", "from_id,to_id,kind,from,to,confidence", F.A[list(z[0])], F.A[list(z[1])], z[2], T(z[3]), T(z[4]),
          [str(q) for q in z[5]])


def write_duty(F, out, T):
    """shifts, roster, presence, and pay by the month."""
    r, q = F.rng, F.roster
    key = (q["u"] * F.D + q["d"]) * 8 + q["slot"]
    uniq, back = np.unique(key, return_inverse=True)
    sid = np.array([f"S{k:08d}" for k in uniq], dtype=object)
    slot, day, u = uniq % 8, uniq // 8 % F.D, uniq // 8 // F.D
    st, en = shift_times(F, u, day, slot)
    write(out, "shifts", "shift_id,unit,site,starts,ends", sid, F.unames[u], F.site[F.usite[u]], T(st), T(en))
    num = np.array([f"{x / 2:g}" for x in range(40)], dtype=object)
    write(out, "roster", "officer_id,shift_id,mode,claimed_from,claimed_to,overtime_hours", F.O[q["o"]], sid[back],
          np.array(["office", "field", "remote"], dtype=object)[q["mode"]], T(q["from"]), T(q["to"]), num[(q["ot"] * 2).astype(int)])
    o, s, a, b, src = F.presence
    write(out, "presence", "officer_id,site,from,to,source", F.O[o], np.r_[F.site[:500], ["REMOTE"]][np.where(s < 0, 500, s)],
          T(a), T(b), np.array(["badge", "login", "radio"], dtype=object)[src])
    months = (EPOCH // DAY + np.arange(F.D)).astype("datetime64[D]").astype("datetime64[M]")
    mu, mi = np.unique(months, return_inverse=True)
    M = len(mu)
    hours = np.zeros((F.N, M))
    np.add.at(hours, (q["o"], mi[q["d"]]), q["ot"])
    basic = np.array([2900, 3700, 4700, 5300, 6200, 7400, 2300])[F.rank] * r.uniform(.85, 1.15, F.N) * np.where(F.parttime, .6, 1)
    sick = r.poisson(.25 * r.gamma(.7, 1.4, F.N)[:, None], (F.N, M))
    for p, (d0, k) in F.sick.items():
        sick[p] += np.bincount(mi[d0:d0 + k], minlength=M) // 2
    exp = np.where(r.random((F.N, M)) < .3, r.lognormal(3.5, 1, (F.N, M)), 0)
    f = lambda x: [f"{y:.2f}" for y in x.ravel()]
    write(out, "pay", "officer_id,month,basic,overtime_hours,overtime_pay,expenses,sickness_days", np.repeat(F.O, M),
          np.tile([str(m) for m in mu], F.N), f(np.repeat(basic[:, None], M, 1)), [f"{y:g}" for y in hours.ravel()],
          f(hours * basic[:, None] / 160 * 1.33), f(exp), [str(y) for y in sick.ravel()])


def write_people(F, out, T):
    """finance, findings, protected, truth and the further look-alikes."""
    r, N = F.rng, F.N
    when = lambda lo: int(EPOCH + r.integers(lo, F.D) * DAY)
    kinds = ["judgment", "default", "garnishment", "windfall", "loan"]
    write_rows(out, "finance", "officer_id,at,kind,amount", [(F.oid(o), T(when(-700)), r.choice(kinds), f"{r.lognormal(7.5, 1.2):.2f}")
               for o in r.integers(0, N, max(2, N // 25))])
    bad = [F.truth_index[t[0]] for t in F.truth if t[1] in GUILTY and r.random() < .12]
    past = np.r_[r.integers(0, N, max(2, N // 70)), np.array(bad, dtype=int)]
    write_rows(out, "findings", "officer_id,at,category,kind", [(F.oid(o), T(int(EPOCH - r.integers(30, 2500) * DAY)),
               r.choice(["criminal", "gross", "misconduct", "reflective"], p=(.04, .12, .44, .40)),
               r.choice(["data", "conduct", "driving", "force", "dishonesty"])) for o in past])
    pick = lambda opts, p: r.choice(np.array(opts, dtype=object), N, p=p)
    write(out, "protected", "officer_id,sex,ethnicity,age_band,disability", F.O, pick(["F", "M"], (.36, .64)),
          pick(["white", "asian", "black", "mixed", "other"], (.86, .06, .03, .03, .02)),
          pick(["18-25", "26-35", "36-45", "46-55", "56+"], (.1, .33, .3, .22, .05)), pick(["no", "yes"], (.94, .06)))
    bad = {t[0] for t in F.truth if t[1] in GUILTY}
    write_rows(out, "truth", "officer_id,scheme,group,since", F.truth)
    write_rows(out, "lookalikes", "officer_id,kind", sorted({(F.oid(o), k) for o, k in F.look if F.oid(o) not in bad}))
