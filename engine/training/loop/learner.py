"""A network with its data on a device, and one training step."""

import contextlib
import json
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from engine.datasets.splits import Indices
from engine.features import Feature, describe_feature
from engine.memory import keep_freed_memory
from engine.networks import Network
from engine.networks.dense import EmbeddingHead
from engine.networks.layers import StandardisedTrunk
from engine.recipes.recipe import Recipe
from engine.training.augment.augmentation import FrameAugmentation, SoundAugmentation, mixup
from engine.training.data import embedding_cache
from engine.training.data.plan import Plan
from engine.training.data.prepare import PreparedData
from engine.training.loop.optimisers import loss_of, penalty, value_loss

_MOST_ON_CPU_BYTES = 4_000_000_000
_SHARE_OF_GPU = 0.6
_JUDGED_AT_ONCE = 512
_EMBEDDED_AT_ONCE = 16
_JUDGING = 2**31  # no step has this number


@dataclass(frozen=True)
class Step:
    """What one batch gave; tensors, so that nothing waits for the device."""

    loss: Tensor
    right: Tensor


class Learner:
    """Holds the windows, computes logits, losses and gradients.

    Args:
        network: what learns.
        feature: of sound; its place is between windows and network when windows are sound.
        prepared: the windows.
        plan: their parts.
        recipe: how to learn.
        device: where.
        sound_changes: augmentation of the training windows as sound, None: none.
    """

    def __init__(
        self,
        network: Network,
        feature: Feature,
        prepared: PreparedData,
        plan: Plan,
        recipe: Recipe,
        device: torch.device,
        sound_changes: SoundAugmentation | None = None,
    ) -> None:
        keep_freed_memory()
        self.network = network.to(device)
        # Channels last: convolutions on CPU and GPU are up to twice as fast. Not so musicnn's,
        # whose greatest answers over frequency are then twice as slow to find.
        if not isinstance(network, EmbeddingHead):
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device
        self._recipe, self._training = recipe, recipe.training
        if device.type == "cuda" and recipe.variant == "as-published":
            torch.backends.cudnn.allow_tf32 = False  # convolutions as exact as the original's
        self._feature = feature.to(device) if prepared.is_sound else None
        self._sound_changes = sound_changes if recipe.augmentation.of_sound else None
        masks = recipe.augmentation.frequency_masks or recipe.augmentation.time_masks
        self._frame_changes = FrameAugmentation(recipe.augmentation) if masks else None
        self._embedded = False
        self._heard_file = self._where_heard(feature, prepared)
        self._values: Tensor | np.ndarray = self._placed(prepared.values)
        self.targets = torch.from_numpy(plan.targets).to(device)
        self._weights = self._class_weights(plan) if recipe.training.class_weights else None
        if recipe.training.standardise:
            self._learn_scale(plan.training)

    @property
    def changes(self) -> bool:
        """Whether training windows are changed each epoch."""
        return self._sound_changes is not None or self._frame_changes is not None

    def warm_up(self, used: Indices) -> Generator[float, None, None]:
        """Compute once what frozen trunks say of the windows used; yields the share done.

        It is kept beside the windows, for the next training of another head.
        """
        if not isinstance(self.network, EmbeddingHead) or self.changes:
            return
        found, heard = self._heard_before()
        missing = used[~heard[torch.from_numpy(used)].numpy()]
        for start in range(0, len(missing), _EMBEDDED_AT_ONCE):
            part = missing[start : start + _EMBEDDED_AT_ONCE]
            found[torch.from_numpy(part)] = self.embed(part)
            yield min(1.0, (start + len(part)) / len(missing))
        heard[torch.from_numpy(missing)] = True
        if len(missing) and self._heard_file is not None:
            embedding_cache.keep(self._heard_file, {"embeddings": found, "heard": heard})
        self._values = found.to(self.device)
        self._embedded = True

    def _where_heard(self, feature: Feature, prepared: PreparedData) -> Path | None:
        if prepared.folder is None or not isinstance(self.network, EmbeddingHead):
            return None
        digest = embedding_cache.trunks_digest(self.network, json.dumps(describe_feature(feature)))
        return prepared.folder / f"heard-{digest}.safetensors"

    def _heard_before(self) -> tuple[Tensor, Tensor]:
        """Embeddings (windows, embedding_size), and which of them are known."""
        count = len(self.targets)
        shapes = {"embeddings": (count, self.network.embedding_size), "heard": (count,)}
        known = None if self._heard_file is None else embedding_cache.kept(self._heard_file, shapes)
        if known is not None:
            return known["embeddings"], known["heard"]
        return torch.zeros(shapes["embeddings"]), torch.zeros(count, dtype=torch.bool)

    def _placed(self, values: np.ndarray) -> Tensor | np.ndarray:
        """On the device when it fits, else mapped from the disk."""
        room = float(_MOST_ON_CPU_BYTES)
        if self.device.type == "cuda":
            room = torch.cuda.mem_get_info(self.device)[0] * _SHARE_OF_GPU
        if values.nbytes > room:
            return values
        return torch.from_numpy(np.array(values)).to(self.device)

    def inputs(self, indices: Tensor) -> Tensor:
        """Windows as kept, on the device: shape (n, bands, frames), or their embeddings."""
        if isinstance(self._values, Tensor):
            return self._values[indices]
        rows = np.ascontiguousarray(self._values[indices.cpu().numpy()])
        return torch.from_numpy(rows).to(self.device, non_blocking=True)

    def logits(self, indices: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits, shape (n, classes); with a generator the windows are augmented first."""
        return self._forward(self.inputs(indices), generator)

    def _forward(self, values: Tensor, generator: torch.Generator | None) -> Tensor:
        if self._embedded:
            return self.network.head(values)
        if self._feature is not None:
            sound = values[:, 0]
            if generator is not None and self._sound_changes is not None:
                sound = self._sound_changes(sound, generator)
            with torch.no_grad():
                values = self._feature(sound)
        if generator is not None and self._frame_changes is not None:
            values = self._frame_changes(values, generator)
        with self._precision():
            logits: Tensor = self.network(values)
        return logits.float()

    def _precision(self) -> torch.autocast:
        """Half precision where it is faster; never as published: nothing then computed so."""
        exact = self._recipe.variant == "as-published"
        enabled = self.device.type == "cuda" and not exact
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=enabled)

    def step(self, indices: Tensor, generator: torch.Generator) -> Step:
        """Compute a batch's loss and its gradients."""
        targets = self.targets[indices]
        values, alpha = self.inputs(indices), self._recipe.augmentation.mixup
        if alpha:
            values, targets = mixup(values, targets, alpha, generator)
        logits = self._forward(values, generator)
        if self._recipe.is_regression:
            loss = value_loss(logits, targets, self._training)
        else:
            loss = loss_of(logits, targets, self._training, self._weights)
        whole = loss + penalty(self.penalised(), self._training)
        whole.backward()  # type: ignore[no-untyped-call]
        right = (logits.detach().argmax(1) == targets.argmax(1)).sum()
        if self._recipe.is_regression:  # no value is right or wrong
            right = torch.full((), math.nan, device=self.device)
        shown = whole.detach() if isinstance(whole, Tensor) else loss.detach()
        return Step(shown, right)

    def penalised(self) -> Sequence[Tensor]:
        """Weights of the L1 and L2 penalties."""
        if not (self._training.l1 or self._training.l2):
            return []
        return self.network.penalised(self._training.penalised)

    @torch.no_grad()
    def penalty(self) -> float:
        """The L1 and L2 penalties of the weights as they are."""
        return float(penalty(self.penalised(), self._training))

    def judge(self, indices: Indices) -> Iterator[Tensor]:
        """Logits of windows without augmentation, on the CPU, some hundred at a time."""
        self.network.eval()
        if self._training.dropout_at_test:
            for module in self.network.modules():
                if isinstance(module, nn.Dropout):
                    module.train()
        for start in range(0, len(indices), _JUDGED_AT_ONCE):
            part = torch.from_numpy(indices[start : start + _JUDGED_AT_ONCE]).to(self.device)
            # Dropout may be on: what it draws depends on the place in the part alone.
            numbers = [self._training.seed, _JUDGING, start]
            with seeded(numbers, self.device), torch.inference_mode():
                found = self.logits(part).cpu()
            yield found
        self.network.eval()

    def embed(self, indices: Indices) -> Tensor:
        """The network's embeddings of windows, float32, on the CPU: shape (n, embedding_size)."""
        self.network.eval()
        parts = []
        for start in range(0, len(indices), _JUDGED_AT_ONCE):
            part = torch.from_numpy(indices[start : start + _JUDGED_AT_ONCE]).to(self.device)
            with torch.inference_mode():
                values = self.inputs(part)
                if not self._embedded:
                    values = self._feature(values[:, 0]) if self._feature is not None else values
                    values = self.network.embed(values)
                parts.append(values.float().cpu())
        return torch.cat(parts) if parts else torch.zeros(0, self.network.embedding_size)

    @torch.no_grad()
    def _learn_scale(self, training: Indices) -> None:
        """Mean and deviation of each band over the training part only."""
        trunks = [t for t in self.network.trunks if isinstance(t, StandardisedTrunk)]
        if not trunks:
            return
        total = squares = torch.zeros(self.network.bands, dtype=torch.float64)
        count = 0
        for start in range(0, len(training), _JUDGED_AT_ONCE):
            part = torch.from_numpy(training[start : start + _JUDGED_AT_ONCE]).to(self.device)
            values = self.inputs(part)
            if self._feature is not None:
                values = self._feature(values[:, 0])
            exact = values.double() if values.device.type != "mps" else values
            total = total + exact.sum((0, 2)).cpu()
            squares = squares + exact.square().sum((0, 2)).cpu()
            count += values.shape[0] * values.shape[2]
        mean = total / count
        deviation = (squares / count - mean.square()).clamp(min=0).sqrt()
        for trunk in trunks:
            trunk.standardise.learn(mean.float().to(self.device), deviation.float().to(self.device))

    def _class_weights(self, plan: Plan) -> Tensor:
        """Inverse to how often each class is met in training; their mean is 1."""
        counts = plan.targets[plan.training].sum(0)
        weights = 1.0 / np.maximum(counts, 1.0)
        return torch.from_numpy((weights / weights.mean()).astype(np.float32)).to(self.device)


@contextlib.contextmanager
def seeded(numbers: Sequence[int], device: torch.device) -> Iterator[torch.Generator]:
    """Randomness that depends on these numbers alone; torch's own is given back as it was.

    Dropout and first weights draw from torch's own generator, all else from the one given.
    """
    mixed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)
    # Not torch.manual_seed: without a GPU it queues a call, with a stack trace, for when one comes.
    own = [torch.default_generator]
    if device.type == "cuda":
        own.append(torch.cuda.default_generators[device.index or 0])
    before = [generator.get_state() for generator in own]
    try:
        for generator in own:
            generator.manual_seed(mixed)
        yield torch.Generator(device).manual_seed(mixed)
    finally:
        for generator, state in zip(own, before, strict=True):
            generator.set_state(state)
