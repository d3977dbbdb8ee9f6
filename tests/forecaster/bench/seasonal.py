"""Fills with a season on seeds nothing was developed on: events flagged, false episodes, times, by kind.

Series are those of tests/support/seasonal_fills.py, events and scores those of score_exhaustion.py
--synthetic; the first eight days are warm-up. VIRTCAST_STAGE_OFF names a stage of `staged` without a say.
"""

from __future__ import annotations

import json
import os

import numpy as np
import seeds
from shared_bench import imported, parser
from staged import switch_off

import seasonal_fills

SEEDS = (401, 402, 403)
PER_KIND = 10
WARM_UP = 8 * seasonal_fills.DAY


def main() -> None:
    """The figures of all seeds together, as JSON."""
    flags = parser(__doc__).parse_args()
    if stage := os.environ.get("VIRTCAST_STAGE_OFF"):
        switch_off(stage)
    scorer = imported(flags.data, "score_exhaustion")
    scorer.synthetic.KINDS = seasonal_fills.KINDS  # that it tells of
    made = [seasonal_fills.suite(PER_KIND, seed) for seed in SEEDS]
    values, kinds = (np.concatenate([each[part] for each in made]) for part in (0, 1))
    clock = {"step": seasonal_fills.STEP, "warm_up": WARM_UP}
    said = seeds.told(values, int(made[0][2][0]), seasonal_fills.LIMIT, seasonal_fills.STEP)
    found = seeds.scored(scorer, values, kinds, seasonal_fills.LIMIT, said, **clock)
    protocol = scorer.protocol(values, clock["step"], seasonal_fills.LIMIT, WARM_UP)
    spoken = scorer.at_instants(said.probability, protocol["inst"])
    by_horizon = {
        name: {key: each[key] for key in ("AP", "brier_skill")}
        for name, each in scorer.score(protocol, spoken).items()
    }
    figures = {"seeds": SEEDS, "series": len(values), "kinds": found, "horizons": by_horizon}
    flags.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
