#!/usr/bin/env python3
"""Writes the ten files of Skolplatsen for Exempelkommunen, a municipality that does not exist.

    python3 generate.py            writes them into the folder `input` beside this file
    python3 generate.py FOLDER     writes them there

Everybody in them is invented: names are put together from the lists below, e-mail addresses lie in example.se and
example.org, telephone numbers in the ranges that the Swedish regulator keeps free for fiction. The civic numbers are
test numbers that the Swedish tax agency publishes for this purpose (birth numbers 238 and 239); nobody has them.

The same call always writes the same bytes. What is wrong with the data, and why, stands in `add_trouble`.
"""

import random
import sys
from pathlib import Path

PUPIL_NUMBERS = """
    200801202383 200801252396 200801302399 200802052399 200802072389 200802142380 200802162388 200802182386
    200803192384 200804202398 200805042389 200806152393 200807072384 200807222385 200901242396 200901262386
    200901312389 200902012392 200903052389 200903102382 200904242385 200904252384 200905292389 200907232383
    200908032394 200908062383 200910102383 200910132380 201001312394 201002022380 201002192399 201002222394
    201003022389 201003152392 201004032395 201004072383 201004162382 201006072399 201007102393 201010042396
    201010082384 201010142394 201102112396 201104032386 201105052391 201105082380 201106032384 201106032392
    201106102393 201106252396 201107052381 201108072396 201108212380 201108272384 201109112381 201109122380
    201201212386 201202072383 201202092399 201203022387 201203192396 201203262389 201205282385 201206102392
    201206242388 201206252387 201208032381 201208042398 201208182392 201209082385 201302012388 201302032386
    201302052384 201302172398 201305192385 201305262394 201306082395 201306292382 201308172384 201308222395
    201308312394 201309122388 201310232390 201310242399 201401122385 201401312390 201402112385 201403012386
    201403082397 201403282393 201403292384 201404232397 201405082387 201405292390 201406282390 201407022399
    201407182391 201407212388 201501072399 201502122391 201503122390 201503192385 201504012392 201504292390
    201504302389 201505232395 201507032389 201507142394 201507252383 201508012398 201508092390 201508182381
    201601032392 201601282385 201603062389 201603162387 201604042398 201605152386 201605252384 201606132395
    201607092390 201608032387 201608222392 201609212392 201610012393 201610172395 201701272393 201702012384
    201702042399 201702222397 201702232388 201702262393 201703252393 201704082393 201704172384 201706242383
    201707202386 201707212393 201707232391 201707242382 201801012392 201801142389 201802062396 201802212389
    201803012382 201803042397 201803182391 201803192382 201804172391 201805102389 201806272389 201807062391
    201807122393 201808312399 201901122380 201901142388 201902132388 201902222395 201903152385 201903172383
    201903242392 201904162383 201905162382 201906092380 201906252380 201907052383 201908272394 201909032383
    202001082383 202001242383 202002122394 202002192389 202002212385 202002272389 202002282396 202003032394
    202003082381 202003182389 202003262389 202004022394 202004042392 202004132383
""".split()

