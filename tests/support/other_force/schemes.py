# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guilty do, and how they hide it."""
import numpy as np

from .force import DAY, EPOCH, LOOKING, TAKING, TYPES, USUAL, plan, scaled
from .social import complain


def decoys(F, o, days, n):
    """Camouflage: n aimless look-ups on the same days."""
    if n > 0 and len(days):
        d = F.rng.choice(days, n)
        F.add(np.full(n, int(o)), F.pick("force", np.zeros(n, dtype=np.int64), d, 60, back=500), F.snap(np.full(n, int(o)), d), act=LOOKING)


def plant_ring(F):
    """4-12 people of different units, 8-40 unrelated files, each opened by about half on different days."""
    r, D = F.rng, F.D
    for g in range(plan(F, "ring")):
        s, n, m = r.uniform(0, 1), int(r.integers(4, 13)), int(np.exp(r.uniform(np.log(8), np.log(41))))
        L = int(min(D * .85, r.integers(60, 300)))
        d0 = int(r.integers(0, max(1, D - L)))
        work = F.work()
        cand, seen = [], set()
        for o in F.innocents(n * 4, work > 8 * m):
            if F.unit[o] not in seen and len(cand) < n:
                seen.add(F.unit[o])
                cand.append(int(o))
            else:
                F.used.discard(int(o))
        pool = np.flatnonzero((F.cday < d0 + .6 * L) & (F.cday > d0 - 100) & ~np.isin(F.cunit, list(seen)))
        cs = r.choice(pool, m, replace=False)
        budget = {o: max(3, int(work[o] * .035)) for o in cand}
        count = {o: 0 for o in cand}
        for c in cs:
            who = [o for o in cand if r.random() < .5 and count[o] < budget[o]]
            lo = max(d0, F.cday[c] + 1)
            days = r.permutation(np.arange(lo, d0 + L))[:len(who)]     # different days
            for o, d in zip(who, days):
                count[o] += F.add([o], [c], F.snap([o], [d]), act=USUAL if s > .5 else LOOKING, session=.15)
                if r.random() < .25 * s:
                    F.cover(o, c, d - r.integers(0, 3))
        for o in cand:
            decoys(F, o, np.arange(d0, d0 + L), int(count[o] * s * 1.5))
            F.guilty(o, "ring", f"ring{g}", d0)


def plant_snoop(F):
    """Files of the highest grade; the famous and colleagues; or one kind across the force by night."""
    r, D = F.rng, F.D
    top = np.flatnonzero((F.csens >= max(1, F.csens.max() - 1)) & (F.cday > -60) & (F.cday < D * .8))
    colleague = np.array([c for c, p, _ in F.extra_subjects if p in set(F.own_person.values())])
    famous = np.concatenate(list(F.famous_cases.values()))
    for g, o in enumerate(F.innocents(plan(F, "snoop"), F.work() > 100)):
        s, style, L = r.uniform(0, 1), g % 3, int(r.integers(40, 260))
        d0 = int(r.integers(0, max(1, D - L)))
        mine = np.isin(F.cunit, np.r_[F.unit[o], F.uchan[F.unit[o]]])
        hours = None
        if style == 0:
            pool = top[(F.csens[top] == F.csens.max()) & ~mine[top]]
            cs = r.choice(pool, r.integers(4, 14))
        elif style == 1:
            cs = r.choice(np.r_[colleague, famous] if len(colleague) else famous, r.integers(8, 32))
        else:
            kind = r.choice(F.ckind[top])
            pool = top[(F.ckind[top] == kind) & ~mine[top]]
            cs, hours = r.choice(pool, r.integers(40, 140)), (22, 28) if s < .6 else None
        cs = cs[F.cday[cs] < D - 5]
        day = np.maximum(d0 + r.integers(0, L, len(cs)), F.cday[cs] + 1)
        F.add(np.full(len(cs), o), cs, F.snap(np.full(len(cs), o), day, hours), act=LOOKING, session=.2)
        for c, d in zip(cs, day):
            if r.random() < .12 * s:
                F.cover(o, c, d)
        decoys(F, o, day, int(len(cs) * s))
        F.guilty(o, "snoop", ["sensitive", "famous", "night"][style], d0)


def plant_leak(F):
    """Files on people tied to an association the officer is linked to; 4-25 accesses, many taken away."""
    r, D = F.rng, F.D
    for g, o in enumerate(F.innocents(plan(F, "leak"), F.work() > 80)):
        s, direct = r.uniform(0, 1), r.random() < .4
        L = int(r.integers(60, 300))
        d0 = int(r.integers(0, max(1, D - min(L, D))))
        x = int(r.integers(0, F.P)) if direct else F.assoc("company")
        F.link(o, x, str(r.choice(["phone record", "shared address", "register"])), round(float(r.uniform(.4, .95)), 2), d0 - 400)
        pool = np.flatnonzero((F.cunit != F.unit[o]) & (F.cday > d0 - 90) & (F.cday < min(d0 + L, D) - 15))
        cs = r.choice(pool, r.integers(3, 9), replace=False)
        if direct:
            F.extra_subjects += [(int(c), x, int(r.choice([2, 3]))) for c in cs]
        else:
            ps = r.integers(0, F.P, 3)
            for p in ps:
                F.tie(p, x, str(r.choice(["director", "owner", "member"])), round(float(r.uniform(.5, 1)), 2), d0 - 700)
            F.extra_subjects += [(int(c), int(r.choice(ps)), int(r.choice([0, 2]))) for c in cs]
        k = int(r.integers(6, 26))
        c = r.choice(cs, k)
        day = np.maximum(d0 + r.integers(0, L, k), F.cday[c] + 1)
        F.add(np.full(k, o), c, F.snap(np.full(k, o), day), act=TAKING if s < .6 else USUAL)
        for q in cs:
            if r.random() < .3 * s:
                F.cover(o, q, max(d0, F.cday[q]) + 3)
        decoys(F, o, day, int(k * s * 2))
        F.guilty(o, "leak", "direct" if direct else "through_ties", d0)


