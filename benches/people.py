"""Invented people: their clean values, and how a register might have written them. See `generate.py`."""

import random

COLUMNS = (
    "key source_id user_name given_name family_name display_name email email_domain match_key phone street postal_code "
    "city country birth_date birth_year age sex type active protected school_code school_name school_form school_year "
    "enrolled_from class_code group_count ou modified"
).split()
PERSON = (
    "id personnummer given_name family_name email phone street postal_code city birth_date sex type secrecy status modified"
).split()
# Each name with the letters a to z that are left of it. They are written as the target has them: title case.
GIVEN = [pair.replace("_", " ").split("=") for pair in """
    Astrid=astrid Åke=ake Örjan=orjan Märta=marta Ebba=ebba Sixten=sixten Noé=noe Linnéa=linnea Zofia=zofia Amir=amir
    Anna-Karin=annakarin Karl_Johan=karljohan Bo=bo Ümit=umit Göran-Åke=goranake Maj=maj Østen=sten Łucja=ucja
    Tuva=tuva Ture=ture Nour=nour Désirée=desiree Jürgen=jurgen Ida_Maria=idamaria Åse-Marie=asemarie Li=li
""".split()]
FAMILY = [pair.replace("_", " ").split("=") for pair in """
    Berg=berg Öberg=oberg Ångman=angman Sjökvist=sjokvist Ek=ek Von_Hjälm=vonhjalm Rosén=rosen Müller=muller Żuk=uk
    Åkerman-Lind=akermanlind De_La_Cruz=delacruz Hägg=hagg Ali=ali Brännström=brannstrom Ljung=ljung Wåhl=wahl
    Saarinen=saarinen Mäkelä=makela Ø=- Çelik=elik Grön=gron Af_Ekensköld=afekenskold Norling=norling Å=a
""".split()]
CITIES = ["Exempelstad", "Ås", "Östra Exempelby", "Sjöviken-Åby", "Väntinge", "Ödeby", "Norr Äng"]
STREETS = ["Exempelgatan", "Åbrinken", "Östra Ringvägen", "Kvarnstigen", "Ängsbacken", "Skolgränd"]
SCHOOLS = ["Sjöängsskolan", "Ekskolan", "Åbrinkens skola", "Östgymnasiet", "Solrosen", "Kvarnskolan"]
FORMS = {
    "GR": "Grundskola", "GY": "Gymnasieskola", "FSK": "Förskoleklass", "AGR": "Anpassad grundskola",
    "AGY": "Anpassad gymnasieskola", "VUX": "Komvux", "XX": "",
}
KINDS = {"E": "student", "P": "staff", "V": "other", "": "other"}
DAYS = [(month, day) for month in range(1, 13) for day in range(1, 29)] + [(1, 31), (2, 29), (7, 31), (12, 31)]
TODAY = (2026, 8, 1)
CLASSES, OTHERS = 12, 24


class Dice(random.Random):
    """Draws that cost little and are the same in every version of Python: only `random()` and `getrandbits()`."""

    def below(self, count):
        return int(self.random() * count)

    def pick(self, choices):
        return choices[int(self.random() * len(choices))]

    def chance(self, share):
        return self.random() < share

    def mix(self, items):
        """Puts a list in a random order."""
        for at in range(len(items) - 1, 0, -1):
            other = self.below(at + 1)
            items[at], items[other] = items[other], items[at]

    def uuid(self):
        text = f"{self.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"


