#!/usr/bin/env python3
"""Writes the register of a municipality that does not exist, and beside it what must become of it.

    benches/generate.py 10000 DIR                 10,000 people
    benches/generate.py 10000 DIR --seed 7        other people
    benches/generate.py 10000 DIR --changed 60    a state in which 60 % of the people differ
    benches/generate.py 10000 DIR --formats ndjson,json,xml

Everybody is invented. First a person's clean values are drawn: what the target must hold. Then they are written as a
register might have them: with spaces, in capitals, phones in many forms, civic numbers of 10 digits, values missing. So
`expected/A.csv` and `expected/B.csv` hold what was known before the mess, and are no second implementation of the mapping.

Nobody can have these civic numbers: their check digits are wrong on purpose. The phone numbers are of the ranges that the
regulators in Sweden and the United Kingdom keep free for fiction, the postal codes (99x xx) are not in use, and the
e-mail addresses end in `.example`.

The same size, seed and share give the same bytes. Each person is made once and forgotten; the files in another order than
the people are shuffled through the disk, so memory does not grow much with the number of people.
"""

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
from people import COLUMNS, PERSON, Dice, Numbers, Schools, make  # noqa: E402

TABLES = {
    "enrolments": "id person_id school_id school_year school_type start_date cancelled".split(),
    "memberships": "group_id person_id start_date end_date".split(),
    "state": COLUMNS,
}


def document(person, places, groups):
    """The same person as one nested document."""
    birth, sex = person["birth_date"], {"1": "Man", "2": "Kvinna"}.get(person["sex"])
    made = {
        "id": person["id"], "meta": {"modified": person["modified"].replace(" ", "T") + "Z"},
        "civicNo": {"value": person["personnummer"]}, "givenName": person["given_name"], "familyName": person["family_name"],
        "birthDate": f"{birth[:4]}-{birth[4:6]}-{birth[6:]}", "personType": person["type"], "personStatus": person["status"],
        "securityMarking": person["secrecy"],
        "emails": [{"value": f"hemma.{person['id'][:6]}@post.example", "type": "Privat"}],
        "phoneNumbers": [{"value": "08-465 004 00", "type": "Arbete"}],
        "addresses": [
            {"type": "Särskild", "streetAddress": "Box 0", "postalCode": "990 00", "locality": "Ingenstans"},
            {"type": "Folkbokföring", "streetAddress": person["street"], "postalCode": person["postal_code"],
             "locality": person["city"]},
        ],
        "enrolments": [
            {"enroledAt": {"id": place["school"][0]}, "schoolYear": place["year"], "schoolType": place["form"],
             "startDate": place["start"], "cancelled": place["cancelled"]} for place in places
        ],
        "_embedded": {"groupMemberships": [
            {"group": {"id": group[0], "displayName": group[2], "groupType": group[3]}, "startDate": start,
             **({"endDate": end} if end else {})} for group, start, end in groups
        ]},
    }
    if person["email"]:
        made["emails"].append({"value": person["email"], "type": "Skola"})
    if person["phone"]:
        made["phoneNumbers"].append({"value": person["phone"], "type": "Mobil"})
    if sex:
        made["sex"] = sex
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def element(person):
    """The same person, without enrolments and groups, as an element in the manner of IMS Enterprise."""
    p = {name: escape(value) for name, value in person.items()}
    return (
        f'<person><sourcedid><source>Exempelkommunen</source><id>{p["id"]}</id></sourcedid>'
        f'<userid useridtype="PID">{p["personnummer"]}</userid>'
        f'<name><fn>{p["given_name"]} {p["family_name"]}</fn><n><family>{p["family_name"]}</family>'
        f'<given>{p["given_name"]}</given></n></name>'
        f'<demographics><gender>{p["sex"]}</gender><bday>{p["birth_date"]}</bday></demographics>'
        f'<email>{p["email"]}</email><tel teltype="3">{p["phone"]}</tel><adr><street>{p["street"]}</street>'
        f'<locality>{p["city"]}</locality><pcode>{p["postal_code"]}</pcode></adr>'
        f'<institutionrole institutionroletype="{p["type"]}"/><extension><secrecy>{p["secrecy"]}</secrecy>'
        f'<status>{p["status"]}</status><modified>{p["modified"]}</modified></extension></person>\n'
    )


def different(dice, column, value):
    """Another value for a column of the state than the one that is there."""
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if value and dice.chance(0.3):
        return ""
    return f"{value[:20]} förr".strip() if not value[:1].isdigit() else f"{value[:4]}0"


def remembered(dice, row, share):
    """(what the target held about a person or None, what must happen to it)"""
    luck = dice.random()
    if luck < 0.005:
        return None, ("create", row[0], "")
    if luck < 0.01 and row[6]:
        return ["", *row[1:]], ("update", row[0], "key")
    if luck >= 1 - share:
        old = list(row)
        places = sorted({1 + dice.below(len(COLUMNS) - 1) for _ in range(1 + dice.below(4))})
        for at in places:
            old[at] = different(dice, COLUMNS[at], row[at])
        return old, ("update", row[0], ";".join(COLUMNS[at] for at in places))
    return row, None


