"""The soak's judgement: a leak is seen, a warm-up is none."""

from tests.robustness.soak import Sample, verdict


def samples(memory: float = 0.0, handles: float = 0.0, threads: float = 0.0) -> list[Sample]:
    """Ten minutes in which so much is added each minute, after a warm-up of one."""
    return [
        Sample(
            5.0 * number,
            500.0 + 100 * min(1.0, number / 12) + memory * number / 12,
            40 + round(handles * number / 12),
            12 + round(threads * number / 12) + number % 2,
        )
        for number in range(120)
    ]


def test_a_leak_is_seen() -> None:
    assert verdict(samples()) == []
    assert verdict(samples(memory=10.0)) == ["memory grew from 637.1 to 687.1 MB"]
    assert verdict(samples(handles=1.0)) == ["handles grew from 45 to 48"]
    assert verdict(samples(threads=2.0))[0].startswith("threads grew")
    assert verdict(samples()[:5]) == ["it was too short to tell"]