ADULT_NUMBERS = """
    197702182382 197704052393 197704062384 197704082382 197708202382 197708202390 197708272385 197709012392
    197709182385 197709202381 197710142394 197710282398 197711112388 197711192380 197801222386 197802162383
    197803142392 197806052382 197807222398 197808172394 197808202399 197810032396 197811012397 197811122386
    197811212393 197811292395 197812012396 197812222383 197901082391 197901162383 197901192380 197901312384
    197902022388 197903222391 197904082380 197905042391 197906172387 197908142396 197908262392 197909282399
    197911042385 197911162381 198001042384 198002142399 198004112382 198004302397 198005232387 198005312395
    198007282380 198008232384 198009132393 198009232391 198010302399 198011242396 198012022383 198012062389
    198101162389 198102052399 198102122390 198102252387 198104282390 198105112380 198105282399 198105292398
    198106112389 198107252382 198109202393 198110102384 198110162388 198112292381 198201012385 198201092395
    198201272393 198202042381 198202072388 198204182383 198204202389 198207122386 198207172399 198207232383
    198208032394 198208292394 198212172392 198212292398 198301082395 198302142396 198303022381 198303102399
    198304122396 198305072384 198305192380 198306092381 198306202386 198306222384 198307292394 198310172393
    198311192382 198312122396 198401062396 198401312395 198402212396 198403082384 198403312393 198404062385
    198404072392 198408172388 198408262387 198409062380 198409172395 198410132388 198412152384 198412272398
    198501012382 198501112380 198503012398 198504062392 198504182398 198504192397 198505192388 198506052391
    198507162389 198507222381 198508032391 198508042382 198510312385 198511262399 198601052395 198601222394
    198602212386 198603162390 198604202385 198605132383 198606012394 198606182387 198607212399 198608152388
    198610232384 198611052385 198611092381 198611252399 198701082391 198702072391 198702082382 198702162382
    198704172397 198705052382 198707082395 198707102383 198707172394 198708212389 198710262380 198711042393
    198711152390 198711222391 198803062382 198803102386 198803192395 198804032392 198804072380 198804262395
    198805072397 198806082387 198807162394 198809042396 198810212384 198810272396 198811082398 198811172389
""".split()

# Samordningsnummer: the day of birth is raised by 60.
COORDINATION_NUMBERS = ["201206772384", "201301752380"]

GIRLS = """Åsa Alma Märta Saga Wilma Elsa Ebba Tuva Alva Freja Signe Ylva Astrid Lea Nour Amina Hedvig Svea Linnéa Stella
    Zahra Ingrid Þóra Zofia Renée Maja Nova Juni Selma Ann-Sofie Anna-Karin Bodil Oddny Małgorzata Siân Chloë""".split()
BOYS = """Åke Hugo Nils Elis Love Sixten Malte Olle Vide Ture Otto Alvar Björn Östen Łukasz Søren Óscar Yusuf Ali Karl-Johan
    Lars-Åke Jón Stanisław Þór Noël Måns Viggo Folke Ebbe Ludvig Sigge Tage Milo José Mikołaj André""".split()
SURNAMES = [
    "Ek", "Alm", "Lindø", "Björk", "Ås", "Sjöberg", "Öberg", "Åkerman", "Nyström", "Hägg", "van der Berg", "van den Broek",
    "de la Cruz", "Ó Briain", "O'Hara", "d'Angelo", "Łazar", "Wiśniewska", "Ørsted", "Sørensen", "Weiß", "Müller-Lind",
    "Åström-Ek", "Íslandi", "Nûr", "Haddad", "Bergqvist", "Ekdahl", "Ljung", "Rosén", "Månsson", "Grön", "Strand", "Dahl",
    "af Ugglas", "von Essen", "Çelik", "Żuk", "Saarinen", "Mäkelä",
]
STREETS = ["Björkvägen", "Skolgatan", "Ängsstigen", "Åsgatan", "Örtgränd", "Storgatan", "Lövvägen", "Kvarnbacken"]

START, OPEN = "2026-08-17", "9999-12-31"