def left(dice, row):
    """(what the target holds about somebody who left, what must happen to it or None)"""
    active = dice.chance(0.85)
    old = list(row)
    old[COLUMNS.index("active")] = "true" if active else "false"
    if row[6] and dice.chance(0.1):
        old[0] = ""
    return old, ("deactivate", old[0] or old[6], "") if active else None


class Scattered:
    """A table whose rows are written in a random order: into many small files, each of which is shuffled at the end."""

    def __init__(self, dice, folder, name, header, rows):
        self.dice, self.path, self.header = dice, folder / f"{name}.csv", header
        self.files = [tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=folder) for _ in range(min(200, 1 + rows // 20000))]
        self.writers = [csv.writer(file, lineterminator="\n") for file in self.files]

    def write(self, row):
        self.dice.pick(self.writers).writerow(row)

    def close(self):
        with open(self.path, "w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerow(self.header)
            for file in self.files:
                file.seek(0)
                lines = file.read().split("\n")[:-1]
                file.close()
                self.dice.mix(lines)
                out.writelines(f"{line}\n" for line in lines)


def table(path, header):
    """A CSV file with a header; gives the file and what writes a row."""
    file = open(path, "w", encoding="utf-8", newline="", buffering=1 << 20)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    return file, writer.writerow


def generate(size, folder, seed=1, changed=2.0, formats=("ndjson", "json", "xml")):
    """Writes all files of `size` people into a folder, and what is expected into its folder `expected`."""
    folder = Path(folder)
    (folder / "expected").mkdir(parents=True, exist_ok=True)
    dice, numbers = Dice(f"{seed} {size} {changed}"), Numbers()
    schools = Schools(dice, size)
    for name, header, rows in (("schools", "id code name school_type", schools.rows), ("groups", "id school_id code type", schools.groups)):
        file, write = table(folder / f"{name}.csv", header.split())
        for row in rows:
            write(row)
        file.close()

    people_file, write_person = table(folder / "persons.csv", PERSON)
    mapped_file, write_mapped = table(folder / "expected" / "A.csv", COLUMNS)
    change_file, write_change = table(folder / "expected" / "B.csv", ["op", "key", "changed"])
    scattered = {name: Scattered(dice, folder, name, header, size) for name, header in TABLES.items()}
    nested = {name: open(folder / f"persons.{name}", "w", encoding="utf-8", buffering=1 << 20) for name in formats}
    opening = {"json": '{"data":[\n', "xml": '<?xml version="1.0" encoding="UTF-8"?>\n<enterprise>\n'}
    for name, file in nested.items():
        file.write(opening.get(name, ""))

    places_written = 0
    for n in range(size + size // 200):
        person, places, groups, row = make(dice, n, schools, numbers)
        if n >= size:
            old, change = left(dice, row)
        else:
            old, change = remembered(dice, row, changed / 100)
            write_person([person[name] for name in PERSON])
            write_mapped(row)
            for place in places:
                places_written += 1
                scattered["enrolments"].write([
                    f"p{places_written}", person["id"], place["school"][0], place["year"], place["form"], place["start"],
                    "true" if place["cancelled"] else "false"])
            for group, start, end in groups:
                scattered["memberships"].write([group[0], person["id"], start, end])
            text = document(person, places, groups) if "ndjson" in nested or "json" in nested else ""
            if "ndjson" in nested:
                nested["ndjson"].write(f"{text}\n")
            if "json" in nested:
                nested["json"].write((",\n" if n else "") + text)
            if "xml" in nested:
                nested["xml"].write(element(person))
        if old:
            scattered["state"].write(old)
        if change:
            write_change(change)

    closing = {"json": "\n]}\n", "xml": "</enterprise>\n"}
    for name, file in nested.items():
        file.write(closing.get(name, ""))
    for file in (people_file, mapped_file, change_file, *nested.values(), *scattered.values()):
        file.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int, metavar="N", help="how many people")
    parser.add_argument("folder", metavar="DIR", help="where the files are written")
    parser.add_argument("--seed", type=int, default=1, help="other people (default: 1)")
    parser.add_argument("--changed", type=float, default=2.0, metavar="P",
                        help="per cent of the people who differ in the state (default: 2)")
    parser.add_argument("--formats", default="ndjson,json,xml", help="the nested files beside CSV (default: all three)")
    given = parser.parse_args()
    formats = [name for name in given.formats.split(",") if name]
    wrong = [name for name in formats if name not in ("ndjson", "json", "xml")]
    if given.size < 1 or not 0 <= given.changed <= 99 or wrong:
        parser.error(f"there is no format `{wrong[0]}`" if wrong else "N is at least 1, and P from 0 to 99")
    generate(given.size, given.folder, given.seed, given.changed, formats)


if __name__ == "__main__":
    sys.exit(main())
