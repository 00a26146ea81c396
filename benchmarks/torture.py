"""Attack the program by chance, and print what it promised, how often that was tried, and what came of it.

``python benchmarks/torture.py`` does all of it, in an hour or two; ``--share 0.1`` a tenth; names do some of them.
Each attack has an interpreter of its own. The exit code is 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import sys
import time
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from attacks import actions, clipboards, mutants, short_of, sudden_end, weights_files
from attacks.outcome import MOST_SHOWN, Attack, Outcome


def _kills_in_training(count: int, chance: random.Random) -> Outcome:
    import tempfile
    from pathlib import Path

    import kills
    import torch

    torch.set_num_threads(1)
    outcome = Outcome()
    for number, name in enumerate(kills.CASES):
        with tempfile.TemporaryDirectory() as folder:
            share = math.ceil((count - number) / len(kills.CASES))
            found = kills.run(name, share, chance, Path(folder)) if share > 0 else kills.Outcome()
        outcome.tried += found.kills
        outcome.told["gone on with"] += found.kills - found.anew
        outcome.told["begun anew"] += found.anew
        if found.bits:
            outcome.faults.append(f"{name}: {found.bits:,} of {found.compared:,} bits differ")
    return outcome


ATTACKS = (
    Attack("saving", "a file is whole whenever the program dies", 200, sudden_end.attack_saving),
    Attack("drawing", "what was drawn is found after the program died", 100, sudden_end.attack_drawing),
    Attack("training", "a killed run ends as if it had not been", 100, _kills_in_training),
    Attack("disk", "on a full disk nothing untrue is said or kept", 64, short_of.attack_disk),
    Attack("mutants", "any file is opened or refused in a sentence", 40_000, mutants.attack),
    Attack("clipboards", "any clipboard is pasted and undone, or refused", 1_500, clipboards.attack),
    Attack("weights", "any weights are opened or refused at each door", 150, weights_files.attack),
    Attack("actions", "no order of actions brings up an error", 13_000, actions.attack),
    Attack("memory", "what does not fit is said in a sentence", 60, short_of.attack_memory),
)


def _carry_out(name: str, count: int, seed: int, answer: Any) -> None:
    attack = next(each for each in ATTACKS if each.name == name)
    import tempfile

    with tempfile.TemporaryDirectory() as home:  # nothing of the person's own is touched
        os.environ |= {"CNNSTUDIO_HOME": home, "XDG_CONFIG_HOME": home}
        answer.send(attack.make(count, random.Random(seed)))


def carried_out(attack: Attack, count: int, seed: int) -> Outcome:
    """What an attack found, in an interpreter of its own; that it ended early is a fault too."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_carry_out, args=(attack.name, count, seed, theirs))
    process.start()
    theirs.close()
    try:
        found: Outcome = ours.recv()
    except EOFError:
        process.join()
        found = Outcome(0, faults=[f"the program ended with {process.exitcode}"])
    process.join()
    return found


def main(given: list[str] | None = None) -> int:
    """Print the table, then what was broken; 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(attack.name for attack in ATTACKS))
    parser.add_argument("--share", type=float, default=1.0, help="how much of each attack, 1 for all")
    parser.add_argument("--seed", type=int, default=0, help="another one tries others")
    arguments = parser.parse_args(given)
    if unknown := set(arguments.names) - {attack.name for attack in ATTACKS}:
        parser.error(f"There is no attack called {', '.join(sorted(unknown))}.")
    print(f"{'attack':11} {'promise':52} {'tried':>7} {'broken':>7} {'seconds':>8}   what came of it")
    broken = 0
    for attack in ATTACKS:
        if arguments.names and attack.name not in arguments.names:
            continue
        started = time.perf_counter()
        found = carried_out(attack, math.ceil(attack.number * arguments.share), arguments.seed)
        told = ", ".join(f"{count:,} {word}" for word, count in found.told.most_common(6) if word != "FAULT")
        seconds = time.perf_counter() - started
        print(f"{attack.name:11} {attack.promise:52} {found.tried:7,} {len(found.faults):7,} {seconds:8.0f}   {told}")
        for sentence in found.faults[:MOST_SHOWN]:
            print(f"            {sentence}")
        sys.stdout.flush()
        broken += len(found.faults)
    print(f"{broken:,} broken.")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
