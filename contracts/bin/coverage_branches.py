"""Prints the branches that tests take, by file, and where others are: coverage_branches.py LCOV. Fails below 95%."""

import collections
import pathlib
import sys

LEAST = 0.95


def branches(lcov: str) -> dict[str, dict[tuple[int, str, str], int]]:
    """Of each file, how often each branch was taken, by line, block and number."""
    files: dict = collections.defaultdict(lambda: collections.defaultdict(int))
    file = ""
    for line in lcov.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            file = value
        elif key == "BRDA":
            at, block, number, taken = value.split(",")
            files[file][(int(at), block, number)] += 0 if taken == "-" else int(taken)
    return files


def main() -> None:
    files = branches(pathlib.Path(sys.argv[1]).read_text())
    taken = sum(count != 0 for of in files.values() for count in of.values())
    all_ = sum(map(len, files.values()))
    if all_ == 0:
        sys.exit("coverage: no branches: nothing ran")
    print("| file | branches | taken | missed at line |\n|---|---|---|---|")
    for name, of in sorted(files.items()):
        missed = sorted({at for (at, _, _), count in of.items() if count == 0})
        print(f"| {name} | {len(of)} | {sum(c != 0 for c in of.values())} | {', '.join(map(str, missed))} |")
    print(f"| all | {all_} | {taken} | {taken / all_:.1%} |")
    if taken < LEAST * all_:
        sys.exit(f"coverage: less than {LEAST:.0%} of the branches are taken")


if __name__ == "__main__":
    main()