UNITS = {
    # id: short name, full name, town, code, run by, first and last birth year, pupils a birth year
    10: ("Björkskolan", "Björkskolan", "Exempelby", "99990010", "Kommunal", (2014, 2020), 6),
    20: ("Sjöäng", "Sjöängsskolan", "Exempelby", "99990020", "Kommunal", (2011, 2013), 8),
    30: ("Ekgymnasiet", "Ekgymnasiet", "Exempelstad", "99990030", "Kommunal", (2008, 2010), 9),
    40: ("Åbrinken", "Åbrinkens skola", "Ås", "99990040", "Kommunal", (2011, 2020), 4),
    50: ("Solrosen", "Solrosens friskola", "Ås", "99990050", "Fristående", (2017, 2020), 3),
}
SCHOOL_UNITS = {
    # id: unit, name, code, first and last birth year
    110: (10, "Björkskolan F-6", "99990010", (2014, 2020)),
    120: (20, "Sjöängsskolan 7-9", "99990020", (2011, 2013)),
    130: (30, "Ekgymnasiet", "99990030", (2008, 2010)),
    140: (40, "Åbrinkens skola F-6", "99990040", (2014, 2020)),
    141: (40, "Åbrinkens skola 7-9", "99990041", (2011, 2013)),
    150: (50, "Solrosens friskola", "99990050", (2017, 2020)),
}
HEADERS = {
    "Enhet": "enhetid enhnamn enhort enhadress enhpostnr telefon enhGeogr enhRektor enhKomdel enhregi forskoleområde enhKpers "
             "enhskolenhetskod namn fromdatum tomdatum sarskola extern",
    "Skolenhet": "skolenhetId skolenhetskod enhetId enhnamn enhort enhadress enhpostnr telefon enhregi enhKpers namn fromdatum "
                 "tomdatum sarskola extern",
    "Elev": "elevid enhetid skolform enhetstart enhetslut klass akelev förnamn efternamn personnr adress coadress postnr ort "
            "hemkommun program inriktning yrkesutgang sarskola vh1pnr vh2pnr",
    "ElevGrupp": "Elevid Gruppid Startdatum Slutdatum Enhetid",
    "ElevSkolenhet": "elev_id skolenhet_id startdatum slutdatum",
    "Folkbokforing": "personnummer fornamn efternamn epost telefon utdelningsadress1 utdelningsadress2 careof postnummer postort "
                     "kommun folkbokforingsdatum invandringsdatum skapaddatum UUID mobil",
    "Grupp": "GruppId Kurskod Gruppnamn Gruppbeskrivning Enhetid Skolform Startdatum Slutdatum Grupptyp Ämne Betygskatalogstatus "
             "Årskurs Särskola Timmar Läsår",
    "Personal": "PersonalId Personnummer Förnamn Efternamn Epost Adress Co_adress Postnummer Ort Telefon_hem Telefon_mobil "
                "Signatur Roll Enhetid Startdatum Slutdatum",
    "PersonalGrupp": "PersonalId GruppId",
    "PersonalSkolenhet": "PersonalId SkolenhetId Startdatum Slutdatum Primar",
}
ASCII = str.maketrans({
    "å": "a", "ä": "a", "ö": "o", "ø": "o", "ł": "l", "ó": "o", "í": "i", "ß": "ss", "þ": "th", "é": "e", "ë": "e", "ü": "u",
    "û": "u", "ç": "c", "ż": "z", "ś": "s", "â": "a", " ": "", "'": "", "-": "",
})


class Municipality:
    """The rows of the ten files while they grow. A row is a dict by column; a column that is not given is empty."""

    def __init__(self):
        self.random = random.Random(20260901)
        self.rows = {name: [] for name in HEADERS}
        self.pupil_numbers = {}
        for number in PUPIL_NUMBERS:
            self.pupil_numbers.setdefault(int(number[:4]), []).append(number)
        self.adult_numbers = list(ADULT_NUMBERS)
        self.random.shuffle(self.adult_numbers)
        self.addresses = set()
        self.groups = {}
        self.counter = 0

    def add(self, file, **values):
        """Appends a row and gives it, so that it can be spoiled later."""
        unknown = set(values) - set(HEADERS[file].split())
        assert not unknown, unknown
        self.rows[file].append(values)
        return values

    def name(self, number):
        """A given name that fits the number (an odd birth number is a man's), and a surname."""
        given = BOYS if int(number[10]) % 2 else GIRLS
        return self.random.choice(given), self.random.choice(SURNAMES)

    def email(self, given, family, domain):
        """An address that nobody has yet."""
        plain = f"{given}.{family}".lower().translate(ASCII)
        address, n = f"{plain}@{domain}", 1
        while address in self.addresses:
            n += 1
            address = f"{plain}{n}@{domain}"
        self.addresses.add(address)
        return address

    def home(self):
        """Where somebody lives: columns of an address."""
        return (f"{self.random.choice(STREETS)} {self.random.randint(1, 60)}", f"999 {self.random.randint(10, 99)}",
                self.random.choice(["EXEMPELBY", "EXEMPELSTAD", "ÅS"]))

    def mobile(self):
        """A number for fiction, in one of the spellings that registers hold."""
        digits = f"070174{self.random.randint(605, 699):04d}"
        return self.random.choice([digits, f"070-{digits[3:6]} {digits[6:8]} {digits[8:]}", f"+46{digits[1:]}"])

    def citizen(self, number, given, family, email, home):
        """A row of the population register. Its UUID is as random as a seeded generator can make it."""
        self.counter += 1
        hexes = f"{self.random.getrandbits(48):012x}"
        return self.add("Folkbokforing", personnummer=number, fornamn=given, efternamn=family, epost=email,
                        utdelningsadress2=home[0], postnummer=home[1].replace(" ", ""), postort=home[2], kommun="Exempelkommunen",
                        skapaddatum="2026-08-30", UUID=f"e0000000-0000-4000-8{self.counter:03x}-{hexes}")


