"""How good a date of full is: ours beside what others do, on volumes whose future is known because we made it.

`make bench-forecast` prints precision, recall and F1 of "full within 14 days" and "within 4 days", the median error of the
date over volumes that fill within the month ahead (a forecast of never counts as 60 days), how often the truth lies in our
80 % interval (compared as dates, as a report prints them, over volumes that are given one within that month), and how many of the
volumes that never fill are flagged for 14 days. Seeds 1 to 9 are for tuning, 100 and above judge. ``aside`` are shapes that
the method was not tuned on.

  python benchmarks/forecast_quality.py [--seeds 100,101] [--each 60] [--families]
"""

import argparse
import time

import numpy as np
from _growth_of import A_DAY, ASIDE, BACK, NEVER, TUNE, Floats, Volumes, volumes
from _other_methods import holt_winters, least_squares, mixin, predict_linear

from robusta_volumes._analysis.forecast import Outlook, outlook
from robusta_volumes._analysis.patterns import PATTERNS

FAR = 60.0  # days: what "never" counts as in an error


def ours(see: Volumes) -> Outlook:
    """Forecast from daily maxima and minima."""
    days = see.used.reshape(len(see.used), BACK, A_DAY)
    return outlook(np.fmax.reduce(days, axis=2), np.fmin.reduce(days, axis=2), see.usable)


def score(said: Floats, truth: Floats, within: float) -> tuple[float, float, float]:
    """Give precision, recall and F1 of the answer "full within so many days"."""
    flagged, true = said <= within, truth <= within
    hit = float((flagged & true).sum())
    precision, recall = hit / max(float(flagged.sum()), 1), hit / max(float(true.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def coverage(said: Outlook, truth: Floats) -> float:
    """Give how often the truth lies between the early and the late day."""
    dated = (said.full_in <= BACK) & (said.full_in > 0)
    early, late = np.floor(said.full_early[dated]), np.floor(said.full_late[dated])
    true = np.floor(np.minimum(truth[dated], BACK + 1))
    return float(((early <= true) & (true <= late)).mean())


def row(name: str, said: Floats, see: Volumes, covered: str = "n/a") -> str:
    """Write one line of the table."""
    truth = see.full_in
    said = np.where(np.isnan(said), np.inf, said)
    fills = np.isfinite(truth)
    error = float(np.median(np.abs(np.minimum(said, FAR) - truth)[fills]))
    family = np.array(see.family)
    calm = np.isin(family, NEVER) & ~fills
    alarms = f"{(said[calm] <= 14).mean():6.1%}" if calm.any() else "     -"
    never = f"{(said[~fills] <= 14).mean():6.1%}"
    four = score(said, truth, 14), score(said, truth, 4)
    both = "  ".join("/".join(f"{x:.2f}" for x in each) for each in four)
    dated = "   n/a" if name.startswith("mixin") else f"{error:6.1f}"
    return f"{name:24} {both}  {dated}  {covered:>6}  {alarms}  {never}"


def table(see: Volumes) -> None:
    """Print all methods."""
    start = time.process_time()
    said = ours(see)
    took = time.process_time() - start
    print("                         full within 14 days  within 4 days      error    80 %   flat,   all that")
    print("                         prec/rec/F1          prec/rec/F1        days    holds   idle,   do not")
    print("                                                                               sawtooth    fill")
    print(row("ours", said.full_in, see, f"{coverage(said, see.full_in):.1%}"))
    print(row("predict_linear 6 h", predict_linear(see), see))
    print(row("mixin, as deployed", mixin(see), see))
    print(row("least squares 7 d", least_squares(see, 7), see))
    print(row("least squares 30 d", least_squares(see, 30), see))
    print(row("Holt-Winters, 24 h", holt_winters(see), see))
    print(
        f"{len(see.usable):,} volumes, {np.isfinite(see.full_in).sum():,} fill within 30 days; ours took {took:.2f} s of CPU"
    )


def by_family(see: Volumes) -> None:
    """Print ours for each family."""
    said = ours(see)
    names = np.array(see.family)
    for name in dict.fromkeys(see.family):
        mine = names == name
        when, truth = said.full_in[mine], see.full_in[mine]
        flagged, true = when <= 14, truth <= 14
        seen = np.bincount(said.pattern[mine], minlength=len(PATTERNS))
        common = ", ".join(f"{PATTERNS[i]} {seen[i]}" for i in np.argsort(-seen)[:4] if seen[i])
        dated = (when <= BACK) & (when > 0)
        part = Outlook(**{f: getattr(said, f)[mine] for f in said.__dataclass_fields__})
        held = f"{coverage(part, truth):4.0%} of {dated.sum():4}" if dated.any() else "        -   "
        print(
            f"{name:26} true {true.sum():4} hit {(flagged & true).sum():4} false {(flagged & ~true).sum():4}  {held}  {common}"
        )


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seeds", default="100,101,102,103,104")
    asked.add_argument("--each", type=int, default=60)
    asked.add_argument("--families", action="store_true")
    asked.add_argument("--only", choices=["tuned", "aside"])
    given = asked.parse_args()
    for title, families in (("tuned", TUNE), ("aside", ASIDE)):
        if given.only in (None, title):
            lots = [volumes(families, given.each, int(seed)) for seed in given.seeds.split(",")]
            see = Volumes(
                [name for lot in lots for name in lot.family],
                *(
                    np.concatenate([getattr(lot, f) for lot in lots])
                    for f in ("used", "held", "cut", "usable", "full_in")
                ),
            )
            print(f"\n{title}: seeds {given.seeds}")
            table(see)
            if given.families:
                by_family(see)


if __name__ == "__main__":
    main()
