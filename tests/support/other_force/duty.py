# SPDX-License-Identifier: GPL-3.0-or-later
"""Rota, presence, overtime, pay."""
import numpy as np

from .force import DAY, EPOCH, TYPES, plan


def shift_times(F, unit, day, slot):
    """When the shift of a unit, day and slot starts and ends."""
    long = F.a.variant == "C"
    hour = np.array([0, 7, 14 if long else 15, 19 if long else 22, 8])[slot]
    rota = np.array([TYPES[t][0] == "rota" for t in TYPES])[F.utype[unit]]
    st = EPOCH + day * DAY + hour * 3600 + unit % 3 * 1800
    return st, st + np.where(rota, 12 if long else 9, 8) * 3600


def duty(F):
    """The roster as claimed and what machines saw of it, with missing swipes and wrong entries."""
    r, v, N, D = F.rng, F.v, F.N, F.D
    work = F.slot > 0
    dd = EPOCH + np.arange(D) * DAY
    work &= (dd[None, :] >= F.joined[:, None]) & (dd[None, :] < F.left[:, None])
    o, d = np.nonzero(work)
    n = len(o)
    unit = np.where(d >= F.move_day[o], F.unit2[o], F.unit[o])
    st, en = shift_times(F, unit, d, F.slot[o, d])
    field = np.array([.65, .25, .6, .3, .02, .05, .0, .02])[F.utype[unit]]
    x = r.random(n)
    mode = np.where(x < field, 1, np.where(x > 1 - np.array([0, .12, .02, .15, 0, .25, 0, .2])[F.utype[unit]], 2, 0))
    habit = r.uniform(.86, .99, N)                      # seniors come to the office, nearly all enough
    sen = F.senior[o]
    mode[sen] = np.where(r.random(sen.sum()) < habit[o[sen]], 0, 2)
    ot_habit = r.beta(.8, 11, N)
    ot = np.where((r.random(n) < ot_habit[o]) & ~sen, np.minimum(np.ceil(r.exponential(2.4, n) * 2) / 2, 7), 0)
    seen = r.random(n) < np.where(sen, .97, np.where(F.hotdesk[o], v["badge"] - .04, v["badge"]))
    seen_to = en + (ot * 3600).astype(np.int64) + r.normal(0, 500, n).astype(np.int64)
    site = F.usite[unit].copy()
    roam = F.hotdesk[o] & (r.random(n) < .5)
    site[roam] = r.integers(0, site.max() + 1, roam.sum())
    rest = []                                           # rest-day overtime without a trace
    for g in range(plan(F, "overtime")):
        mutual = r.random() < .4
        pair = F.innocents(1)
        if mutual:
            mates = np.flatnonzero((F.unit == F.unit[pair[0]]) & F.active & ~np.isin(np.arange(N), list(F.used)))
            pair = np.r_[pair, r.permutation(mates)[:r.integers(1, 4)]]
            F.used.update(int(q) for q in pair)
        s, d0 = r.uniform(0, 1), int(r.uniform(0, .5) * D)
        shared = r.random(D) < .10 + .3 * (1 - s)
        for p in pair:
            i = np.flatnonzero((o == p) & (d >= d0) & shared[d] & (mode != 2))
            ot[i] = np.minimum(1 + np.round(r.exponential(2, len(i)) * 2) / 2, 6)
            seen_to[i] = en[i] + r.integers(0, 900, len(i))
            true = r.random(len(i)) < .3 * s            # camouflage: some of it is worked
            seen_to[i[true]] += (ot[i[true]] * 3600).astype(np.int64)
            off = np.flatnonzero(~work[p] & ~F.leave[p] & (np.arange(D) >= d0) & shared)
            rest += [(p, q) for q in r.permutation(off)[:int(len(off) * (.5 - .35 * s))]]
            F.guilty(p, "overtime", f"ot{g}" if len(pair) > 1 else "alone", d0)
    gone = np.zeros(n, dtype=bool)
    seniors = np.flatnonzero(F.senior & (F.joined < EPOCH) & (F.left > EPOCH + D * DAY))
    for p in r.permutation(seniors)[:plan(F, "absentee")]:
        share, frank = r.uniform(.40, .76), r.random() < .3
        d0 = int(r.uniform(0, .3) * D) if r.random() < .5 else 0
        i = np.flatnonzero((o == p) & (d >= d0))
        out = r.random(len(i)) > share
        mode[i] = np.where(out & frank, 2, 0)           # says so, or claims the office
        gone[i[out]] = True
        F.used.add(int(p))
        F.guilty(p, "absentee", "claimed_remote" if frank else "claimed_office", d0)
    left = np.array([p for p in r.permutation(seniors) if int(p) not in F.used][:max(1, len(seniors) // 25)], dtype=int)
    for p in left:                                      # an innocent senior who works from a second site
        i = np.flatnonzero(o == p)
        site[i[r.random(len(i)) < .35]] = (F.usite[F.unit[p]] + 1) % (site.max() + 1)
        F.look.append((p, "second_site"))
    sx = np.array([q for q in rest], dtype=np.int64).reshape(-1, 2)
    wrong = np.where(r.random(n) < .004, r.choice([-1, 1], n), 0)
    sd = np.clip(d + wrong, 0, D - 1)
    real = r.random((N, D)) < .006                      # honest overtime on rest days
    ro, rd = np.nonzero(real & ~work & ~F.leave & (dd[None, :] >= F.joined[:, None]) & (dd[None, :] < F.left[:, None]))
    ho = np.r_[sx[:, 0], ro]
    hd = np.r_[sx[:, 1], rd]
    hu = np.where(hd >= F.move_day[ho], F.unit2[ho], F.unit[ho])
    F.work_days = work
    F.roster = dict(o=np.r_[o, ho], u=np.r_[unit, hu], d=np.r_[sd, hd], slot=np.r_[F.slot[o, d], np.full(len(ho), 4)],
                    mode=np.r_[mode, np.zeros(len(ho), dtype=int)])
    hs, he = shift_times(F, hu, hd, np.full(len(hd), 4))
    moved = (sd - d) * DAY                              # a shift booked on the wrong day
    F.roster["from"] = np.r_[st + moved, hs]
    F.roster["to"] = np.r_[en + (ot * 3600).astype(np.int64) + moved, he]
    F.roster["ot"] = np.r_[ot, (he - hs) / 3600]
    # What machines saw.
    ok = seen & ~(gone & (r.random(n) < .5))
    psite = np.where((mode == 2) | gone, -1, site)
    source = np.where(psite < 0, 1, np.where(mode == 1, np.where(r.random(n) < .6, 2, 0), 0))
    pf = st + r.normal(-300, 600, n).astype(np.int64)
    noout = r.random(n) < .03
    pt = np.where(noout, -1, np.maximum(seen_to, pf + 600))
    k = len(sx)
    hseen = r.random(len(ro)) < v["badge"]
    F.presence = (np.r_[o[ok], ro[hseen]], np.r_[psite[ok], F.usite[hu[k:]][hseen]], np.r_[pf[ok], hs[k:][hseen]],
                  np.r_[pt[ok], he[k:][hseen]], np.r_[source[ok], np.zeros(hseen.sum(), dtype=int)])
