#!/usr/bin/env python3
"""Writes the lists of an SS 12000 register for a test server: organisations, persons, groups, duties.

    python3 generate.py            writes them into the folder `register` beside this file
    python3 generate.py FOLDER     writes them there

Each list has more than 40 records, so that it has three pages of 20. Everybody is invented, as in the example of files;
the civic numbers are test numbers that the Swedish tax agency publishes. The same call always writes the same bytes.
What is wrong with the data, and why, stands in `add_trouble`.
"""

import json
import random
import sys
import uuid
from pathlib import Path

PUPIL_NUMBERS = """
    200805162385 200807092382 200811212398 200910052380 200912072394 200912272390 201001152394 201005132384
    201009012392 201101272399 201103222392 201112062383 201202292387 201207142389 201209032398 201305092387
    201307182392 201310122385 201402252389 201405182385 201411052390 201501082380 201504262385 201508102389
    201604082394 201605302395 201607272398 201702092386 201703192391 201703302388 201803122397 201808292393
    201811272382 201901012391 201901032399 201903132387
""".split()

ADULT_NUMBERS = """
    197601292381 197606262389 197706202384 197706272387 197904262396 197910112387 197910122386 197910162382
    198002202391 198006262383 198007122396 198008312384 198010092388 198011282392 198201072389 198208082399
    198210262385 198211162386 198301272384 198302262392 198307302391 198309182387 198402102399 198403302386
    198409302380 198506222382 198804252396 198905192392 198908082384 198910052391
""".split()

GIRLS = "Åsa Alma Märta Saga Wilma Elsa Tuva Freja Signe Ylva Amina Þóra Zofia Renée Ann-Sofie Małgorzata Chloë Linnéa".split()
BOYS = "Åke Hugo Nils Love Sixten Malte Vide Björn Łukasz Søren Óscar Yusuf Karl-Johan Jón Noël Måns Milo José".split()
SURNAMES = [
    "Ek", "Alm", "Lindø", "Ås", "Sjöberg", "Åkerman", "van der Berg", "de la Cruz", "Ó Briain", "O'Hara", "d'Angelo", "Łazar",
    "Ørsted", "Weiß", "Müller-Lind", "Íslandi", "Nûr", "Bergqvist", "af Ugglas", "Çelik", "Mäkelä", "Rosén", "Strand",
]
SCHOOLS = ["Almskolan", "Askskolan", "Björkskolan", "Bokskolan", "Cederskolan", "Ekskolan", "Granskolan", "Hasselskolan",
           "Idegransskolan", "Lindskolan", "Lönnskolan", "Rönnskolan", "Sälgskolan", "Åsskolan"]
NAMESPACE = uuid.UUID("9c0f5c0e-1111-4222-8333-000000009999")
META = {"created": "2026-06-01T08:00:00+02:00", "modified": "2026-08-20T08:00:00+02:00"}
START = "2026-08-17"
PLAIN = str.maketrans({"å": "a", "ä": "a", "ö": "o", "ø": "o", "ł": "l", "ó": "o", "í": "i", "ß": "ss", "þ": "th", "é": "e",
                       "ë": "e", "ü": "u", "û": "u", "ç": "c", " ": "", "'": "", "-": ""})


