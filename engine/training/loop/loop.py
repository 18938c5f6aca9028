"""The training loop: a generator that can be watched, stopped and resumed."""

import math
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import torch
from torch import Tensor

from engine.errors import ModelError, RecipeError
from engine.recipes.recipe import Training
from engine.training.data.plan import Plan
from engine.training.events import BatchDone, EpochDone, Event, Warned
from engine.training.loop.checkpoints import load_checkpoint, save_checkpoint, unusable
from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.energy import EnergyMeter
from engine.training.loop.learner import Learner, Step, seeded
from engine.training.loop.optimisers import clip_recurrent, learning_rate, make_optimiser
from engine.training.loop.stopwatch import Stopwatch
from engine.training.loop.validation import Validated, validate
from engine.training.runs.run import Run

_SPIKE = 10.0  # times the usual loss


@dataclass
class Progress:
    """What the loop knows; the best weights among it.

    Attributes:
        history: finished epochs.
        best: weights of the best epoch.
        best_loss: its validation loss.
        reason: why training ended, empty while it goes on.
    """

    history: list[EpochDone] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_loss: float = math.inf
    seconds: float = 0.0
    joules: float | None = None
    processor_joules: float | None = None
    reason: str = ""


class Loop:
    """Epochs of one run.

    Args:
        learner: what learns.
        plan: the parts.
        training: the recipe's part.
        run: where checkpoints and history go.
        processes: this process and others.
    """

    def __init__(
        self, learner: Learner, plan: Plan, training: Training, run: Run, processes: ProcessGroup
    ) -> None:
        self._learner, self._plan, self._training = learner, plan, training
        self._run, self._processes = run, processes
        self._optimiser = make_optimiser(learner.network.parameters(), training)
        self._meter = EnergyMeter(str(learner.device), processor=processes.first_here)
        self._before: tuple[float | None, float | None] = (None, None)
        self.progress = Progress()
        self._recent: deque[float] = deque(maxlen=50)
        if training.batch_size < 2 * processes.size and processes.size > 1:
            raise RecipeError(
                f"{processes.size} processes need a batch_size of at least {2 * processes.size}."
            )
        everything = torch.zeros(len(plan.training))
        self._batches = len(self._cut(everything))

    @property
    def energy_source(self) -> str:
        """What counts the energy, in words."""
        return self._meter.source

    def resume(self) -> None:
        """Go on from the run's checkpoint.

        Raises:
            ModelError: it does not fit.
        """
        best, state = load_checkpoint(
            self._run.checkpoint_file, self._learner.network, self._optimiser
        )
        try:
            history = [EpochDone.read(row) for row in state["history"]]
            best_loss, seconds = float(state["best_loss"]), float(state["seconds"])
            spent = [state["joules"], state.get("processor_joules")]
            joules, processor = (None if x is None else float(x) for x in spent)
        except (LookupError, TypeError, ValueError) as error:
            raise unusable(self._run.checkpoint_file) from error
        if [epoch.epoch for epoch in history] != list(range(1, len(history) + 1)):
            raise unusable(self._run.checkpoint_file)
        self.progress = Progress(history, best, best_loss, seconds, joules, processor)
        self._before = joules, processor
        if self._processes.leads:
            self._run.drop_batches(after=len(history))
        self._judge_rules()

    def epochs(self) -> Generator[Event, None, None]:
        """Train until a rule stops it; closing the generator keeps the best so far."""
        while not self.progress.reason:
            yield from self._epoch(len(self.progress.history) + 1)
            self._judge_rules()

    def _epoch(self, epoch: int) -> Generator[Event, None, None]:
        order = torch.from_numpy(self._order(epoch)).to(self._learner.device)
        stopwatch = Stopwatch(self.progress.seconds)
        losses: list[float] = []
        waiting: list[tuple[Tensor, Step]] = []
        right = torch.zeros((), device=self._learner.device)
        batches = self._cut(order)
        for batch, indices in enumerate(batches, start=1):
            step = self._step(epoch, batch, indices)
            right += step.right
            waiting.append((indices, step))
            if stopwatch.due() or batch == self._batches:
                new, remarks = self._read(epoch, batch, waiting)
                losses += new
                waiting = []
                with stopwatch.paused():
                    yield from remarks
                    left = stopwatch.left(epoch, batch, self._batches, self._training.epochs)
                    yield self._told(epoch, batch, new, left)
        found = self._processes.sum(right).item() / sum(map(len, batches))
        done = self._closed(epoch, losses, found, stopwatch)
        with stopwatch.paused():
            yield done
        self.progress.seconds = stopwatch.seconds()

    def _cut(self, order: Tensor) -> list[Tensor]:
        size, drop = self._training.batch_size, self._training.drop_last
        return self._processes.batches(order, size, drop_last=drop)

    def _told(self, epoch: int, batch: int, losses: Sequence[float], left: float) -> BatchDone:
        rate, load = self._optimiser.param_groups[0]["lr"], self._meter.gpu_load()
        return BatchDone(epoch, batch, self._batches, tuple(losses), left, rate, load)

    def _step(self, epoch: int, batch: int, indices: Tensor) -> Step:
        """One step; its randomness depends on seed, epoch, batch and process alone."""
        number = (epoch - 1) * self._batches + batch - 1
        rate = learning_rate(self._training, number, self._batches, self._losses())
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        mine = self._processes.share(indices)
        self._learner.network.train()
        self._optimiser.zero_grad()
        numbers = [self._training.seed, number, self._processes.rank]
        with seeded(numbers, self._learner.device) as generator:
            step = self._learner.step(mine, generator)
        parameters = list(self._learner.network.parameters())
        self._processes.average_gradients(parameters, len(mine) / len(indices))
        if self._training.clip_recurrent:
            clip_recurrent(self._learner.network, self._training.clip_recurrent, len(indices))
        if self._training.clip_norm:
            torch.nn.utils.clip_grad_norm_(parameters, self._training.clip_norm)
        self._optimiser.step()
        return step

    def _order(self, epoch: int) -> np.ndarray:
        """The windows of an epoch in random order; balanced: every class equally often."""
        rng = np.random.default_rng([self._training.seed, epoch])
        training = self._plan.training
        if not self._training.balanced:
            return rng.permutation(training)
        classes = self._plan.targets[training].argmax(1)
        chance = 1.0 / np.bincount(classes)[classes]
        return rng.choice(training, len(training), p=chance / chance.sum())

    def _read(
        self,
        epoch: int,
        batch: int,
        waiting: Sequence[tuple[Tensor, Step]],
    ) -> tuple[list[float], list[Event]]:
        """Losses of the last steps, and remarks on those that are no numbers or far too high."""
        losses = torch.stack([step.loss for _, step in waiting]).tolist()
        remarks: list[Event] = []
        first = batch - len(waiting) + 1
        for number, (loss, (indices, _)) in enumerate(zip(losses, waiting, strict=True), first):
            if not math.isfinite(loss):
                raise ModelError(
                    f"The loss became NaN or infinite (epoch {epoch}, batch {number}, with "
                    f"{self._files(indices)}): use a lower learning rate or clip_norm = 1."
                )
            usual = median(self._recent) if len(self._recent) >= 20 else math.inf
            self._recent.append(loss)
            if loss > _SPIKE * usual:
                text = f"Epoch {epoch}, batch {number}: the loss rose to {loss:.3g}, with "
                remarks.append(Warned(text + self._files(indices) + "."))
        if self._processes.leads:
            self._run.add_batches(epoch, first, losses)
        return losses, remarks

    def _files(self, indices: Tensor) -> str:
        names = dict.fromkeys(self._plan.recordings[i] for i in indices.tolist())
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return ", ".join(list(names)[:3]) + more

    def _losses(self) -> list[float]:
        return [epoch.validation_loss for epoch in self.progress.history]

    def _closed(
        self, epoch: int, losses: Sequence[float], accuracy: float, stopwatch: Stopwatch
    ) -> EpochDone:
        """Judge on validation, keep the best, write checkpoint and history."""
        self._processes.average_statistics(self._learner.network)
        found = validate(self._learner, self._plan, self._training, self._processes)
        progress = self.progress
        compared = found.loss if len(self._plan.validation) else -epoch
        best = compared < progress.best_loss
        if best:
            progress.best_loss = compared
        if best or self._training.keep == "last" or not progress.best:
            state = self._learner.network.state_dict()
            progress.best = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
        progress.seconds = stopwatch.seconds()
        progress.joules, progress.processor_joules = self._joules()
        rate = self._optimiser.param_groups[0]["lr"]
        learned = Validated(sum(losses) / max(1, len(losses)), accuracy, None)
        if self._training.judge_training:
            parts = (self._plan, self._training, self._processes, self._plan.training)
            learned = validate(self._learner, *parts)
        done = EpochDone(
            epoch, learned.loss, learned.accuracy, found.loss, found.accuracy, rate,
            progress.seconds, progress.joules, best, progress.processor_joules,
            learned.recall, learned.precision, found.recall, found.precision, found.confusion,
            found.concordance,
        )  # fmt: skip
        progress.history.append(done)
        if self._processes.leads:
            self._keep()
        return done

    def _keep(self) -> None:
        progress = self.progress
        state = {
            "history": [epoch.kept() for epoch in progress.history],
            "best_loss": progress.best_loss,
            "seconds": progress.seconds,
            "joules": progress.joules,
            "processor_joules": progress.processor_joules,
        }
        save_checkpoint(
            self._run.checkpoint_file,
            self._learner.network,
            progress.best,
            self._optimiser,
            state,
        )
        self._run.keep_history(progress.history)

    def _joules(self) -> tuple[float | None, float | None]:
        """Of the GPU and of the processor, those before a break included."""
        spent = []
        meters = (self._meter.joules(), self._meter.processor_joules())
        for mine, before in zip(meters, self._before, strict=True):
            now = self._processes.sum_known(mine)
            spent.append(before if now is None else now + (before or 0.0))
        return spent[0], spent[1]

    def _judge_rules(self) -> None:
        stop, history = self._training.stop, self.progress.history
        if stop.target_accuracy:
            last = history[-stop.target_epochs :]
            above = [epoch.validation_accuracy > stop.target_accuracy for epoch in last]
            if len(last) == stop.target_epochs and all(above):
                self.progress.reason = (
                    f"validation accuracy above {stop.target_accuracy:g} "
                    f"for {stop.target_epochs} epochs in a row"
                )
        if stop.patience:
            since = next((i for i, e in enumerate(reversed(history)) if e.best), len(history))
            if since >= stop.patience:
                self.progress.reason = f"no better validation loss for {stop.patience} epochs"
        if len(history) >= self._training.epochs and not self.progress.reason:
            self.progress.reason = "all epochs finished"
