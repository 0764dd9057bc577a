# SPDX-License-Identifier: GPL-3.0-or-later
"""Innocent work that looks like something else."""
import numpy as np

from .force import LOOKING, TYPES, day_text, plan, scaled
from .social import complain


def hot_files(F):
    """Major incidents opened by thousands, and news that makes people curious for a few days."""
    r = F.rng
    for g in range(plan(F, "popular_case")):
        c = int(r.choice(np.flatnonzero((F.cday > 5) & (F.cday < F.D * .8))))
        o = r.permutation(F.N)[:int(F.N * r.uniform(.25, .6))]
        day = F.cday[c] + r.exponential(9, len(o)) * r.lognormal(0, .6, len(o))
        F.add(o, np.full(len(o), c), F.snap(o, day), act=LOOKING, session=.2)
        F.cpop[c] = 1e3
        for x in r.permutation(o[F.active[o]])[:8]:
            F.truth.append((F.oid(x), "popular_case", f"hot{g}", day_text(F.cday[c])))
    F.famous = r.choice(F.P, 25, replace=False)
    F.famous_cases = {}
    for p in F.famous:
        cs = r.choice(F.C, r.integers(2, 9), replace=False)
        F.famous_cases[int(p)] = cs
        F.extra_subjects += [(int(c), int(p), int(r.integers(0, 4))) for c in cs]
    for _ in range(max(2, F.D // 45)):                  # a story in the paper
        cs = F.famous_cases[int(r.choice(F.famous))]
        d = r.integers(0, F.D)
        o = r.permutation(F.N)[:max(3, int(F.N * .004 * r.lognormal(0, .8)))]
        for x in o:
            F.add(np.full(2, x), r.choice(cs, 2), F.snap(np.full(2, x), d + r.integers(0, 4, 2)), act=LOOKING)
            F.look.append((x, "news_curious"))


def joint_ops(F):
    """People of several units on one tasking for 2-12 weeks, most of it on no record."""
    r, v = F.rng, F.v
    for g in range(scaled(F, 3 * v["ops"])):
        n, L = int(r.integers(v["op_size"][0], v["op_size"][1] + 1)), int(r.integers(14, 85))
        us = r.choice(F.U, min(F.U, r.integers(2, 7)), replace=False)
        pool = np.flatnonzero(np.isin(F.unit, us) & F.active)
        o = r.permutation(pool)[:n]
        d0 = r.integers(0, max(1, F.D - L))
        m = int(np.exp(r.uniform(*np.log(v["op_files"]))))
        cs = r.choice(np.flatnonzero((F.cday < d0 + L) & (F.cday > d0 - 120)), m)
        recorded = r.random() < .25
        for x in o:
            k = 2 + r.poisson(m * r.uniform(.3, 1.6))
            F.add(np.full(k, x), r.choice(cs, k), F.snap(np.full(k, x), d0 + r.integers(0, L, k)), session=.2)
            if recorded:
                for c in r.choice(cs, min(m, 4), replace=False):
                    F.cover(x, c, d0 + r.exponential(10), d0 + L, "op")
            F.look.append((x, "joint_op"))


def single_innocents(F):
    """Look-alikes of one or two people: families known to a beat, acting up, buddies, audits, couples."""
    r, D = F.rng, F.D
    full = lambda k, x: np.full(k, int(x))
    beat = F.utype[F.unit] == list(TYPES).index("nbhd")
    for o in F.innocents(scaled(F, 9), beat):           # one family, visited for months, no record
        p = int(r.integers(0, F.P))
        cs = r.choice(F.C, r.integers(2, 8), replace=False)
        cs = cs[F.cday[cs] < D - 10]
        if not len(cs):
            continue
        F.extra_subjects += [(int(c), p, int(r.integers(0, 4))) for c in cs]
        d0, L, k = r.integers(0, max(1, D - 80)), r.integers(40, 240), r.integers(12, 90)
        F.add(full(k, o), r.choice(cs, k), F.snap(full(k, o), d0 + r.integers(0, L, k)), session=.3)
        if r.random() < .15:                            # families complain of their officer too
            complain(F, o, p, d0 + r.integers(0, L), "manner")
        F.look.append((o, "neighbourhood_family"))
    for o in F.innocents(scaled(F, 6)):                 # acting up in another unit for some weeks
        L, u, k = r.integers(21, 120), r.integers(0, F.U), r.integers(40, 200)
        day = r.integers(0, max(1, D - L)) + r.integers(0, L, k)
        F.add(full(k, o), F.pick("unit", full(k, u), day, 9), F.snap(full(k, o), day))
        F.look.append((o, "acting_up"))
    for o in F.innocents(scaled(F, 3)):                 # a portfolio taken over little by little
        k, u, d0 = r.integers(40, 160), r.integers(0, F.U), r.integers(0, D // 2 + 1)
        day = (d0 + (D - d0) * np.sqrt(r.random(k))).astype(int)
        F.add(full(k, o), F.pick("unit", full(k, u), day, 15), F.snap(full(k, o), day))
        F.look.append((o, "slow_handover"))
    for _ in range(scaled(F, 5)):                       # buddies: the same files within minutes
        a = int(F.innocents(1)[0])
        mates = np.flatnonzero((F.unit == F.unit[a]) & (F.team == F.team[a]) & F.active
                               & ~np.isin(np.arange(F.N), list(F.used)))
        if not len(mates):
            continue
        b, k = int(r.choice(mates)), int(r.integers(40, 260))
        F.used.add(b)
        day = r.integers(0, D, k)
        key = np.where(r.random(k) < .7, F.unit[a], F.uchan[F.unit[a], 0])
        c, t = F.pick("unit", key, day, 6), F.snap(full(k, a), day)
        F.add(full(k, a), c, t)
        F.add(full(k, b), c, np.where(t < 0, -1, t + r.integers(20, 900, k)))
        F.look += [(a, "buddy"), (b, "buddy")]
    for o in F.innocents(scaled(F, 6), (F.rank == 1) | (F.rank == 2)):   # supervisors audit what is sensitive
        pool = np.flatnonzero((F.csens == F.csens.max()) & (F.udiv[F.cunit] == F.udiv[F.unit[o]]))
        k = r.integers(20, 120)
        if len(pool):
            F.add(full(k, o), r.choice(pool, k), F.snap(full(k, o), r.integers(0, D, k)), reason=8)
        F.look.append((o, "supervisor_audit"))
    allo, allc = (np.concatenate([q[k] for q in F.acc[:6]]) for k in (0, 1))
    for i in r.integers(0, len(allo), scaled(F, 25)):   # an informant, a neighbour: known through a file worked
        o, p = int(allo[i]), int(F.cperson[allc[i]])
        x = p if r.random() < .5 else F.assoc("company")
        if x != p:
            F.tie(p, x, str(r.choice(["director", "owner", "member"])), round(float(r.uniform(.5, 1)), 2), r.integers(-900, D))
        F.link(o, x, str(r.choice(["phone record", "shared address", "register"])), round(float(r.uniform(.4, .95)), 2),
               r.integers(-400, D))
        F.look.append((o, "tied_by_work"))
    for o in F.innocents(plan(F, "reviewer")):
        k, d0, L = r.integers(80, 350), r.integers(0, D // 2 + 1), r.integers(60, 200)
        day = d0 + r.integers(0, L, k)
        F.add(full(k, o), F.pick("force", full(k, 0), day, 60, back=300), F.snap(full(k, o), day), act=LOOKING)
        F.truth.append((F.oid(o), "reviewer", "", day_text(d0)))
