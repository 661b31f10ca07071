"""Makes companies.csv from the IEEE's public listing of address blocks: python3 make_companies.py FOLDER > companies.csv

FOLDER has oui.csv, mam.csv and oui36.csv, as the Debian package ieee-data installs them in
/usr/share/ieee-data. One row an organisation: its name, the size class of what it holds (a: 100 blocks
or more, b: 10 or more, c: 2 or more, d: one), the country and the address of its first block, that
block's number, and how many blocks it has. Rows are sorted by that number; where the listing gives one
block to several organisations (080030 is the best known), the first of them keeps its row.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# ISO 3166-1 alpha-2, to tell a country from the states and postal codes around it.
COUNTRIES = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW""".split()
)
NOBODY = ("", "private")
FILES = ("oui.csv", "mam.csv", "oui36.csv")
SIZES = (("a", 100), ("b", 10), ("c", 2), ("d", 1))


@dataclass
class Organisation:
    """What the listing says of one organisation, over all its blocks."""

    name: str
    blocks: list[tuple[str, str]] = field(default_factory=list)

    def row(self) -> list[str]:
        """The organisation's row of companies.csv."""
        oui, address = min(self.blocks, key=lambda block: (len(block[0]), block))
        size = next(letter for letter, least in SIZES if len(self.blocks) >= least)
        return [self.name, size, country(address), address, oui, str(len(self.blocks))]


def country(address: str) -> str:
    """The two letters before the postal code at the address's end, "" if it has none."""
    words = address.split()[-5:]
    places = [place for place, word in enumerate(words) if word in COUNTRIES]
    followed = [place for place in places if any(char.isdigit() for char in " ".join(words[place + 1 : place + 2]))]
    return words[(followed or places)[-1]] if places else ""


def blocks(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Name, number and address of every block in the listing."""
    for name in FILES:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield tidy(row["Organization Name"]), row["Assignment"], tidy(row["Organization Address"])


def tidy(text: str) -> str:
    """The text on one line, with single spaces."""
    return " ".join(text.split())


def organisations(found: Iterable[tuple[str, str, str]]) -> list[Organisation]:
    """The blocks by organisation; names that differ only in case are one."""
    known: dict[str, Organisation] = {}
    for name, number, address in found:
        if name.lower() not in NOBODY:
            known.setdefault(name.lower(), Organisation(name)).blocks.append((number, address))
    return list(known.values())


def main() -> None:
    """Write companies.csv to the standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["name", "type", "country", "address", "oui", "blocks"])
    rows: dict[str, list[str]] = {}
    for found in organisations(blocks(Path(sys.argv[1]))):
        row = found.row()
        rows.setdefault(row[4], row)
    writer.writerows(row for _, row in sorted(rows.items()))


if __name__ == "__main__":
    main()
