"""A card's figures in words."""

from engine.classifier.figures import figure_lines


def test_shares_are_percent_with_their_bounds() -> None:
    metrics = {"accuracy": 0.8, "accuracy_low": 0.5, "accuracy_high": 1.0, "top_3": 0.96}
    assert figure_lines(metrics) == ["accuracy: 80.0 % (50.0 to 100.0)", "top-3 accuracy: 96.0 %"]


def test_a_share_is_told_from_other_numbers() -> None:
    metrics = {"log_loss": 0.44082, "ece": 0.2445, "noise_alarms_per_hour": 12.0}
    assert figure_lines(metrics) == [
        "log loss: 0.441",
        "calibration error (ECE): 24.4 %",
        "false alarms per hour: noise: 12",
    ]


def test_says_what_it_was_measured_on() -> None:
    metrics = {
        "left_out_accuracy": 0.5126,
        "left_out_gate_auroc": 0.9759,
        "artists_left_out_balanced_accuracy": 0.8,
        "unseen_soundfont_piece_accuracy": 0.8617,
    }
    assert figure_lines(metrics) == [
        "collections not used in training: accuracy: 51.3 %",
        "collections not used in training: music/other sounds AUROC: 0.976",
        "recordings by artists not used in training: balanced accuracy: 80.0 %",
        "unseen instruments, whole pieces: accuracy: 86.2 %",
    ]


def test_a_bound_alone_is_a_figure_of_its_own_kind() -> None:
    assert figure_lines({"gain_low": 2.0}) == ["gain low: 2"]
