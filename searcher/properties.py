"""Properties that are computed once, when they are first asked for, and can be forgotten.

`functools.cached_property` of Python 3.11 has one lock for a property of all instances of a class.
Threads that share nothing wait for each other there, and a child that is forked while one of them
computes finds the lock locked for ever.  These have none, as in Python 3.12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # noqa: N801 - named as what it stands for
    """A property that an instance keeps in its ``__dict__``, where it is found without a call.

    Two threads may compute it at the same time, which has to do no harm; both get the value of
    the one that was done first.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object | None, owner: type) -> Self | Value:
        if instance is None:
            return self
        kept: dict[str, Value] = instance.__dict__
        return kept.setdefault(self._name, self._compute(instance))


def forget(instance: object) -> None:
    """Let go of all that `cached_property` keeps in an instance; asked again, it is made again.

    >>> class Circle:
    ...     radius = 1
    ...     @cached_property
    ...     def area(self):
    ...         return 3 * self.radius**2
    >>> circle = Circle()
    >>> circle.area
    3
    >>> circle.radius = 2
    >>> forget(circle)
    >>> circle.area
    12
    """
    kept = vars(instance)
    for name in tuple(kept):
        if isinstance(getattr(type(instance), name, None), cached_property):
            kept.pop(name, None)
