"""What is computed from a module's tensors, and kept until they change."""

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)
Value = TypeVar("Value")
_Versions = tuple[tuple[int, int], ...]


class Derived(Generic[Module, Value]):
    """Values by module, each computed again only where a tensor of the module was written to.

    Args:
        compute: gives the value of a module.

    Examples:
        >>> import torch
        >>> from engine.networks.derived import Derived
        >>> sums = Derived(lambda module: float(sum(p.sum() for p in module.parameters())))
        >>> layer = torch.nn.Linear(1, 1)
        >>> with torch.no_grad():
        ...     _ = layer.weight.fill_(2.0), layer.bias.fill_(1.0)
        ...     print(sums.of(layer))
        ...     _ = layer.bias.fill_(3.0)
        ...     print(sums.of(layer))
        3.0
        5.0
    """

    def __init__(self, compute: Callable[[Module], Value]) -> None:
        self._compute = compute
        self._known: WeakKeyDictionary[Module, tuple[_Versions, Value]] = WeakKeyDictionary()

    def of(self, module: Module) -> Value:
        """The value of a module as it is now."""
        tensors = (*module.parameters(), *module.buffers())
        now = tuple((tensor.data_ptr(), _version(tensor)) for tensor in tensors)
        before = self._known.get(module)
        if before is None or before[0] != now or any(version < 0 for _, version in now):
            before = now, self._compute(module)
            self._known[module] = before
        return before[1]


def _version(tensor: Tensor) -> int:
    """How often it was written to; -1: torch does not count it."""
    return -1 if tensor.is_inference() else tensor._version