def schools(town):
    """The units, and the school units in them."""
    for unit, (short, name, place, code, run_by, _, _) in UNITS.items():
        town.add("Enhet", enhetid=unit, enhnamn=short, namn=name, enhort=place, enhadress=f"Skolgatan {unit}", enhpostnr="999 10",
                 telefon=f"08-465 004 {unit}", enhregi=run_by, enhskolenhetskod=code, fromdatum="2010-08-01", tomdatum=OPEN,
                 sarskola="Nej", extern=str(run_by != "Kommunal"))
    for school_unit, (unit, name, code, _) in SCHOOL_UNITS.items():
        place, run_by = UNITS[unit][2], UNITS[unit][4]
        town.add("Skolenhet", skolenhetId=school_unit, skolenhetskod=code, enhetId=unit, enhnamn=UNITS[unit][0], namn=name,
                 enhort=place, enhadress=f"Skolgatan {unit}", enhpostnr="999 10", telefon=f"08-465 004 {unit}", enhregi=run_by,
                 fromdatum="2012-07-01", sarskola="Nej", extern=str(run_by != "Kommunal"))


def year_of(born):
    """The school year of a birth year in 2026/27: 0 to 9, and 1 to 3 again at the gymnasium."""
    return 2020 - born if born >= 2011 else 2011 - born


def form_of(born):
    """The form of school of a birth year."""
    return "FKL" if born == 2020 else "GR" if born >= 2011 else "GY"


def groups(town):
    """A class for each birth year of a school, a teaching group for each class, mentors' groups at the gymnasium."""
    number = 1000
    for unit, (_, _, _, _, _, (first, last), _) in UNITS.items():
        for born in range(last, first - 1, -1):
            year, form = year_of(born), form_of(born)
            title = "FA" if form == "FKL" else f"EK{born + 16 - 2000}" if form == "GY" else f"{year}A"
            wanted = [("Klass", title, "", "")]
            if form != "FKL":
                subject = {"GR": ("MA", "Matematik"), "GY": ("ENG5", "Engelska 5")}[form]
                wanted.append(("Undervisningsgrupp", f"{subject[0]} {title}", subject[0], subject[1]))
            if form == "GY":
                wanted.append(("Mentorsgrupp", f"Mentor {title}", "", ""))
            for kind, name, code, about in wanted:
                number += 1
                town.add("Grupp", GruppId=number, Kurskod=code if form == "GY" else "", Gruppnamn=name, Gruppbeskrivning=about,
                         Enhetid=unit, Skolform=form, Startdatum=START, Slutdatum=OPEN, Grupptyp=kind, Ämne=code[:3],
                         Årskurs=year, Särskola="False", Timmar="112,5" if code else "", Läsår="26/27")
                town.groups.setdefault((unit, born), []).append(number)


