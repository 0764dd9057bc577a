# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordinary work on files, and what is on record of it."""
import numpy as np

from .force import DAY, LOOKING, POSTS, TYPES, day_text, plan


def ordinary_work(F):
    """Own files with assignments late or missing, colleagues' files, channels, posts, strays, names."""
    r, v, N = F.rng, F.v, F.N
    own_files(F)
    scale = F.D / 365
    hab = F.uhabit[F.unit]
    rate2 = np.array([TYPES[t][3] for t in TYPES])[F.utype[F.unit]]
    rate3 = np.array([TYPES[t][4] for t in TYPES])[F.utype[F.unit]]

    def draw(mean):
        n = r.poisson(mean * F.pace * scale * 1.75)
        o = np.repeat(np.arange(N), n)
        day = r.integers(0, F.D, len(o))
        keep = (r.random(len(o)) < F.mood[o, day // 30]) & (F.slot[o, day] > 0)
        return o[keep], day[keep]
    unit_at = lambda o, day: np.where(day >= F.move_day[o], F.unit2[o], F.unit[o])
    # Colleagues' files, at briefings and in cover.
    o, day = draw(rate2 * hab[:, 1] * 1.9)
    F.add(o, F.pick("unit", unit_at(o, day), day, 12), F.snap(o, day), session=.22)
    # The channels of the unit.
    o, day = draw(rate3 * hab[:, 2] * 1.6)
    u = unit_at(o, day)
    ch = (r.random(len(o))[:, None] > np.cumsum(F.uchanw[u], 1)).sum(1).clip(0, v["channels"] - 1)
    F.add(o, F.pick("unit", F.uchan[u, ch], day, 18), F.snap(o, day), session=.25)
    # People who cover further units (rural stations most of all).
    cov = r.random(N) < v["cover"]
    F.second = r.integers(0, F.U, N)
    near = F.uchan[F.unit, 0]
    F.second = np.where(r.random(N) < .7, near, F.second)
    o, day = draw(np.where(cov, 70, 0))
    F.add(o, F.pick("unit", F.second[o], day, 8), F.snap(o, day), session=.3)
    # Strays: wrong numbers, searches across the force, heavy-tailed by person.
    o, day = draw(np.minimum(9 * r.lognormal(0, 1.1, N), 160))
    F.add(o, F.pick("force", o * 0, day, 45, back=400), F.snap(o, day), act=LOOKING)
    # A surname searched, and several of its files opened in a row.
    o, day = draw(np.full(N, 8))
    nm = F.cname[F.pick("force", o * 0, day, 20, back=60)]
    t = F.snap(o, day)
    k = np.minimum(r.geometric(.4, len(o)), 7)
    i = np.repeat(np.arange(len(o)), k)
    lo, hi = F.name_at[nm[i]], F.name_at[nm[i] + 1]
    c = F.by_name[(lo + (r.random(len(i)) * (hi - lo)).astype(int)).clip(0, F.C - 1)]
    F.add(o[i], c, np.where(t[i] < 0, -1, t[i] + r.integers(0, 900, len(i))), act=LOOKING)
    for p, (key, lag, rate) in POSTS.items():           # posts that live on others' files
        m = F.post == p
        if not m.any():
            continue
        o, day = draw(np.where(m, rate * r.lognormal(.3, .4, N), 0))
        kind = (np.arange(N) * 7 + len(p)) % F.K
        busiest = np.argsort(-np.bincount(F.ckind, minlength=F.K))[:max(2, F.K // 2)]
        kind = busiest[kind % len(busiest)]
        val = {"division": F.udiv[F.unit], "kind": kind, "force": np.zeros(N, dtype=np.int64)}[key][o]
        F.add(o, F.pick(key, val, day, lag, back=5 if lag < 2 else 60), F.snap(o, day), session=.1)
        for x in np.flatnonzero(m):
            F.look.append((x, p if p in ("custody", "reviewer") else "liaison"))
    an = np.flatnonzero((F.post == "intel_analyst") & F.active)
    for x in r.permutation(an)[:plan(F, "analyst")]:
        F.truth.append((F.oid(x), "analyst", "", day_text(0)))
    F.used.update(int(x) for x in np.flatnonzero(F.post != ""))


def own_files(F):
    """Who works a file, when, and what is on record of it."""
    r, v = F.rng, F.v
    memb = np.r_[np.arange(F.N), np.flatnonzero(F.unit2 != F.unit)]
    mu = np.r_[F.unit, F.unit2[F.unit2 != F.unit]]
    s = np.argsort(mu, kind="stable")
    memb, mu = memb[s], mu[s]
    at, cnt = np.searchsorted(mu, np.arange(F.U)), np.bincount(mu, minlength=F.U)
    h = np.flatnonzero(F.cunit2 != F.cunit)
    case = np.r_[np.arange(F.C), h]
    unit = np.r_[F.cunit, F.cunit2[h]]
    since = np.r_[F.cday.astype(float), F.hand_day[h]]
    k = np.minimum(r.geometric(v["team"], len(case)), 14)
    i = np.repeat(np.arange(len(case)), k)
    ok = cnt[unit[i]] > 0
    i = i[ok]
    # Two tries at a colleague, the livelier one gets the work.
    a, b = (memb[at[unit[i]] + (r.random(len(i)) * cnt[unit[i]]).astype(int)] for _ in range(2))
    o = np.where(F.pace[a] * r.random(len(i)) > F.pace[b] * r.random(len(i)), a, b)
    c, d0 = case[i], since[i]
    there = np.where(d0 >= F.move_day[o], F.unit2[o], F.unit[o]) == unit[i]
    idle = (F.rank[o] == 6) & (r.random(len(o)) < .5)
    o, c, d0 = (x[there & ~idle] for x in (o, c, d0))
    n = 1 + r.poisson(np.minimum(2.6 * F.pace[o] * F.uhabit[F.unit[o], 3] * r.lognormal(-.4, .9, len(o)), 60))
    j = np.repeat(np.arange(len(o)), n)
    burst = r.random((len(j), 2)) ** 2.2                # bursts: most work comes early, some at court time
    frac = np.where(r.random(len(j)) < .2, .85 + .15 * r.random(len(j)), burst[:, 0])
    day = np.floor(d0[j] + frac * F.clife[c[j]] + r.exponential(.6, len(j)))
    t = F.snap(o[j], day)
    F.add(o[j], c[j], t, session=.24)
    seen = np.full(len(o), np.iinfo(np.int64).max)
    np.minimum.at(seen, j, np.where(t < 0, np.iinfo(np.int64).max, t))
    kept = (seen < np.iinfo(np.int64).max) & (r.random(len(o)) > v["missing"])
    late = np.where(r.random(len(o)) < v["late"], r.lognormal(np.log(1.5 * DAY), 1.5, len(o)), -r.random(len(o)) * DAY)
    frm = np.maximum(np.where(kept, seen, 0) + late, F.copen[c]).astype(np.int64)
    to = (F.copen[c] + F.clife[c] * DAY * r.uniform(1, 2, len(o))).astype(np.int64)
    to = np.where((r.random(len(o)) < .4) | (to <= frm), -1, to)
    F.bulk_assign = (o[kept], c[kept], frm[kept], to[kept], r.integers(0, 4, kept.sum()))
