"""The implementation of both Session and Run: values in, records and events out, failures contained."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aim.errors import AimError, InvalidValueError, RunUnreadableError, SessionClosedError
from aim.schema import events as ev
from aim.schema.names import canonical_context, check_label
from aim.schema.records import NO_EPOCH, POINT_RECORD, POINT_RECORD_BYTES
from aim.sdk.recording.companions import Companion, Companions
from aim.sdk.recording.guard import Warner
from aim.sdk.recording.params import params_path, to_plain
from aim.sdk.recording.values import (
    EPOCH_MAX,
    EXACT_INTEGER_MAX,
    to_epoch,
    to_float,
    to_list,
    to_list_of,
    to_step,
    to_unix_time,
)
from aim.storage.writing.sequence import WriterSequence
from aim.storage.writing.sync import syncer
from aim.storage.writing.writer import RunWriter

if TYPE_CHECKING:
    from aim.schema.runstate import LossLedger, RunState

__all__ = ["Recorder", "refused_after_close"]

_pack = POINT_RECORD.pack
_FIELDS = 5
"""Of a record: sequence, epoch, step, time, value."""


refused_after_close: list[Recorder] = []
"""Recorders that were called after they were closed: the end of the process counts those calls on their runs."""


class Recorder:
    """Records into one run through one writer.

    :class:`aim.sdk.recording.inert.InertRecorder` has every method of it and records nothing.

    Args:
        writer: Open; this recorder closes it.
        warner: Gives the warnings, the writer's too.
        is_strict: Raise instead of warning.
        companions: Start with :meth:`start_companions` and end before the writer closes. See
            :mod:`aim.sdk.recording.companions`.
    """

    is_inert = False
    """Whether nothing is recorded."""

    def __init__(
        self, writer: RunWriter, warner: Warner, *, is_strict: bool, companions: tuple[Companion, ...] = ()
    ) -> None:
        self.is_strict = is_strict
        self._companions = Companions(companions, self._companion_failed)
        self.warner = warner
        self.writer = writer
        # Sequences that were used before, in three ways to find them:
        self._by_name: dict[str, WriterSequence] = {}
        """Those without a context."""
        self._sequences: dict[Any, WriterSequence] = {}
        """Those with one, by name and context."""
        self._in_context: dict[Any, dict[str, WriterSequence]] = {}
        """The same for calls with many names: by context, then by name."""
        self._in_canonical: dict[str, dict[str, WriterSequence]] = {}
        """The same dicts by the canonical string of their context."""
        self.late_refusals = 0
        self._append_point = self.writer.append_point

    @property
    def is_open(self) -> bool:
        """Whether points are still taken."""
        return self.writer.is_open

    @property
    def is_foreign(self) -> bool:
        """Whether this process is a fork of the one that opened the run."""
        return self.writer.is_foreign

    @property
    def run_hash(self) -> str:
        """24 hex digits."""
        return self.writer.run_hash

    @property
    def opened_at(self) -> float:
        """When the writer opened, Unix seconds."""
        return self.writer.opened_at

    def is_used_since(self, unix_s: float) -> bool:
        """Whether points were recorded later than `unix_s`."""
        return any(stream.last_used > unix_s for stream in self.writer.record_streams)

    def now(self) -> float:
        """Unix seconds, of the writer's clock."""
        return self.writer.clock()

    def losses(self) -> LossLedger:
        """What this writer could not keep so far."""
        return self.writer.losses.ledger()

    def track_any(self, value: Any, name: Any, step: Any, epoch: Any, context: Any, keywords: dict[str, Any]) -> None:
        """Append one point, or one of each metric of a dict: every way of calling ``track``.

        Args:
            context: A mapping; anything else is the value of a key called "context"; None is none.
            keywords: Further key-values; they win.
        """
        try:
            if context is not None:
                keywords = {**(context if isinstance(context, Mapping) else {"context": context}), **keywords}
            is_dict = isinstance(value, Mapping)
            if is_dict and name is not None:
                raise _named_dict(name)
            if not is_dict:
                _check_call(value, name)
        except Exception as error:  # objects whose attributes raise are among what may be passed
            self.refuse(error)
            return
        if is_dict:
            self.track_many_names(value, step, epoch, keywords)
        else:
            self.track(value, name, step, epoch, keywords)

    def track(self, value: Any, name: str, step: Any, epoch: Any, context: Mapping[str, Any] | None) -> None:
        """Append one point."""
        try:
            # the values first: a call that is refused declares no sequence
            if value.__class__ is not float:
                value = self._float(value)
            if step is not None and step.__class__ is not int:
                step = self._step(step)
            if epoch is None:
                epoch_number = NO_EPOCH
            elif (epoch.__class__ is int or epoch.__class__ is float) and -EPOCH_MAX <= epoch <= EPOCH_MAX:
                epoch_number = epoch
            else:
                epoch_number = self._epoch(epoch)
            if context:
                # 1, 1.0 and True are equal for Python but different contexts: look up what is not a str with its type
                if len(context) == 1:
                    ((key, item),) = context.items()
                    lookup = (name, key, item) if item.__class__ is str else (name, key, item, item.__class__)
                else:
                    lookup = (name, *[(k, v, v.__class__) for k, v in context.items()])  # type: ignore[assignment]
                sequence = self._sequences.get(lookup)
                if sequence is None:
                    sequence = self._remember(lookup, name, context)
            else:
                sequence = self._by_name.get(name)
                if sequence is None:
                    sequence = self._by_name[name] = self.writer.sequence(name, None)
            self._append_point(sequence, step, epoch_number, value)
        except Exception as error:
            self._track_carefully(error, value, name, step, epoch, context)

    def _track_carefully(self, error: Exception, value: Any, name: Any, step: Any, epoch: Any, context: Any) -> None:
        """After the fast path failed: correct what can be corrected (step, epoch), else refuse the point."""
        problem = error
        if isinstance(value, Mapping):
            problem = _named_dict(name)
        elif isinstance(error, (struct.error, OverflowError, TypeError, AttributeError)):
            try:
                number, step, epoch = self._float(value), self._step(step), self._epoch(epoch)
                sequence = self.writer.sequence(name, context)
                self._append_point(sequence, step, epoch, number)
                return
            except struct.error:  # nothing else is left that might not fit
                problem = _out_of_steps(name)
            except Exception as second:
                problem = second
        self.refuse(problem)

    def _remember(self, lookup: Any, name: Any, context: Mapping[str, Any]) -> WriterSequence:
        sequence = self.writer.sequence(name, context)
        if _is_distinct(context):
            self._sequences[lookup] = sequence
        return sequence

    def _float(self, value: Any) -> float:
        number = to_float(value)
        if isinstance(value, int) and abs(value) > EXACT_INTEGER_MAX and int(number) != value:
            self.warner.warn(
                "digits", f"the integer {value!r:.40} lost digits: values are kept as float64, exact up to 2**53"
            )
        return number

    def _step(self, step: Any) -> int | None:
        if step is None:
            return None
        try:
            return to_step(step)
        except Exception as error:
            self._corrected("step", error, "the automatic step was taken")
            return None

    def _epoch(self, epoch: Any) -> float:
        if epoch is None:
            return NO_EPOCH
        try:
            return to_epoch(epoch)
        except Exception as error:
            self._corrected("epoch", error, "the point was kept without one")
            return NO_EPOCH

    def _corrected(self, cause: str, error: Exception, how: str) -> None:
        if self.is_strict:
            raise error
        self.warner.warn(cause, f"{_described(error)}; {how}", per_line=True)

    def track_many_names(
        self, values: Mapping[str, Any], step: Any, epoch: Any, context: Mapping[str, Any] | None
    ) -> None:
        """Append one point to each of several metrics, in one write."""
        refused: list[Exception] = []
        fields: list[float] = []
        undeclared: list[WriterSequence] = []
        writer = self.writer
        count = 1
        try:
            count = len(values)
            step, epoch_number = self._step(step), self._epoch(epoch)
            known = self._known_in(context)
            with writer.lock:
                now = writer.clock()
                writer.points.last_used = now
                for name, value in values.items():
                    try:
                        number = value if value.__class__ is float else self._float(value)
                        sequence = known.get(name)
                        if sequence is None:
                            sequence = known[name] = writer.sequence(name, context)
                        if step is None:
                            if (steps := sequence.steps) is None:
                                this_step = sequence.next_step()
                            else:  # next_step, without the call
                                this_step = next(steps)
                                if this_step >= sequence.high:
                                    sequence.high = this_step + 1
                            fields += (sequence.id, epoch_number, this_step, now, number)
                        else:
                            if step >= sequence.high:  # skip_to, without the call
                                sequence.high = step + 1
                                sequence.steps = None
                            fields += (sequence.id, epoch_number, step, now, number)
                        if not sequence.is_declared:
                            undeclared.append(sequence)
                    except Exception as error:
                        refused.append(error)
                if fields:
                    try:
                        records = _packer_of(len(fields) // _FIELDS)(*fields)
                    except struct.error:  # a step does not fit
                        records = _pack_what_fits(fields, {each.id: each for each in known.values()}, refused)
                    writer.append_records(records, undeclared)
        except Exception as error:
            self.refuse(error, count=max(1, count - len(refused)))
        for problem in refused:  # after the others were recorded: in strict mode this raises
            self.refuse(problem)

    def _known_in(self, context: Mapping[str, Any] | None) -> dict[str, WriterSequence]:
        """The sequences of one context by name, as far as they are known.

        Raises:
            InvalidValueError: the context cannot be recorded.
        """
        if not context:
            return self._by_name
        try:
            # 1, 1.0 and True are equal for Python but different contexts
            lookup = tuple([(key, value, value.__class__) for key, value in context.items()])
            return self._in_context[lookup]
        except (KeyError, TypeError, AttributeError):  # new; a list in the context, which has no hash; not a dict
            known = self._in_canonical.setdefault(canonical_context(context), {})
        if _is_distinct(context):
            self._in_context[lookup] = known
        return known

    def track_array(
        self,
        name: str,
        values: Any,
        steps: Any = None,
        epochs: Any = None,
        times: Any = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Append many points to one sequence, in as few writes as their number allows.

        Raises:
            InvalidValueError: the arrays do not fit together (nothing was recorded; only in strict mode, else warned).
        """
        try:
            numbers = [value if value.__class__ is float else self._float(value) for value in to_list(values)]
            count = len(numbers)
            step_list = to_list_of(count, "steps", steps)
            epoch_list = to_list_of(count, "epochs", epochs)
            time_list = to_list_of(count, "times", times)
            whole_steps = None if step_list is None else [to_step(step) for step in step_list]
            # None and NaN both stand for no epoch, so that arrays read from a repo can be recorded again
            whole_epochs = (
                None if epoch_list is None else [NO_EPOCH if e is None or e != e else to_epoch(e) for e in epoch_list]
            )
            unix_times = None if time_list is None else [to_unix_time(time) for time in time_list]
            if not count:
                return
            writer = self.writer
            sequence = writer.sequence(name, context)
            with writer.lock:
                now = writer.clock()
                writer.points.last_used = now
                records = bytearray(count * POINT_RECORD_BYTES)
                pack_into, number_id = POINT_RECORD.pack_into, sequence.id
                offset = 0
                for i, value in enumerate(numbers):
                    step = sequence.next_step() if whole_steps is None else whole_steps[i]
                    epoch = NO_EPOCH if whole_epochs is None else whole_epochs[i]
                    pack_into(
                        records, offset, number_id, epoch, step, now if unix_times is None else unix_times[i], value
                    )
                    offset += POINT_RECORD_BYTES
                if whole_steps is not None:
                    sequence.skip_to(max(whole_steps) + 1)
                writer.append_records(bytes(records), [sequence])
        except Exception as error:
            self.refuse(error)

    def set_params(self, key: Any, value: Any, *, replace: bool = False) -> tuple[list[str], Any] | None:
        """Record params at `key`; dicts merge deeply into what is there unless `replace`.

        Args:
            key: As for :func:`params_path`.

        Returns:
            The path and the plain value as they were recorded; None if they were refused.
        """
        try:
            path = params_path(key)
            plain = to_plain(value, lambda message: self.warner.warn(message, message, per_line=True))
            if not isinstance(plain, dict) and not (path and replace):
                raise InvalidValueError(
                    f"{'a set' if path else 'the whole'} of params is a dict (or dataclass, namespace, config), "
                    f"not {type(value).__name__} "
                    f"({value!r:.80})"
                )
            self.writer.event(
                {"type": ev.PARAMS, "path": path, "value": plain, **({"replace": True} if replace else {})}
            )
        except Exception as error:
            self.refuse(error)
            return None
        return path, plain

    def event(self, make: Callable[[], ev.Event]) -> bool:
        """Append the event that `make` gives; failures of either are contained. Whether it was recorded."""
        try:
            self.writer.event(make())
        except Exception as error:
            self.refuse(error)
            return False
        return True

    def add_record(self, kind: str, value: Any) -> None:
        """Keep a small fact of the run in a list under `kind`."""
        self.event(lambda: {"type": ev.RECORD, "kind": check_label(kind, "a record's kind"), "value": to_plain(value)})

    def refuse(self, error: Exception, count: int = 1) -> None:
        """A call that cannot be recorded: raise in strict mode, else warn once for the caller's line and count it."""
        if isinstance(error, SessionClosedError):
            cause = "closed"
        elif isinstance(error, InvalidValueError):
            cause = "rejected"
        else:
            cause = f"internal error {type(error).__name__}"
        try:
            self.writer.count_rejected(count, cause)
            if cause == "closed" and not self.writer.is_foreign:
                if not self.late_refusals:
                    refused_after_close.append(self)
                self.late_refusals += count
        except Exception:  # the ledger is the last resort: nothing could count its failure
            pass
        if self.is_strict:
            raise error
        counted = "not recorded" if self.writer.is_foreign else "not recorded; counted on the run"
        self.warner.warn(cause, f"{_described(error)} ({counted})", per_line=True)

    def read_state(self) -> RunState:
        """The run as all its writers describe it, with what waits in our memory while the disk refuses it."""
        from aim.schema.runstate import merge_events  # only code that reads loads it
        from aim.storage.reading.events import parse_events, read_run

        writer = self.writer
        waiting = writer.waiting_events()
        try:
            return read_run(writer.run_dir, writer.run_hash, waiting={writer.id: waiting} if waiting else None).state
        except (OSError, RunUnreadableError):  # reading is refused, too: what we have must do
            return merge_events(writer.run_hash, [(writer.id, parse_events(waiting)[0])])

    def flush(self) -> None:
        """Return when the disk has everything recorded before the call."""
        self.writer.check()
        syncer.sync(self.writer)

    def close(
        self, reason: str = "finished", *, exit_code: int | None = None, error: dict[str, str] | None = None
    ) -> None:
        """End the run's part of this process: its companions, then its writer. A second call does nothing."""
        if not self.writer.is_open:
            return
        try:
            self._companions.close()
        finally:  # Ctrl-C
            self.writer.close(reason, exit_code=exit_code, error=error)
            syncer.remove(self.writer)

    def start_companions(self) -> None:
        """Start the companions; called when the end of the process is already taken care of."""
        self._companions.start(self)

    def _companion_failed(self, companion: Companion, doing: str, error: Exception) -> None:
        name = type(companion).__name__
        self.writer.count_rejected(cause=f"companion {name}")
        self.warner.warn(f"companion {name}", f"{name} failed to {doing} with the run: {_described(error)}")


@lru_cache(maxsize=64)
def _packer_of(count: int) -> Callable[..., bytes]:
    """Packs the fields of `count` points, one after the other, into their records."""
    return struct.Struct("<" + POINT_RECORD.format.lstrip("<") * count).pack


def _pack_what_fits(
    fields: Sequence[float], sequences: Mapping[float, WriterSequence], refused: list[Exception]
) -> bytes:
    """The records, point by point; for those that do not fit an error is added to `refused`."""
    records: list[bytes] = []
    for begin in range(0, len(fields), _FIELDS):
        try:
            records.append(_pack(*fields[begin : begin + _FIELDS]))
        except struct.error:
            refused.append(_out_of_steps(sequences[fields[begin]].name))
    return b"".join(records)


def _check_call(value: Any, name: Any) -> None:
    """Refuse a name that is not there, and a name and a value in each other's place.

    Raises:
        InvalidValueError: with the line as it should be.
    """
    if name is None:
        raise InvalidValueError(f"track needs name= for a single value: track({value!r:.40}, name=...)")
    if isinstance(value, str) and not isinstance(name, str):
        raise InvalidValueError(
            f"the value comes first, then the name: track({name!r:.40}, name={value!r:.40}), "
            f"not track({value!r:.40}, {name!r:.40})"
        )


def _named_dict(name: object) -> InvalidValueError:
    if isinstance(name, int):
        return InvalidValueError(f"the step of a dict of values goes by its name: track({{...}}, step={name!r:.40})")
    return InvalidValueError("the keys of a dict of values are the names: leave out name=")


def _out_of_steps(name: Any) -> InvalidValueError:
    return InvalidValueError(f"the step counter of {name!r:.80} reached its 64-bit limit")


def _is_distinct(context: Mapping[str, Any]) -> bool:
    """Whether an equal context is the same one: tuples could hide a True that equals 1, and no NaN equals itself."""
    return all(type(v) in (str, int, bool, float, type(None)) and v == v for v in context.values())


def _described(error: Exception) -> str:
    """The message for an error; our own errors need no type name."""
    try:
        text = str(error)
    except Exception:
        text = "(its message cannot be shown)"
    return text if isinstance(error, AimError) else f"{type(error).__name__}: {text:.300}"