def identity(kind, name):
    """An id that stays the same from call to call."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def reference(record):
    """A reference to a record."""
    return {"id": record["id"]}


class Register:
    """The four lists while they grow."""

    def __init__(self):
        self.random = random.Random(20260901)
        self.organisations, self.persons, self.groups, self.duties = [], [], [], []

    def organisation(self, name, kind, parent=None, **more):
        record = {"id": identity("organisation", f"{kind} {name}"), "meta": META, "displayName": name, "organisationType": kind,
                  **({"parentOrganisation": reference(parent)} if parent else {}), **more, "startDate": "2012-07-01"}
        self.organisations.append(record)
        return record

    def person(self, number, family=None, school_mail=None, home_mail=False):
        given = self.random.choice(BOYS if int(number[10]) % 2 else GIRLS)
        family = family or self.random.choice(SURNAMES)
        plain = f"{given}.{family}".lower().translate(PLAIN)
        emails = [{"value": f"{plain}.{number[2:4]}@example.se", "type": school_mail}] if school_mail else []
        emails += [{"value": f"{plain}.{number[2:4]}@example.org", "type": "Privat"}] if home_mail else []
        record = {
            "id": identity("person", number), "meta": META, "givenName": given, "familyName": family,
            "civicNo": {"value": number, "nationality": "SE"}, "birthDate": f"{number[:4]}-{number[4:6]}-{number[6:8]}",
            "sex": "Man" if int(number[10]) % 2 else "Kvinna", "securityMarking": "Ingen", "personStatus": "Aktiv",
            "emails": emails,
            "addresses": [{"type": "Folkbokföring", "streetAddress": f"Skolgatan {len(self.persons) + 1}", "postalCode": "999 10",
                           "locality": "Exempelby", "country": "Sverige"}],
        }
        if home_mail:
            record["phoneNumbers"] = [{"value": f"+467017406{self.random.randint(10, 99)}", "type": "Hem", "mobile": True}]
        self.persons.append(record)
        return record

    def group(self, name, kind, school, school_type):
        record = {"id": identity("group", f"{school['displayName']} {name}"), "meta": META, "displayName": name, "groupType": kind,
                  "schoolType": school_type, "organisation": reference(school), "startDate": START, "groupMemberships": []}
        self.groups.append(record)
        return record

    def duty(self, person, school, role, start="2020-08-01", **more):
        name = f"{person['id'] if person else 'vacant'} {school['displayName']} {role} {start}"
        record = {"id": identity("duty", name), "meta": META, **({"person": reference(person)} if person else {}),
                  "dutyAt": reference(school), "dutyRole": role, "dutyPercent": self.random.choice([50, 80, 100]),
                  "startDate": start, **more}
        self.duties.append(record)
        return record


def build(register):
    """Fourteen schools with two units each, and in the first three of them pupils, guardians and staff."""
    owner = register.organisation("Exempelkommunen", "Huvudman", organisationNumber="212000-0000", municipalityCode="9999")
    area = register.organisation("Utbildningsförvaltningen", "Förvaltning", owner)
    units = []
    for n, name in enumerate(SCHOOLS):
        school = register.organisation(name, "Skola", area, email=f"skola{n + 1}@example.se", phoneNumber=f"08-465 004 {n + 10}",
                                       address={"type": "Besöksadress", "streetAddress": f"Skolgatan {n + 1}", "postalCode": "999 10",
                                                "locality": "Exempelby"})
        for k, (suffix, types) in enumerate([("F-6", ["FKLASS", "GR", "FTH"]), ("7-9", ["GR"])]):
            unit = register.organisation(f"{name} {suffix}", "Skolenhet", school, schoolUnitCode=f"9999{n + 1:02d}{k + 1:02d}",
                                         schoolTypes=types, municipalityCode="9999")
            units.append(unit)
            register.group(f"{suffix[0] if suffix[0] != 'F' else 4}A", "Klass", unit, "GR")
        if n < 9:
            register.group("MA 8A", "Undervisning", units[-1], "GR")
            register.group("Mentor 8A", "Mentor", units[-1], "GR")

    home = {unit["id"]: [group for group in register.groups if group["organisation"]["id"] == unit["id"]] for unit in units}
    guardians = [register.person(number, home_mail=True) for number in ADULT_NUMBERS[:12]]
    for n, number in enumerate(PUPIL_NUMBERS):
        adult = guardians[n % len(guardians)]
        unit = units[2 * (n % 3) + (0 if int(number[:4]) >= 2014 else 1)]
        pupil = register.person(number, adult["familyName"], "Skola elev")
        pupil["enrolments"] = [{"enroledAt": reference(unit), "schoolType": "GR", "schoolYear": max(0, min(9, 2020 - int(number[:4]))),
                                "startDate": START}]
        pupil["responsibles"] = [{"person": reference(adult), "relationType": "Vårdnadshavare"}]
        for group in home[unit["id"]]:
            group["groupMemberships"].append({"person": reference(pupil), "startDate": START})

    for n, number in enumerate(ADULT_NUMBERS[12:]):
        member = register.person(number, school_mail="Skola personal")
        for k in range(3):
            unit = units[(2 * n + k) % len(units)]
            role = ["Lärare", "Rektor", "Förstelärare", "Fritidspedagog", "Skolsköterska"][(n + k) % 5]
            duty = register.duty(member, unit, role, signature=(member["givenName"][:2] + member["familyName"][:2]).upper())
            if role == "Lärare":
                duty["assignmentRole"] = [{"group": reference(group), "assignmentRoleType": "Mentor", "startDate": START}
                                          for group in home[unit["id"]] if group["groupType"] in ("Klass", "Mentor")]


def add_trouble(register):
    """What real registers do, once each."""
    pupils = [person for person in register.persons if "enrolments" in person]
    units = [unit for unit in register.organisations if unit["organisationType"] == "Skolenhet"]
    staff = [person for person in register.persons if person["emails"] and person["emails"][0]["type"] == "Skola personal"]
    # Two enrolments: after-school care at the same unit, and a second unit.
    pupils[-1]["enrolments"].append({**pupils[-1]["enrolments"][0], "schoolType": "FTH"})
    pupils[-2]["enrolments"].append({"enroledAt": reference(units[8]), "schoolType": "GR", "schoolYear": 1, "startDate": "2026-08-24"})
    # An enrolment that was cancelled, and one that has ended.
    pupils[0]["enrolments"][0]["cancelled"] = True
    pupils[1]["enrolments"][0].update(startDate="2023-08-16", endDate="2026-06-12")
    # Protected identities: two pupils and a teacher.
    pupils[2]["securityMarking"] = "Sekretessmarkering"
    pupils[5]["securityMarking"] = "Skyddad folkbokföring"
    staff[3]["securityMarking"] = "Sekretessmarkering"
    # A teacher who is a guardian.
    pupils[7]["responsibles"].append({"person": reference(staff[0]), "relationType": "Vårdnadshavare"})
    # A temporary number; no number at all.
    pupils[9]["civicNo"]["value"] = pupils[9]["civicNo"]["value"][:8] + "TF01"
    del pupils[10]["civicNo"]
    # E-mail: none, and one address for two.
    pupils[11]["emails"] = []
    pupils[13]["emails"] = [dict(pupils[12]["emails"][0])]
    # Moved abroad.
    pupils[14]["personStatus"] = "Utvandrad"
    # A membership that has ended, one twice for the same person, one of nobody.
    group = next(group for group in register.groups if len(group["groupMemberships"]) > 3)
    group["groupMemberships"][0].update(startDate="2025-08-18", endDate="2026-06-12")
    group["groupMemberships"].append({**group["groupMemberships"][1], "startDate": "2025-08-18", "endDate": "2026-06-12"})
    group["groupMemberships"].append({"person": {"id": identity("person", "nobody")}, "startDate": START})
    # A duty that nobody holds, and one that has ended.
    register.duty(None, units[0], "Lärare", "2026-10-01")
    register.duty(staff[1], units[20], "Lärare", "2018-08-01", endDate="2023-06-30")
    # A group of a kind that is not sent.
    register.group("Prov NP 9", "Provgrupp", units[1], "GR")


def main():
    register = Register()
    build(register)
    add_trouble(register)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "register"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("organisations", "persons", "groups", "duties"):
        records = getattr(register, name)
        text = json.dumps(records, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        print(name, len(records))


if __name__ == "__main__":
    main()
