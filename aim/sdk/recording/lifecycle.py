"""How a process ends, and what that makes of its runs.

=====================================  =============================================================================
exit                                   seen by
=====================================  =============================================================================
return from the script                 atexit
uncaught exception, Ctrl-C             ``sys.excepthook`` (ours calls the one that was there)
``sys.exit(n)``, ``exit(n)``           wrappers that note the code and call the original
exception in a notebook's cell         :mod:`aim.sdk.recording.notebook`
SIGTERM, SIGHUP (the terminal went)    a handler, in the main thread and only where none was set; it closes the runs
                                       and lets the signal end the process as it would have
multiprocessing child                  ``multiprocessing.util.Finalize`` (such children skip atexit)
kill -9, segfault, ``os._exit``        not seen here: readers see that the process is gone
=====================================  =============================================================================
"""

from __future__ import annotations

import atexit
import builtins
import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Final

from aim.errors import AimError
from aim.schema.events import LOSS
from aim.sdk.recording.recorder import Recorder, refused_after_close
from aim.storage.writing.open_run import open_edit_writer
from aim.storage.writing.sync import EXIT_WAIT_S, syncer

if TYPE_CHECKING:
    from aim.sdk.recording.notebook import Cells

__all__ = ["close_all", "close_recorder", "describe_exception", "ending_of", "is_ending", "register", "unregister"]

_MAX_MESSAGE_CHARS: Final = 2_000

_recorders: dict[int, Recorder] = {}
_is_installed = False
_is_process_prepared = False
_ending: tuple[str, int | None, dict[str, str] | None] | None = None
"""(reason, exit code, error) once the process seems to be ending badly."""
_ending_noted_at = 0.0
"""Unix seconds. Points tracked later show that it did not end then: the exit was caught, or the hook called by hand."""
_is_ending = False


def register(recorder: Recorder) -> None:
    """Close `recorder` when the process ends, with the right status."""
    _recorders[id(recorder)] = recorder
    _install()
    _watch_cells()


def unregister(recorder: Recorder) -> None:
    """The recorder was closed."""
    _recorders.pop(id(recorder), None)


def close_recorder(recorder: Recorder, error: BaseException | None = None) -> None:
    """Close a recorder after code that ended with `error`, None for a return."""
    broken_off = _ending_of_cell(recorder)
    reason, exit_code, described = broken_off if broken_off and error is None else ending_of(error)
    recorder.close(reason, exit_code=exit_code, error=described)
    unregister(recorder)


def is_ending() -> bool:
    """Whether the runs of this process were closed because it ends: a thread that still tracks begins no new one."""
    return _is_ending


def describe_exception(error: BaseException) -> dict[str, str]:
    """Type and message of an exception, as the ``closed`` event keeps them."""
    try:
        message = str(error)
    except Exception:
        message = ""
    return {"type": type(error).__qualname__, "message": message[:_MAX_MESSAGE_CHARS]}


def ending_of(error: BaseException | None) -> tuple[str, int | None, dict[str, str] | None]:
    """(reason, exit code, error) for code that ended with `error`, None for a return."""
    if error is None or isinstance(error, GeneratorExit):
        return "finished", None, None
    if isinstance(error, SystemExit):
        return _ending_of_exit(error.code, error.__context__)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", None, describe_exception(error)
    return "failed", None, describe_exception(error)


def _ending_of_exit(code: Any, handled: BaseException | None = None) -> tuple[str, int | None, dict[str, str] | None]:
    """The same for an exit with `code`, asked for while `handled` was being handled."""
    if code is None or code == 0:
        return "finished", 0, None
    if isinstance(handled, KeyboardInterrupt):  # Lightning exits with 1 after Ctrl-C
        return "interrupted", code if isinstance(code, int) else 1, describe_exception(handled)
    if isinstance(code, int):
        return "failed", int(code), None
    return "failed", 1, {"type": "SystemExit", "message": str(code)[:_MAX_MESSAGE_CHARS]}


_cells: Cells | None = None


def _watch_cells() -> None:
    global _cells
    if _cells is None and "IPython" in sys.modules:
        from aim.sdk.recording.notebook import Cells  # only notebooks pay for loading it

        _cells = Cells(_recorders, ending_of)
        _cells.watch()


def _ending_of_cell(recorder: Recorder) -> tuple[str, int | None, dict[str, str] | None] | None:
    return None if _cells is None else _cells.ending(recorder)


def _install() -> None:
    global _is_installed, _is_process_prepared
    if not _is_process_prepared:  # what a forked child does not inherit
        _is_process_prepared = True
        _install_termination_handlers()
        process = sys.modules.get("multiprocessing.process")
        if process is not None and process.parent_process() is not None:
            from multiprocessing.util import Finalize  # a forked child has forgotten its parent's

            Finalize(None, _at_exit, exitpriority=-100)
    if _is_installed:
        return
    _is_installed = True
    atexit.register(_at_exit)
    _wrap_excepthook()
    _wrap_exits()


def _wrap_excepthook() -> None:
    previous = sys.excepthook

    def aim_excepthook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not _is_interactive():
            _note_ending(ending_of(error if error is not None else kind()))
        previous(kind, error, traceback)

    sys.excepthook = aim_excepthook


