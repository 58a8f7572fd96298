"""What it costs to forecast a large cluster: pattern, date of full and size of 10,000 claims with 30 daily points each.

`make bench` runs this; the figures of a run stand in docs/performance.md.
"""

import time

import numpy as np
from _growth_of import A_DAY, BACK, TUNE, volumes

from robusta_volumes._analysis.forecast import outlook
from robusta_volumes._analysis.sizing import targets

CLAIMS = 10_000


def main() -> None:
    """Print the fastest and the slowest of five runs: the machine may have other work."""
    see = volumes(TUNE, 50, 1)
    days = see.used.reshape(len(see.used), BACK, A_DAY)
    top, floor, usable = np.fmax.reduce(days, axis=2), np.fmin.reduce(days, axis=2), see.usable
    rows = np.arange(CLAIMS) % len(usable)
    top, floor, usable = top[rows], floor[rows], usable[rows]
    took = []
    for _ in range(5):
        start = time.process_time()
        targets(outlook(top, floor, usable), usable, usable, usable)
        took.append(time.process_time() - start)
    print(f"{CLAIMS:,} claims x {BACK} days: {min(took):.2f} to {max(took):.2f} s of CPU")


if __name__ == "__main__":
    main()