def plant_abuse(F):
    """One vulnerable person's files opened again and again for weeks, and complaints from that person."""
    r, D = F.rng, F.D
    for o in F.innocents(plan(F, "abuse"), F.utype[F.unit] != list(TYPES).index("admin")):
        s, L = r.uniform(0, 1), int(r.integers(30, 130))
        d0 = int(r.integers(0, max(1, D - L)))
        pool = np.flatnonzero((F.cday > d0 - 120) & (F.cday < d0 + 5) & (F.cunit != F.unit[o]))
        cs = r.choice(pool, r.integers(2, 7), replace=False)
        v = int(r.integers(0, F.P))
        F.extra_subjects += [(int(c), v, 0) for c in cs]
        k = int(r.integers(12, 60) * (1.2 - .6 * s))
        day = d0 + r.integers(0, L, k)
        F.add(np.full(k, o), r.choice(cs, k), F.snap(np.full(k, o), day), act=LOOKING, session=.2)
        if r.random() < .4 + .4 * s:                    # it began with a file that was his to open
            F.cover(o, cs[0], d0 - 2, d0 + 15, "oic")
        for _ in range(int(r.integers(1, 4))):
            complain(F, o, v if r.random() < .8 else int(r.integers(0, F.P)), min(D - 1, d0 + r.integers(10, L + 40)),
                     str(r.choice(["abuse_of_position", "manner", "data"])),
                     outcome=str(r.choice(["withdrawn", "not_sustained", "pending"])))
        F.guilty(o, "abuse", "", d0)


def plant_drift(F):
    """Over months more and more of what is opened belongs to other units, at other hours."""
    r, D = F.rng, F.D
    work = F.work()
    for o in F.innocents(plan(F, "grooming_drift"), work > 150):
        s, d0 = r.uniform(0, 1), int(r.uniform(.1, .5) * D)
        k = int(work[o] * r.uniform(.10, .35) * (1.2 - .7 * s)) + 8
        far = r.choice(np.setdiff1d(np.arange(F.U), np.r_[F.unit[o], F.uchan[F.unit[o]]]), 3)
        day = (d0 + (D - d0) * np.sqrt(r.random(k))).astype(int)
        late = r.random(k) < .6 * (1 - s)
        for m, hrs in ((late, (19, 25)), (~late, None)):
            n = int(m.sum())
            F.add(np.full(n, o), F.pick("unit", r.choice(far, n), day[m], 20, back=25), F.snap(np.full(n, o), day[m], hrs))
        F.guilty(o, "grooming_drift", "", d0)


def chain_of_ties(F, a, d0, b=None, stale=False):
    """A tie of officer a, through 1-3 intermediaries, to officer b or to a body that others declare.

    A stale one has one interval that ended before the next began.
    """
    r = F.rng
    src = lambda: str(r.choice(["register", "phone record", "shared address"]))
    conf = lambda: round(float(r.uniform(.5, 1)), 2)
    chain = []
    for _ in range(r.integers(1, 4)):
        kind = str(r.choice(["person", "company", "phone", "address"]))
        chain.append(int(r.integers(0, F.P)) if kind == "person" else F.assoc(kind))
    F.link(a, chain[0], src(), conf(), d0)
    for x, y in zip(chain, chain[1:]):
        F.tie(x, y, str(r.choice(["director", "owner", "resident", "caller", "relative"])), conf(), d0 - 100)
    gone = d0 - int(r.integers(120, 600)) if stale else None
    if b is not None:
        F.link(b, chain[-1], src(), conf(), d0 - 700, gone)
    else:
        F.tie(chain[-1], F.orgs[int(r.integers(0, len(F.orgs)))][0], "member", .9, d0 - 700, gone)
    return chain


def plant_ties(F):
    """Undeclared ties through 1-3 intermediaries; hidden members of bodies that others declare."""
    r, D = F.rng, F.D
    for g in range(plan(F, "hidden_tie")):
        a, b = F.innocents(2)
        two = r.random() < .5
        d0 = int(r.integers(-400, D // 2 + 1))
        chain_of_ties(F, a, d0, b if two else None)
        for o in (a, b) if two else (a,):
            F.guilty(o, "hidden_tie", f"tie{g}", max(0, d0))
    for g in range(scaled(F, 2)):                       # innocent: over before it began, or declared
        a, b = F.innocents(2)
        two, stale = r.random() < .5, r.random() < .5
        chain = chain_of_ties(F, a, int(r.integers(-400, D // 2 + 1)), b if two else None, stale)
        for o, x in ((a, chain[0]), (b, chain[-1])) if two else ((a, chain[0]),):
            if not stale:
                F.decl.append((int(o), x, EPOCH - int(r.integers(0, 300)) * DAY, -1))
            F.look.append((o, "stale_tie" if stale else "declared_tie"))
    big = [x for x, n in F.orgs if n >= 3] or [F.orgs[0][0]]
    for o in F.innocents(plan(F, "hidden_member")):
        x = int(r.choice(big))
        F.decl = [d for d in F.decl if not (d[0] == int(o) and d[1] == x)]
        d0 = int(r.integers(-900, D // 2 + 1))
        F.link(o, x, "membership list", round(float(r.uniform(.6, 1)), 2), d0)
        F.guilty(o, "hidden_member", f"org{x}", max(0, d0))
