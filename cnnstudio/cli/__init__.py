"""The headless face: a command a file. No command imports Qt; ``check``, ``summary`` and ``figure`` import no torch
either.

Exit codes: 0 all is well, 1 the network has problems or something was refused, 2 the command line is wrong, 130 it
was interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from cnnstudio import __version__
from cnnstudio.cli import (
    board,
    check,
    diff,
    export,
    figure,
    forecast,
    grade,
    import_,
    lesson,
    new,
    open_window,
    queue,
    report,
    runs,
    self_check,
    summary,
    sweep,
    train,
)
from cnnstudio.cli.command import CommandError, CommandParser
from cnnstudio.cli.terminal import terminal
from cnnstudio.disk import is_there, told
from cnnstudio.headroom import NoRoomError, not_enough, ran_out

INTERRUPTED = 130
COMMANDS = (
    new, check, summary, diff, figure, forecast, train, queue, sweep, runs, report, export, import_, lesson, grade,
    board, self_check,
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says; the exit code. Without a command it opens the window."""
    arguments = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # there is none in a windowed program, and tests put in their own
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    with terminal():
        return _code(arguments)


def _code(arguments: list[str]) -> int:
    """Do it; the exit code."""
    try:
        code = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SystemExit as exit_:  # of argparse
        return exit_.code if isinstance(exit_.code, int) else 0
    except CommandError as refusal:
        print(f"cnnstudio: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader, such as head, has seen enough; Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # of a path that leads nowhere any command can go; each says so itself where it knows more
        print(f"cnnstudio: {told(error)}", file=sys.stderr)
        return 1
    except Exception as error:
        if not ran_out(error):
            raise
        print(f"cnnstudio: {error if isinstance(error, NoRoomError) else not_enough()}", file=sys.stderr)
        return 1
    return code


def _run(arguments: list[str]) -> int:
    parser = _parser()
    if not arguments:
        return open_window.show(None)
    if arguments[0] == f"--{self_check.NAME}":  # of a program that is double-clicked, nobody knows the commands
        arguments = [self_check.NAME, *arguments[1:]]
    first = arguments[0]
    commands = [command.NAME for command in COMMANDS]
    if first not in commands and not first.startswith("-"):
        if not (first.endswith((".cnn", ".lesson")) or is_there(Path(first))):
            parser.error(f"{first!r} is neither a command ({', '.join(commands)}) nor a .cnn file")
        if len(arguments) > 1:
            parser.error("one file can be opened at a time")
        return open_window.show(Path(first))
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cnnstudio",
        usage="cnnstudio [FILE.cnn]\n       cnnstudio COMMAND ...",
        description="Draw a convolutional network, see every shape, train it, take it away as PyTorch.",
        epilog="Without a command the window opens, with FILE.cnn in it. Where there is no display, that network (or "
        "LeNet-5) is trained and exported to the folder out instead. Exit codes: 0 all is well, 1 the network has "
        "problems or something was refused, 2 the command line is wrong, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"CNN Studio {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, prog="cnnstudio", parser_class=CommandParser)
    for command in COMMANDS:
        command.add(commands)
    return parser
