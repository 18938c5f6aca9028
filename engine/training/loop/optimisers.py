"""Optimisers, learning rates over time, losses and first weights."""

import math
from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.optim import SGD, Adadelta, Adam, AdamW, Optimizer

from engine.recipes.recipe import Training

_LEAST = 1e-8  # of what a concordance is divided by
_ONE_CYCLE_RISE = 0.3  # share of the steps in which the rate rises


def make_optimiser(parameters: Iterable[nn.Parameter], training: Training) -> Optimizer:
    """The recipe's optimiser for these parameters."""
    rate, decay = training.learning_rate, training.weight_decay
    learned = [parameter for parameter in parameters if parameter.requires_grad]
    betas = (training.beta_1, training.beta_2)
    if training.optimiser in ("adam", "adamw"):
        kind = Adam if training.optimiser == "adam" else AdamW
        fused = all(parameter.device.type in ("cpu", "cuda") for parameter in learned)
        return kind(learned, rate, betas, training.epsilon or 1e-8, decay, fused=fused)
    if training.optimiser == "adadelta":
        return Adadelta(learned, rate, training.rho, training.epsilon or 1e-6, decay)
    return SGD(learned, rate, training.momentum, weight_decay=decay)


def learning_rate(
    training: Training, step: int, steps_per_epoch: int, losses: Sequence[float]
) -> float:
    """The rate of a step: a pure function, so that going on after a break needs no state.

    Args:
        training: the recipe's part.
        step: from 0, over all epochs.
        steps_per_epoch: batches of an epoch.
        losses: validation loss of each finished epoch, for ``plateau``.
    """
    base, kind = training.learning_rate, training.schedule
    epoch = step // steps_per_epoch
    total = max(1, training.epochs * steps_per_epoch)
    if kind == "step":
        return base * math.pow(training.schedule_factor, epoch // training.schedule_epochs)
    if kind == "exponential":
        return base * math.pow(training.schedule_factor, epoch / training.schedule_epochs)
    if kind == "cosine":
        return base * 0.5 * (1 + math.cos(math.pi * step / total))
    if kind == "one-cycle":  # after Smith & Topin (2018)
        share = step / total
        if share < _ONE_CYCLE_RISE:
            return base * (0.04 + 0.96 * share / _ONE_CYCLE_RISE)
        fall = (share - _ONE_CYCLE_RISE) / (1 - _ONE_CYCLE_RISE)
        return base * (0.0001 + 0.9999 * 0.5 * (1 + math.cos(math.pi * fall)))
    if kind == "plateau":
        return base * math.pow(
            training.schedule_factor, _plateaus(losses, training.schedule_epochs)
        )
    return base


def _plateaus(losses: Sequence[float], patience: int) -> int:
    """How often so many epochs in a row brought no lower loss."""
    best, waited, found = math.inf, 0, 0
    for loss in losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited >= patience:
            found, waited = found + 1, 0
    return found


def loss_of(
    logits: Tensor, targets: Tensor, training: Training, class_weights: Tensor | None
) -> Tensor:
    """The recipe's loss.

    Args:
        logits: shape (batch, classes).
        targets: class shares, float32, shape (batch, classes); one-hot unless mixed up.
        training: the recipe's part.
        class_weights: float32, shape (classes,), or None.

    Returns:
        A scalar.
    """
    logits = logits / training.temperature
    if training.loss == "binary-cross-entropy":
        return functional.binary_cross_entropy_with_logits(
            logits, targets, pos_weight=class_weights
        )
    if training.loss == "mse":
        errors = (logits.softmax(1) - targets).square().mean(1)
        if class_weights is not None:
            errors = errors * (targets @ class_weights)
        return errors.mean()
    return functional.cross_entropy(
        logits, targets, weight=class_weights, label_smoothing=training.label_smoothing
    )


def value_loss(outputs: Tensor, targets: Tensor, training: Training) -> Tensor:
    """A regression's loss: a scalar.

    ``mse``: the mean squared error. ``concordance``: 1 - the concordance correlation coefficient
    (Lin, *A concordance correlation coefficient to evaluate reproducibility*, Biometrics 45, 1989)
    over the batch, mean of the dimensions; large batches tell it better.

    Args:
        outputs: shape (batch, dimensions).
        targets: the same, with mean 0 and deviation 1 over the training part.
        training: the recipe's part.
    """
    if training.loss == "mse":
        return (outputs - targets).square().mean()
    said, true = outputs - outputs.mean(0), targets - targets.mean(0)
    both = (said * true).mean(0)
    spread = said.square().mean(0) + true.square().mean(0)
    apart = (outputs.mean(0) - targets.mean(0)).square()
    return (1 - 2 * both / (spread + apart + _LEAST)).mean()


def penalty(weights: Sequence[Tensor], training: Training) -> Tensor | float:
    """L1 and L2 of these weights, summed as Keras does."""
    total: Tensor | float = 0.0
    for weight in weights:
        if training.l1:
            total = total + training.l1 * weight.abs().sum()
        if training.l2:
            total = total + training.l2 * weight.square().sum()
    return total


def clip_recurrent(network: nn.Module, most: float, batch: int) -> None:
    """Scale each recurrent layer's gradient down to a norm, as EpyNN does.

    Args:
        network: whose gradients, the mean over a batch, are there.
        most: of the gradient summed over the batch.
        batch: windows of it.
    """
    for module in network.modules():
        if isinstance(module, nn.RNNBase):
            torch.nn.utils.clip_grad_norm_(module.parameters(), most / batch)


def initialise(network: nn.Module, how: str) -> None:
    """First weights as ``keras`` or ``epynn`` draw them; ``torch``: they stay as they are."""
    if how == "keras":
        initialise_as_keras(network)
    elif how == "epynn":
        initialise_as_epynn(network)


def initialise_as_epynn(network: nn.Module) -> None:
    """EpyNN's first weights: Glorot normal, in GRUs and LSTMs orthogonal by gate; biases 0."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_normal_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.RNNBase):
            draw = nn.init.xavier_normal_ if isinstance(module, nn.RNN) else nn.init.orthogonal_
            for name, weight in module.named_parameters():
                for gate in torch.split(weight.detach(), module.hidden_size):
                    if name.startswith("weight"):
                        draw(gate)
                    else:
                        gate.zero_()


def initialise_as_keras(network: nn.Module) -> None:
    """Keras' first weights: Glorot uniform (2010), orthogonal states, forget gates open.

    The states' weights of all gates are one orthogonal matrix there.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            if module.weight.requires_grad:
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        elif isinstance(module, nn.RNNBase):
            _initialise_recurrent(module)


def _initialise_recurrent(layer: nn.RNNBase) -> None:
    units = layer.hidden_size
    for name, weight in layer.named_parameters():
        with torch.no_grad():
            if name.startswith("weight_ih"):
                nn.init.xavier_uniform_(weight)
            elif name.startswith("weight"):
                nn.init.orthogonal_(weight)
            else:
                weight.zero_()
                if isinstance(layer, nn.LSTM) and name.startswith("bias_ih"):
                    weight[units : 2 * units] = 1.0
