"""NIST SP 800-22 battery (Rukhin and others 2010) on the draws of single citizens.

pip install nistrng && python benchmarks/draws_battery.py           both generators, 40 streams

A stream is the draws of consecutive slots for one purpose in one month, as bits. Each test should
fail at the 1 % level in about one stream of a hundred. The tests get copies, because some of this
implementation write into what they are given; tests that need longer streams are left out.
"""

import argparse
import collections

import numpy as np
from nistrng import SP800_22R1A_BATTERY, run_by_name_battery

from thaw.model.people.hashing import GENERATORS, PURPOSES, draw, keys_of

LEVEL = 0.01
CONTROL = "control"
"""NumPy's PCG64: a test that fails here says more about the test than about the draws."""
SLOW = ("serial", "linear_complexity")
"""Left out: minutes a stream in this implementation."""


def bits(generator, purpose, month, words):
    """Return the draws of ``words`` slots as bits, lowest first."""
    if generator == CONTROL:
        return np.random.default_rng(month).integers(0, 2, 32 * words)
    slots = np.arange(words, dtype=np.uint32)
    with np.errstate(over="ignore"):
        found = draw(slots, keys_of(0, 0, month, generator), purpose, generator)
    return np.unpackbits(found.astype("<u4").view(np.uint8), bitorder="little").astype(int)


def main():
    """Print, per generator and test, in how many streams it failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--bits", type=int, default=2**17)
    asked = parser.parse_args()
    names = [name for name in SP800_22R1A_BATTERY if name not in SLOW]
    purposes = list(PURPOSES)
    for generator in (*GENERATORS, CONTROL):
        failed, ran = collections.Counter(), collections.Counter()
        for k in range(asked.streams):
            stream = bits(generator, purposes[k % len(purposes)], k, asked.bits // 32)
            for name in names:
                result = run_by_name_battery(name, stream.copy(), SP800_22R1A_BATTERY, True)
                if result is not None:
                    ran[name] += 1
                    failed[name] += bool(np.min(result[0].score) < LEVEL)
        for name in sorted(ran):
            print(f"{generator:10} {name:35} {failed[name]:3} of {ran[name]:3} streams below 1 %")


if __name__ == "__main__":
    main()
