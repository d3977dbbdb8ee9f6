"""Replay from files to files: the grid, the columns, and what is wrong with a file."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from forecaster.engine.anomaly import PRESENT
from forecaster.replay import replay
from forecaster.replay_csv import Run, read_csv, replay_files

if TYPE_CHECKING:
    from pathlib import Path

RUN = Run(step=900, day=86_400, limit=0.9, horizons=(3600, 86_400))
START = 1_700_000_100


def write(path: Path, samples: list[tuple[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("timestamp,value\n" + "".join(f"{t},{v}\n" for t, v in samples))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_say_what_the_api_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.replay_csv.PIECE_STEPS", 64)
    rng = np.random.default_rng(3)
    values = 0.5 + 0.2 * np.sin(np.arange(200) / 96 * 2 * math.pi) + rng.normal(0, 0.02, (2, 200))
    values[0, 50:60] = np.nan
    values[1] = np.linspace(0.2, 0.85, 200) + rng.normal(0, 0.005, 200)
    times = START + 900 * np.arange(200)
    for name, series in zip(("a", "sub/b"), values, strict=True):
        samples = [
            (str(t), "" if math.isnan(v) else repr(float(v))) for t, v in zip(times, series, strict=True)
        ]
        write(tmp_path / "in" / f"{name}.csv", samples)
    report = io.StringIO()
    assert replay_files(tmp_path / "in", tmp_path / "out", RUN, report) == 2
    expected = replay(values, times, limit=0.9, horizons=RUN.horizons)
    reasons = expected.reasons
    told_of_anomalies = np.where(expected.anomaly_score[..., None] >= PRESENT, reasons.signs, np.nan)
    assert np.isfinite(told_of_anomalies).any(), "there is an anomaly"
    for row, name in enumerate(("a", "sub/b")):
        table = rows(tmp_path / "out" / f"{name}.csv")
        assert list(table[0]) == ["timestamp", "value", *RUN.columns]
        assert [int(line["timestamp"]) for line in table] == times.tolist()
        for column, array in (
            ("expected", expected.expected),
            ("lower", expected.lower),
            ("upper", expected.upper),
            ("anomaly_score", expected.anomaly_score),
            ("probability_3600", expected.probability[..., 0]),
            ("probability_86400", expected.probability[..., 1]),
            ("trend_per_hour", reasons.trend),
            ("season", reasons.season),
            ("usual", reasons.usual),
            ("onset", reasons.onset),
            ("origin", reasons.origin),
            ("contribution_residual", told_of_anomalies[..., 0]),
            ("contribution_shape", told_of_anomalies[..., 1]),
            ("contribution_roughness", told_of_anomalies[..., 2]),
            ("contribution_displacement", told_of_anomalies[..., 3]),
        ):
            told = [float(line[column] or "nan") for line in table]
            np.testing.assert_array_equal(told, array[row], err_msg=column)
        told = [float(line["exhaustion_seconds"] or "inf") for line in table]
        np.testing.assert_array_equal(told, expected.exhaustion_seconds[row], err_msg=name)
        values_told = [float(line["value"] or "nan") for line in table]
        np.testing.assert_array_equal(values_told, values[row])
    assert "2 series replayed" in report.getvalue()


def test_a_lower_limit_is_reached_by_falling_values(tmp_path: Path) -> None:
    write(tmp_path / "in" / "free.csv", [(str(START + 900 * k), str(99 - k)) for k in range(100)])
    replay_files(tmp_path / "in", tmp_path / "out", replace(RUN, limit=20.0, lower_limit=True), io.StringIO())
    table = rows(tmp_path / "out" / "free.csv")
    assert {line["exhaustion_seconds"] for line in table[:78]} > {""}
    assert float(table[70]["exhaustion_seconds"]) == pytest.approx(9 * 900, rel=0.2)
    assert {line["probability_3600"] for line in table[79:]} == {"1.0"}


def test_the_dial_is_the_service_s(tmp_path: Path) -> None:
    """A jump of 0.3 is an anomaly, unless it takes more to be one, or so little does not matter."""
    values = 0.3 + 0.01 * np.sin(np.arange(400)) + np.where(np.arange(400) >= 390, 0.3, 0.0)
    write(tmp_path / "in" / "a.csv", [(str(START + 900 * t), repr(float(v))) for t, v in enumerate(values)])
    highest = {}
    for name, run in {
        "plain": RUN,
        "deaf": replace(RUN, sensitivity=1000.0),
        "small": replace(RUN, min_deviation=0.5),
        "large": replace(RUN, min_deviation=0.1),
    }.items():
        replay_files(tmp_path / "in", tmp_path / name, run, io.StringIO())
        highest[name] = max(float(row["anomaly_score"]) for row in rows(tmp_path / name / "a.csv")[390:])
    assert highest["plain"] > 1
    assert highest["large"] == highest["plain"]
    assert highest["deaf"] < 1
    assert highest["small"] < 1


def test_samples_lie_on_a_grid_that_starts_with_the_first_one(tmp_path: Path) -> None:
    write(
        tmp_path / "x.csv",
        [
            ("2024-01-01T00:30:00Z", "3"),
            ("2024-01-01 00:00:05", "1"),
            ("2024-01-01T01:14:00+00:00", "nan"),
            ("1704070800.4", "5"),
        ],
    )
    read = read_csv(tmp_path / "x.csv", 900)
    assert read.start == 1_704_067_205
    np.testing.assert_equal(read.values, [1, np.nan, 3, np.nan, 5, np.nan])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,value\n1,2\n", r"x\.csv:1: the header must name"),
        ("", r"x\.csv:1: the header must name"),
        ("timestamp,value\n", r"x\.csv: no samples"),
        *(
            (f"timestamp,value\n0,1\n{odd},2\n", r"x\.csv:3: '.*' is no time since 1970 in Unix seconds")
            for odd in ("-1", "1e300", "253402300800", "1700000000000000000", "1969-12-31T23:59:59Z")
        ),
        ("timestamp,value\n0,1\nyesterday,2\n", r"x\.csv:3: expected timestamp,value, not 'yesterday,2'"),
        ("timestamp,value\n0,high\n", r"x\.csv:2: expected"),
        ("timestamp,value\n0\n", r"x\.csv:2: expected"),
        ("timestamp,value\n0,1\n1e11,1\n", r"x\.csv: 111111112 steps of 15m"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_csv(tmp_path / "x.csv", 900)


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbftimestamp,value\r\n1795800000,0.5\r\n1795800300,0.6\r\n")
    assert read_csv(path, 300).values.tolist() == [0.5, 0.6]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("timestamp,value\n1,2\n".encode("utf-16"), "is not UTF-8"),
        ("timestamp,value\n1,2\n".encode("utf-16-le"), "the header must name|is no CSV"),
        ("timestamp,value,größe\n1,2,3\n".encode("latin-1"), r"is not UTF-8 \(byte 1?\d+\)"),
        (b"timestamp,value\n1,2\n" + b"3" * 200_000 + b",4\n", "is no CSV"),
        (b"\x1f\x8b\x08\x00\xff", "is not UTF-8"),
    ],
)
def test_another_encoding_is_refused_with_the_files_name(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as raised:
        read_csv(path, 300)
    assert str(raised.value).startswith(f"{path}:")


def test_input_and_output_must_differ_and_hold_something(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no \.csv files there"):
        replay_files(tmp_path, tmp_path / "out", RUN, io.StringIO())
    write(tmp_path / "x.csv", [("0", "1")])
    with pytest.raises(ValueError, match="another directory"):
        replay_files(tmp_path, tmp_path, RUN, io.StringIO())


def test_a_step_that_does_not_fit_is_pointed_out(tmp_path: Path) -> None:
    write(tmp_path / "in/x.csv", [(str(t * 3600), "1") for t in range(5)])
    report = io.StringIO()
    replay_files(tmp_path / "in", tmp_path / "out", RUN, report)
    assert "samples are 1h apart; is --step right?" in report.getvalue()


def test_long_work_shows_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecaster.replay_csv.REPORT_SECONDS", -1.0)
    write(tmp_path / "in/x.csv", [(str(t * 900), "1") for t in range(4)])
    report = io.StringIO()
    replay_files(tmp_path / "in", tmp_path / "out", RUN, report)
    assert report.getvalue().splitlines()[:4] == [
        f"grid 1/1, 1 series: {share}%" for share in (0, 25, 50, 75)
    ]