def _is_interactive() -> bool:
    """In a shell or notebook an exception ends a cell, not the process."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or "ipykernel" in sys.modules


def _note_ending(ending: tuple[str, int | None, dict[str, str] | None]) -> None:
    global _ending, _ending_noted_at
    _ending = ending
    _ending_noted_at = time.time()


def _note_exit(code: Any) -> None:
    if threading.current_thread() is threading.main_thread():  # elsewhere it ends the thread only
        _note_ending(_ending_of_exit(code, sys.exc_info()[1]))


def _wrap_exits() -> None:
    previous_exit = sys.exit

    def exit(status: Any = None, /) -> Any:  # noqa: A001 - it replaces sys.exit
        """Exit the interpreter by raising SystemExit(status)."""
        _note_exit(status)
        previous_exit(status)

    sys.exit = exit
    quitter = type(getattr(builtins, "exit", None))
    if quitter.__name__ == "Quitter":  # what the site module puts there for both exit and quit
        previous_call = quitter.__call__

        def call(self: Any, code: Any = None) -> Any:
            _note_exit(code)
            return previous_call(self, code)

        quitter.__call__ = call  # type: ignore[method-assign]


_TERMINATIONS: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def _install_termination_handlers() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _TERMINATIONS:
        try:
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP, and so it stays
                signal.signal(number, _on_termination)
        except (ValueError, OSError):
            return


def _on_termination(number: int, frame: FrameType | None) -> None:
    global _is_ending
    _is_ending = True
    message = "the process received SIGTERM" if number == signal.SIGTERM else "the terminal was closed"
    close_all("interrupted", error={"type": signal.Signals(number).name, "message": message})
    syncer.wait_for_round(EXIT_WAIT_S)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def close_all(reason: str, *, exit_code: int | None = None, error: dict[str, str] | None = None) -> None:
    """Close every open recorder of this process."""
    for recorder in list(_recorders.values()):
        broken_off = _ending_of_cell(recorder)
        if broken_off is not None and reason == "finished":
            recorder.close(broken_off[0], error=broken_off[2])
        else:
            recorder.close(reason, exit_code=exit_code, error=error)
        unregister(recorder)


def _at_exit() -> None:
    global _is_ending
    _is_ending = True
    reason, exit_code, error = _ending_of_process()
    had_any = bool(_recorders) or bool(syncer.writers())
    close_all(reason, exit_code=exit_code, error=error)
    _record_late_refusals()
    if had_any or _is_installed:
        syncer.wait_for_round(EXIT_WAIT_S)


def _record_late_refusals() -> None:
    """Count on each run the calls that came after it was closed, with one edit a run."""
    late, refused_after_close[:] = list(refused_after_close), []
    for recorder in late:
        writer = recorder.writer
        if writer.is_foreign or not recorder.late_refusals:
            continue
        count, recorder.late_refusals = recorder.late_refusals, 0
        try:
            with open_edit_writer(writer.layout, writer.run_hash) as edit:
                edit.event({"type": LOSS, "rejected": count, "causes": {"closed": count}})
        except (
            AimError,
            OSError,
        ):  # the run was deleted, or the disk refuses: reported when the calls were made
            pass


def _ending_of_process() -> tuple[str, int | None, dict[str, str] | None]:
    in_flight = sys.exc_info()[1]
    if in_flight is not None:  # a multiprocessing child, up to Python 3.12
        return ending_of(in_flight)
    ending = _ending
    if ending is None and not _is_interactive():
        last = getattr(sys, "last_value", None)  # the program replaced our excepthook
        ending = ending_of(last) if isinstance(last, BaseException) else None
    if _ending is not None and _tracked_since(_ending_noted_at):
        ending = None
    exit_code = _exit_code_of_child()
    if exit_code is not None and (ending is None or exit_code == 0):
        return _ending_of_exit(exit_code)
    return ending or ("finished", 0, None)


_EXIT_CODE_VARIABLES: Final = {
    ("multiprocessing.process", "_bootstrap"): "exitcode",  # up to Python 3.12
    ("multiprocessing.popen_fork", "_launch"): "code",
    ("multiprocessing.forkserver", "main"): "code",
}


def _exit_code_of_child() -> int | None:
    """The exit code of a multiprocessing child, None in other processes.

    From Python 3.13 on its exception is gone when we are called, and the exit code is all that is left.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        place = (frame.f_globals.get("__name__"), frame.f_code.co_name)
        if place in _EXIT_CODE_VARIABLES:
            exit_code = frame.f_locals.get(_EXIT_CODE_VARIABLES[place])
            return exit_code if isinstance(exit_code, int) else None
        frame = frame.f_back
    return None


def _tracked_since(unix_s: float) -> bool:
    return any(recorder.is_used_since(unix_s) for recorder in _recorders.values())


def _forget_after_fork() -> None:
    global _is_process_prepared, _ending, _ending_noted_at, _is_ending
    _recorders.clear()
    _is_process_prepared, _ending, _ending_noted_at, _is_ending = False, None, 0.0, False
    try:
        for number in _TERMINATIONS:
            if signal.getsignal(number) is _on_termination:
                signal.signal(number, signal.SIG_DFL)  # until the child opens a run
    finally:
        _release_sigterm()


# With a handler written in Python, a SIGTERM that reaches a child before it has run its first instructions is lost:
# Python clears what is pending there. multiprocessing.Pool.terminate() then waits for that child forever (seen under
# load). So the signal is held back by the kernel until the child has the default action.
_held_sigterm: set[int] = set()
"""Threads, by ident, that hold it back while they fork."""


def _is_sigterm_ours() -> bool:
    return signal.getsignal(signal.SIGTERM) is _on_termination


def _hold_sigterm() -> None:
    if _is_sigterm_ours() and signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,)):
        _held_sigterm.add(threading.get_ident())


def _release_sigterm() -> None:
    if threading.get_ident() in _held_sigterm:
        _held_sigterm.discard(threading.get_ident())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold_sigterm, after_in_parent=_release_sigterm, after_in_child=_forget_after_fork)
