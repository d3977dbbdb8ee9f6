"""The engine's outputs of ten shapes are those of the committed file, which `make generate` renews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from example_engine import LIMIT, outputs, shapes

GOLDEN = Path(__file__).with_name("golden.tsv")
RELATIVE, ABSOLUTE = 1e-4, 1e-4  # of six digits; another libm moves the last bits of a value


def golden() -> dict[tuple[str, int], dict[str, float]]:
    head, *rows = (line.split("\t") for line in GOLDEN.read_text("utf-8").splitlines())
    return {(row[0], int(row[1])): dict(zip(head[2:], map(float, row[2:]), strict=True)) for row in rows}


@pytest.fixture(scope="module")
def said() -> dict[tuple[str, int], dict[str, float]]:
    return outputs()


@pytest.mark.parametrize("shape", shapes())
def test_a_shape_has_the_outputs_of_the_golden_file(
    shape: str, said: dict[tuple[str, int], dict[str, float]]
) -> None:
    for (of, step), values in golden().items():
        if of == shape:
            found = said[of, step]
            np.testing.assert_allclose(
                [found[name] for name in values],
                list(values.values()),
                RELATIVE,
                ABSOLUTE,
                err_msg=f"{shape}, step {step}: {', '.join(values)}",
            )


def test_the_file_has_every_shape_instant_and_output(
    said: dict[tuple[str, int], dict[str, float]],
) -> None:
    assert {key: list(row) for key, row in golden().items()} == {key: list(row) for key, row in said.items()}


def test_the_shapes_are_what_they_are_called(said: dict[tuple[str, int], dict[str, float]]) -> None:
    """The file is of use only while the engine tells the shapes apart."""
    last = {shape: values for (shape, _), values in said.items()}
    week, day = "probability 604800", "probability 86400"
    assert last["steady"][week] < 0.05
    assert last["idle"]["forecast 86400 0.5"] == 0.0
    assert said["fill", 420]["exhaustion_seconds"] < 7 * 86400
    assert last["fill"][day] > 0.9
    assert last["growing"]["forecast 604800 0.5"] > last["growing"]["expected"] - 5
    assert last["level shift"]["expected"] == pytest.approx(55.0, abs=3.0)
    assert max(shapes()["fill"]) > LIMIT