def household(town, family):
    """One or two guardians with rows of their own: their numbers and their home."""
    home, adults = town.home(), []
    for n in range(town.random.choice([1, 1, 2])):
        if not town.adult_numbers:
            break
        number = town.adult_numbers.pop()
        given, other = town.name(number)
        surname = family if n == 0 else other
        row = town.citizen(number, given, surname, town.email(given, surname, "example.org"), home)
        row["mobil"] = town.mobile()
        adults.append(number)
    return adults, home


def enrol(town, pupil, unit, form, start=START, end=OPEN):
    """Adds an enrolment of a pupil and gives its row."""
    school_class = next(group["Gruppnamn"] for group in town.rows["Grupp"] if group["GruppId"] == town.groups[unit, pupil["born"]][0])
    return town.add("Elev", elevid=pupil["id"], enhetid=unit, skolform=form, enhetstart=start, enhetslut=end,
                    klass="" if form == "FTH" else school_class, akelev="" if form == "FTH" else year_of(pupil["born"]),
                    förnamn=pupil["given"], efternamn=pupil["family"], personnr=pupil["number"], adress=pupil["home"][0],
                    postnr=pupil["home"][1], ort=pupil["home"][2], hemkommun="9999",
                    program="EK" if form == "GY" else "", sarskola="False",
                    vh1pnr=pupil["guardians"][0] if pupil["guardians"] else "",
                    vh2pnr=pupil["guardians"][1] if len(pupil["guardians"]) > 1 else "")


def pupils(town):
    """The pupils school by school; in every second year group they are the younger siblings of the year above."""
    everybody, number = [], 5000
    for unit, (_, _, _, _, _, (first, last), most) in UNITS.items():
        school_units = {key: years for key, (of, _, _, years) in SCHOOL_UNITS.items() if of == unit}
        households = []
        for born in range(first, last + 1):
            if (born - first) % 2 == 0:
                households = []
            for n in range(most):
                number += 1
                civic = town.pupil_numbers[born].pop()
                given, family = town.name(civic)
                if n == len(households):
                    households.append((family, *household(town, family)))
                family, guardians, home = households[n]
                pupil = {"id": number, "born": born, "number": civic, "given": given, "family": family, "home": home,
                         "guardians": guardians, "unit": unit}
                pupil["row"] = enrol(town, pupil, unit, form_of(born))
                pupil["own"] = town.citizen(civic, given, family, town.email(given, family, "example.se"), home)
                pupil["seats"] = []
                for group in town.groups[unit, born]:
                    pupil["seats"].append(town.add("ElevGrupp", Elevid=number, Gruppid=group, Startdatum=START,
                                                   Slutdatum=town.random.choice([OPEN, ""]), Enhetid=unit))
                place = next(key for key, (low, high) in school_units.items() if low <= born <= high)
                town.add("ElevSkolenhet", elev_id=number, skolenhet_id=place, startdatum=START, slutdatum="")
                if form_of(born) in ("FKL", "GR") and born >= 2017 and n % 2 == 0:
                    enrol(town, pupil, unit, "FTH")      # after-school care: a second enrolment at the same unit
                everybody.append(pupil)
    return everybody


def staff(town):
    """Heads, teachers and others, each with a duty; teachers get the groups of their school."""
    members, number = [], 700
    roles = ["Rektor", "Lärare", "Lärare", "Förstelärare", "Lärare", "Specialpedagog", "Fritidspedagog", "Skolsköterska"]
    for unit in UNITS:
        wanted = roles + (["SYV", "Administratör"] if unit == 30 else [])
        for n, role in enumerate(wanted):
            number += 1
            civic = town.adult_numbers.pop()
            given, family = town.name(civic)
            home = town.home()
            row = town.add("Personal", PersonalId=number, Personnummer=civic, Förnamn=given, Efternamn=family,
                           Epost=town.email(given, family, "example.se"), Adress=home[0], Postnummer=home[1], Ort=home[2],
                           Telefon_mobil=town.mobile(), Signatur=(given[:2] + family[:2]).upper().replace(" ", ""), Roll=role,
                           Enhetid=unit, Startdatum=f"20{town.random.randint(10, 25)}-08-01", Slutdatum=OPEN)
            place = next(key for key, (of, *_) in SCHOOL_UNITS.items() if of == unit)
            town.add("PersonalSkolenhet", PersonalId=number, SkolenhetId=place, Startdatum=row["Startdatum"], Slutdatum=OPEN,
                     Primar="True")
            members.append(row)
        teachers = [row for row in members if row["Enhetid"] == unit and row["Roll"] in ("Lärare", "Förstelärare")]
        mine = [group for (of, _), several in town.groups.items() if of == unit for group in several]
        for n, group in enumerate(mine):
            town.add("PersonalGrupp", PersonalId=teachers[n % len(teachers)]["PersonalId"], GruppId=group)
    return members