class Schools:
    """The schools, each with its classes and its other groups."""

    def __init__(self, dice, people):
        self.rows, self.groups = [], []
        for n in range(max(4, people // 350)):
            school = (dice.uuid(), f"{99990000 + n}", f"{dice.pick(SCHOOLS)} {n + 1}", dice.pick(list(FORMS)))
            self.rows.append(school)
            for k in range(CLASSES):
                self.groups.append((dice.uuid(), school[0], f"{k // 2 + 1}{'AB'[k % 2]}", "Klass"))
            for k in range(OTHERS):
                kind = "Mentor" if k % 8 == 7 else "Undervisning"
                self.groups.append((dice.uuid(), school[0], f"{'MA SV EN NO SO ID'.split()[k % 6]} {k // 6 + 1}", kind))

    def classes(self, school):
        at = school * (CLASSES + OTHERS)
        return self.groups[at:at + CLASSES]

    def others(self, school):
        at = school * (CLASSES + OTHERS) + CLASSES
        return self.groups[at:at + OTHERS]


class Numbers:
    """Civic numbers that nobody can have: each is drawn once, and its check digit is wrong."""

    def __init__(self):
        self.drawn = {}

    def of(self, day):
        count = self.drawn[day] = self.drawn.get(day, -1) + 1
        nine = f"{day[2:]}{count % 999 + 1:03d}"
        total = 0
        for at, digit in enumerate(nine):
            product = int(digit) * (2 - at % 2)
            total += product // 10 + product % 10
        return f"{day}{nine[6:]}{(-total + 1 + count // 999 % 9) % 10}"


def born(dice, age):
    """A day on which somebody was born who has this age today."""
    month, day = dice.pick(DAYS)
    year = TODAY[0] - age - ((month, day) > TODAY[1:])
    if (month, day) == (2, 29) and year % 4:
        day = 28
    return f"{year}-{month:02d}-{day:02d}"


def in_some_case(dice, text):
    """A name as people type it; its title case, trimmed, is the name again."""
    luck = dice.random()
    if luck < 0.06:
        return text.upper()
    if luck < 0.12:
        return text.lower()
    if luck < 0.16:
        return f"  {text} "
    return text


def phone(dice):
    """(as it is written, as the target has it)"""
    luck = dice.random()
    if luck < 0.12:
        return dice.pick([("", ""), ("okänt", ""), ("-", "")])
    if luck < 0.16:
        tail = f"{dice.below(1000):03d}"
        return dice.pick([f"+44 7700 900{tail}", f"00447700900{tail}", f"+44(7700)900-{tail}"]), f"+447700900{tail}"
    tail = f"{605 + dice.below(95)}"
    short = f"701740{tail}"
    written = dice.pick([
        f"0{short}", f"+46{short}", f"070-174 0{tail[0]} {tail[1:]}", f"(070) 174 0{tail}", f"0046{short}",
        f"+46 70 174 0{tail}", short, f" 070 174 0{tail}", f"0046-{short}",
    ])
    return written, f"+46{short}"


def email(dice, local, kind):
    """(as it is written, as the target has it)"""
    if dice.chance(0.05):
        return "", ""
    clean = f"{local}@{'elev' if kind == 'E' else 'skola'}.exempelkommunen.example"
    luck = dice.random()
    if luck < 0.08:
        return clean.upper(), clean
    if luck < 0.16:
        return clean.capitalize(), clean
    if luck < 0.2:
        return f" {clean}  ", clean
    return clean, clean


def postal_code(dice):
    """(as it is written, as the target has it)"""
    if dice.chance(0.04):
        return dice.pick(["", "9991", "999 123", "saknas"]), ""
    head, tail = f"99{dice.below(10)}", f"{dice.below(100):02d}"
    return dice.pick([f"{head} {tail}", f"{head}{tail}", f"SE-{head}{tail}", f"S-{head} {tail}", f" {head}{tail} "]), f"{head} {tail}"


def street(dice):
    """(as it is written, as the target has it)"""
    if dice.chance(0.02):
        return "", ""
    clean = f"{dice.pick(STREETS)} {1 + dice.below(140)}"
    luck = dice.random()
    if luck < 0.2:
        clean += f", lgh {1001 + 100 * dice.below(6)}"
    elif luck < 0.22:
        clean += ' "Gula villan"'
    return (f"  {clean} " if dice.chance(0.05) else clean), clean


def enrolments(dice, schools, school, kind):
    """The enrolments of a person, the one that counts first; and whether there is one that counts."""
    if not (dice.chance(0.97) if kind == "E" else dice.chance(0.02)):
        return [], False
    made = []

    def add(at, year, start, cancelled):
        row = schools.rows[at]
        made.append({"school": row, "year": year, "form": row[3], "start": start, "cancelled": cancelled})

    year, counts = 1 + dice.below(9), dice.chance(0.98)
    if counts:
        add(school, year, f"2025-{dice.pick(['08', '09', '11'])}-{1 + dice.below(28):02d}", False)
        for back in range(dice.pick([0, 0, 0, 1, 1, 2])):
            add(dice.below(len(schools.rows)), max(1, year - 1 - back), f"{2024 - back}-08-{1 + dice.below(28):02d}", False)
    if not counts or dice.chance(0.03):
        add(dice.below(len(schools.rows)), year, f"2026-0{1 + dice.below(6)}-15", True)
    return made, counts


def memberships(dice, schools, school, kind):
    """(the memberships of a person, the code of the class, how many others count)"""
    made, class_code = [], ""
    if kind == "E" and dice.chance(0.94):
        group = dice.pick(schools.classes(school))
        class_code = group[2]
        made.append((group, "2025-08-18", ""))
    if dice.chance(0.1):
        made.append((dice.pick(schools.classes(dice.below(len(schools.rows)))), "2024-08-19", "2025-06-11"))
    others, count, first = schools.others(school), 0, dice.below(OTHERS)
    for k in range(dice.below(4)):
        end = dice.pick(["2025-12-19", "2026-06-10"]) if dice.chance(0.12) else ""
        count += not end
        made.append((others[(first + 7 * k) % OTHERS], "2025-08-18", end))
    return made, class_code, count


def make(dice, n, schools, numbers):
    """(a person as the register has them, their enrolments and memberships, the row that the target must hold)"""
    kind = "E" if dice.chance(0.85) else "P" if dice.chance(0.9) else dice.pick(["V", ""])
    age = 6 + dice.below(14) if kind == "E" else 19 + dice.below(48)
    birth = born(dice, age)
    key, ident = numbers.of(birth.replace("-", "")), dice.uuid()
    number = dice.pick([key, key, f"{key[:8]}-{key[8:]}", key[2:], f"{key[2:8]}-{key[8:]}", f"{key[2:8]}+{key[8:]}"])
    (given, given_letters), (family, family_letters) = dice.pick(GIVEN), dice.pick(FAMILY)
    family_letters = family_letters.strip("-")
    mail, clean_mail = email(dice, f"{given_letters}.{family_letters}{n}", kind)
    tel, clean_tel = phone(dice)
    road, clean_road = street(dice)
    postal, clean_postal = postal_code(dice)
    city = dice.pick(CITIES) if dice.chance(0.99) else ""
    sex = dice.pick("MMMMMMMMMFFFFFFFFFU")
    secret = dice.chance(0.01)
    active = dice.chance(0.99)
    clock = f"2026-0{1 + dice.below(7)}-{1 + dice.below(28):02d} {dice.below(24):02d}:{dice.below(60):02d}:{dice.below(60):02d}"
    school = dice.below(len(schools.rows))
    places, placed = enrolments(dice, schools, school, kind)
    groups, class_code, count = memberships(dice, schools, school, kind)
    place = places[0] if placed else None
    dice.mix(places)
    dice.mix(groups)

    person = {
        "id": ident, "personnummer": number, "given_name": in_some_case(dice, given), "family_name": in_some_case(dice, family),
        "email": mail, "phone": tel, "street": road, "postal_code": postal, "city": in_some_case(dice, city) if city else "",
        "birth_date": birth.replace("-", ""), "sex": dice.pick({"M": ["1"], "F": ["2"], "U": ["", "9"]}[sex]),
        "type": kind, "secrecy": dice.pick(["Sekretessmarkering", "Skyddad folkbokföring"]) if secret
        else "" if dice.chance(0.05) else "Ingen",
        "status": "Aktiv" if active else dice.pick(["Utvandrad", "Avregistrerad", ""]), "modified": clock,
    }
    school_code, school_name = place["school"][1:3] if place else ("", "")
    units = [unit for unit in (class_code, school_code, "Students") if unit] if kind == "E" else ["Staff" if kind == "P" else "Other"]
    shown = f"{family}, {given} ({class_code})" if class_code else f"{family}, {given}"
    row = [
        key, ident, given_letters[:3] + family_letters[:3] + ident[:6], given, family, "Skyddad identitet" if secret else shown,
        clean_mail, clean_mail.split("@")[-1], clean_mail or key,
        *(("", "", "", "") if secret else (clean_tel, clean_road, clean_postal, city)),
        "SE", birth, birth[:4], str(age), sex, KINDS[kind], "true" if active else "false", "true" if secret else "false",
        school_code, school_name, FORMS[place["form"]] if place else "", str(place["year"]) if place else "",
        place["start"] if place else "", class_code, str(count), ",".join(f"OU={unit}" for unit in units),
        clock.replace(" ", "T") + "Z",
    ]
    return person, places, groups, row
