# SPDX-License-Identifier: GPL-3.0-or-later
"""A second, independent maker of synthetic police forces (numpy and the standard library).

    python3 -m other_force --out FOLDER --officers N --days D --seed S
                           [--null] [--plant scheme=count,...] [--variant A|B|C]

Written from the data contract alone, to test an engine with data it was not built on.
A is a county force, B a metropolitan one of many small specialist units, C a rural one whose
records are poor. `truth.csv` holds what was planted and the contract's innocent look-alikes;
`lookalikes.csv` holds further innocent kinds (officer_id, kind). --null plants nobody guilty.
"""
import argparse
import os
import time

import numpy as np

from .duty import duty
from .files import make_cases
from .force import Force, GUILTY, INNOCENT, VARIANTS
from .innocents import hot_files, joint_ops, single_innocents
from .people import make_calendar, make_officers, make_units
from .schemes import plant_abuse, plant_drift, plant_leak, plant_ring, plant_snoop, plant_ties
from .social import background_complaints, social_life
from .work import ordinary_work
from .write import Clock, write_duty, write_entities, write_people, write_relations


def main():
    """Build one force and write it."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    p.add_argument("--officers", type=int, default=2000)
    p.add_argument("--days", type=int, default=365)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--null", action="store_true", help="plant look-alikes only")
    p.add_argument("--plant", default="", help="scheme=count,...")
    p.add_argument("--variant", choices=list(VARIANTS), default="A")
    a = p.parse_args()
    a.plant = {k: int(n) for k, n in (x.split("=") for x in a.plant.split(",") if x)}
    unknown = set(a.plant) - set(GUILTY) - set(INNOCENT)
    if unknown:
        p.error(f"unknown scheme: {', '.join(sorted(unknown))}")
    if a.officers < 100 or a.days < 60:
        p.error("at least 100 officers and 60 days are needed")
    t0 = time.time()
    F = Force(a)
    for step in (make_units, make_officers, make_calendar, make_cases, ordinary_work, hot_files, joint_ops, social_life,
                 single_innocents, background_complaints, plant_ring, plant_snoop, plant_leak, plant_abuse, plant_drift,
                 plant_ties, duty):
        step(F)
    F.truth_index = {x: i for i, x in enumerate(F.O)}
    os.makedirs(a.out, exist_ok=True)
    T = Clock()
    one = lambda t: str(T(t)) if np.ndim(t) == 0 else T(t)
    for step in (write_entities, write_relations, write_duty, write_people):
        step(F, a.out, one)
    per = F.per[F.active]
    print(f"{a.variant}: {F.N} officers in {F.U} units, {F.C} files, {F.n_access} accesses (a head: "
          f"{', '.join(str(int(x)) for x in np.quantile(per, (.05, .5, .95, .999)))} at 5/50/95/99.9 %), "
          f"{len(F.truth)} lines of truth, {time.time() - t0:.1f} s")


if __name__ == "__main__":
    main()