def add_trouble(town, everybody, members):
    """Everything that real registers do wrong, once or a few times, on people who are easy to find."""
    by_unit = {unit: [pupil for pupil in everybody if pupil["unit"] == unit] for unit in UNITS}

    # Two enrolments at two schools: mother tongue teaching at another unit.
    for pupil in by_unit[10][:2]:
        enrol(town, pupil, 40, "GR")
        town.add("ElevSkolenhet", elev_id=pupil["id"], skolenhet_id=140, startdatum=START, slutdatum="")
        town.add("ElevGrupp", Elevid=pupil["id"], Gruppid=town.groups[40, pupil["born"]][1], Startdatum=START, Slutdatum=OPEN, Enhetid=40)
    # Moved during the summer: an enrolment, a school unit and a membership that have ended.
    for pupil in by_unit[20][:2]:
        enrol(town, pupil, 40, "GR", start="2024-08-19", end="2026-06-12")
        town.add("ElevSkolenhet", elev_id=pupil["id"], skolenhet_id=141, startdatum="2024-08-19", slutdatum="2026-06-12")
        town.add("ElevGrupp", Elevid=pupil["id"], Gruppid=town.groups[40, pupil["born"]][0], Startdatum="2025-08-18",
                 Slutdatum="2026-06-12", Enhetid=40)
    # Left: nothing of the pupil is current any more.
    left = by_unit[30][0]
    left["row"]["enhetslut"] = "2026-09-30"
    for seat in left["seats"]:
        seat["Slutdatum"] = "2026-09-30"
    # Comes later.
    by_unit[40][-1]["row"]["enhetstart"] = "2099-08-16"

    # Teachers whose child is a pupil: the same number in Personal and in Folkbokforing.
    for member, pupil in zip([m for m in members if m["Roll"] == "Lärare"][:5], by_unit[20][4:9]):
        pupil["row"]["vh1pnr"] = member["Personnummer"]
        at_home = town.citizen(member["Personnummer"], member["Förnamn"], member["Efternamn"],
                               town.email(member["Förnamn"], member["Efternamn"], "example.org"), pupil["home"])
        at_home["mobil"] = town.mobile()
    # A duty at two schools, one that has ended, one at a school in a role that nobody has mapped.
    town.add("Personal", **{**members[1], "Enhetid": 40, "Startdatum": "2024-08-01"})
    town.add("Personal", **{**members[2], "Enhetid": 20, "Startdatum": "2019-08-01", "Slutdatum": "2024-06-30"})
    town.add("Personal", **{**members[3], "Roll": "Trivselledare", "Startdatum": "2025-08-01"})

    # Protected identities: a pupil in a class, a pupil with two enrolments, a guardian, a teacher.
    for pupil in (by_unit[10][4], by_unit[10][-1]):
        for row in town.rows["Elev"]:
            if row["elevid"] == pupil["id"]:
                row.update(adress="Skyddad adress", postnr="", ort="")
        pupil["own"].update(utdelningsadress2="Skyddad adress", postnummer="", postort="", epost="")
    guarded = next(row for row in town.rows["Folkbokforing"] if row["personnummer"] == by_unit[40][5]["guardians"][0])
    guarded.update(utdelningsadress2="SEKRETESSMARKERING", postnummer="", postort="", epost="", mobil="")
    members[12].update(Adress="Skyddade personuppgifter", Postnummer="", Ort="")

    # A temporary number, and two samordningsnummer. The population register does not know the first.
    temporary = by_unit[10][10]
    for row in town.rows["Elev"]:
        if row["elevid"] == temporary["id"]:
            row["personnr"] = f"{temporary['number'][:8]}TF01"
    town.rows["Folkbokforing"].remove(temporary["own"])
    for pupil, number in zip(by_unit[20][-2:], COORDINATION_NUMBERS):
        pupil["row"]["personnr"] = pupil["own"]["personnummer"] = number
    # A check digit that was mistyped, in both lists.
    wrong = by_unit[20][10]
    mistyped = wrong["number"][:11] + str((int(wrong["number"][11]) + 5) % 10)
    wrong["row"]["personnr"] = wrong["own"]["personnummer"] = mistyped
    # Numbers with a dash, and with ten digits.
    by_unit[30][2]["row"]["personnr"] = f"{by_unit[30][2]['number'][:8]}-{by_unit[30][2]['number'][8:]}"
    members[5]["Personnummer"] = f"{members[5]['Personnummer'][2:8]}-{members[5]['Personnummer'][8:]}"

    # E-mail: missing, doubled, with blanks and capitals, none at all.
    for pupil in (by_unit[20][12], by_unit[20][13], by_unit[30][5]):
        pupil["own"]["epost"] = ""
    by_unit[30][7]["own"]["epost"] = by_unit[30][6]["own"]["epost"]
    by_unit[30][8]["own"]["epost"] = " " + by_unit[30][8]["own"]["epost"].title() + " "
    by_unit[30][9]["own"]["epost"] = "saknas"
    members[20]["Epost"] = ""
    # A telephone number that is none.
    by_unit[20][14]["own"]["mobil"] = "ring efter 17"

    # References to nobody: a group, a unit, a pupil, a teacher, a guardian.
    town.add("ElevGrupp", Elevid=by_unit[10][0]["id"], Gruppid=9999, Startdatum=START, Slutdatum=OPEN, Enhetid=10)
    town.add("Grupp", GruppId=1999, Gruppnamn="Kör \"Ljus\"", Enhetid=99, Skolform="GR", Startdatum=START, Grupptyp="Kör", Särskola="False")
    town.add("ElevGrupp", Elevid=5999, Gruppid=town.groups[10, 2014][0], Startdatum=START, Slutdatum=OPEN, Enhetid=10)
    town.add("PersonalGrupp", PersonalId=999, GruppId=town.groups[10, 2014][0])
    by_unit[40][8]["row"]["vh2pnr"] = "198701012380"
    # A citizen whom no school needs.
    town.citizen("199101012384", "Bodil", "Strand", "bodil.strand@example.org", town.home())

    # Dates: an end that is a row of noughts, and the same key twice.
    by_unit[40][2]["seats"][0]["Slutdatum"] = "0000-00-00"
    twice = by_unit[40][3]["seats"][0]
    town.add("ElevGrupp", **{**twice, "Slutdatum": "2027-06-11"})


def write(town, folder):
    """Writes the files: semicolons, no quotes, CRLF; one with a byte order mark, as some nights have it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, header in HEADERS.items():
        columns = header.split()
        lines = [";".join(columns)]
        lines += [";".join(str(row.get(column, "")) for column in columns) for row in town.rows[name]]
        mark = "\ufeff" if name == "Folkbokforing" else ""
        (folder / f"Exk_{name}Data.csv").write_bytes((mark + "\r\n".join(lines) + "\r\n").encode("utf-8"))


def main():
    town = Municipality()
    schools(town)
    groups(town)
    everybody = pupils(town)
    members = staff(town)
    add_trouble(town, everybody, members)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "input"
    write(town, folder)
    print(", ".join(f"{name} {len(rows)}" for name, rows in town.rows.items()))


if __name__ == "__main__":
    main()
