//! Names of people: spelling in plain letters, case, initials, conventions.

mod compose;
mod spell;

use super::arguments::Arguments;
use super::{Absence, Calls, Context, Failure, Function, Outcome, Param, Ty, Value, Written, optional, required};

const TEXT: &[Param] = &[required("text", Ty::Text)];

/// An entry of this family: of a text.
const fn name(name: &'static str, run: for<'a> fn(&Context<'a>, &[Value<'a>]) -> Outcome<'a>) -> Function {
    Function { params: TEXT, ..Function::pure("names", name, run) }
}

/// The functions of names.
pub static FUNCTIONS: &[Function] = &[
    Function {
        doc: "The text in the letters, digits and signs of ASCII: `Ø` becomes `O`, `Ł` `L`, `þ` `th`, `ß` `ss`, `æ` \
              `ae`; other scripts are spelt in Latin letters. No letter is dropped; one without a Latin spelling \
              becomes `_`. The spelling of the Nordic and German letters can be chosen for each.",
        params: &[
            required("text", Ty::Text),
            optional("å", Ty::Word(&["a", "aa"])),
            optional("ä", Ty::Word(&["a", "ae"])),
            optional("ö", Ty::Word(&["o", "oe"])),
            optional("ø", Ty::Word(&["o", "oe"])),
            optional("ü", Ty::Word(&["u", "ue"])),
            optional("æ", Ty::Word(&["ae", "a"])),
        ],
        fails: Some("a spelling is none of those offered"),
        fails_by_settings: true,
        examples: &[
            (r#""Åsa Öberg" | transliterate"#, r#""Asa Oberg""#),
            (r#""Åsa Ørsted" | transliterate(å = "aa", ø = "oe")"#, r#""Aasa Oersted""#),
            (r#""Łukasz Þór Weiß" | transliterate"#, r#""Lukasz Thor Weiss""#),
            ("transliterate(absent)", "absent"),
        ],
        ..name("transliterate", spell::transliterate)
    },
    Function {
        doc: "Lower-case letters a to z only: the text in lower case, `å` and `ä` as `a`, `ö` as `o`, `é` as `e`, \
              `ü` as `u`, and everything else dropped, blanks and digits included. Absent if nothing is left. For \
              names with other letters, `transliterate` them first: `name | transliterate | fold`.",
        may_be_absent: true,
        examples: &[
            (r#""Åsa-Lené 2" | fold"#, r#""asalene""#),
            (r#""Bjørn" | fold"#, r#""bjrn""#),
            (r#""Bjørn" | transliterate | fold"#, r#""bjorn""#),
            (r#""12" | fold"#, "absent"),
        ],
        params: TEXT,
        ..Function::column("names", "fold", spell::fold)
    },
    Function {
        doc: "The text as it may stand in an account name of Active Directory and in the part of an address before \
              `@`: spelt in ASCII, then letters, digits and `. - _` only, without points at the ends or in a row. \
              Case stays: use `lower` behind it. Lengths (20 for sAMAccountName, 64 before `@`) are limits of the \
              fields.",
        params: &[
            required("text", Ty::Text),
            optional("å", Ty::Word(&["a", "aa"])),
            optional("ø", Ty::Word(&["o", "oe"])),
        ],
        may_be_absent: true,
        fails: Some("a spelling is none of those offered"),
        fails_by_settings: true,
        examples: &[
            (r#""Siobhán.O'Neill van der Berg" | ad_safe"#, r#""Siobhan.ONeillvanderBerg""#),
            (r#""Åsa..Ek." | ad_safe(å = "aa") | lower"#, r#""aasa.ek""#),
            (r#""'" | ad_safe"#, "absent"),
        ],
        ..name("ad_safe", spell::ad_safe)
    },
    Function {
        doc: "A name in the usual case, where a system gives it in capitals or in lower case: `Van der Berg` is \
              mended only where a word is wholly in one case, so `McDonald` and `DeVries` stay. Particles (van, der, \
              de, von, af …) are written in lower case unless they come last; name others with `particles`, or none \
              with `[]`.",
        params: &[required("text", Ty::Text), optional("particles", Ty::ListOfText)],
        examples: &[
            (r#""ANNA-LENA VAN DER BERG" | name_case"#, r#""Anna-Lena van der Berg""#),
            (r#""mcdonald o'neill" | name_case"#, r#""McDonald O'Neill""#),
            (r#""VAN DEN BROECK" | name_case(particles = [])"#, r#""Van Den Broeck""#),
            (r#""'T HOOFT" | name_case"#, r#""'t Hooft""#),
            (r#""LE" | name_case"#, r#""Le""#),
            ("name_case(absent)", "absent"),
        ],
        ..name("name_case", compose::name_case)
    },
    Function {
        doc: "The first letter of each word, in upper case; parts of a hyphenated name count. `after = \".\"` puts a \
              point behind each. Absent if there is no letter.",
        params: &[required("text", Ty::Text), optional("after", Ty::Text)],
        may_be_absent: true,
        examples: &[
            (r#""Jean-Pierre åke" | initials"#, r#""JPÅ""#),
            (r#""Anna Maria" | initials(after = ".")"#, r#""A.M.""#),
            (r#""-" | initials"#, "absent"),
        ],
        ..name("initials", compose::initials)
    },
    Function {
        doc: "The surname by the convention that a person chose between own name and partner's: `B` own, `P` \
              partner's, `BP` own and partner's, `PB` partner's and own. Without a convention, or without a \
              partner's name, it is the own name. Prefixes (van der) go with their name. Absent if no name is left.",
        params: &[
            required("convention", Ty::Text),
            required("own", Ty::Text),
            optional("own_prefix", Ty::Text),
            optional("partner", Ty::Text),
            optional("partner_prefix", Ty::Text),
            optional("separator", Ty::Text),
        ],
        absence: Absence::Sees,
        may_be_absent: true,
        fails: Some("the convention is none of B, P, BP, PB"),
        examples: &[
            (r#"surname_by_convention("BP", "Boele", "van den", "Vries", "de")"#, r#""van den Boele-de Vries""#),
            (r#"surname_by_convention("P", "Jansen")"#, r#""Jansen""#),
            (r#"surname_by_convention("PB", "Ek", partner = "Li", separator = " - ")"#, r#""Li - Ek""#),
            (r#"surname_by_convention("X", "Ek")"#, "fails"),
            (r#"surname_by_convention("B", absent)"#, "absent"),
        ],
        ..name("surname_by_convention", compose::surname_by_convention)
    },
    Function {
        doc: "The name that a person goes by, of all given names, by the two digits of the Swedish population \
              register (tilltalsnamnsmarkering): `20` is the second name, `23` the second and third; the parts of a \
              hyphenated name count as two (SPAR, term Tilltalsnamn). Without digits it is the first name.",
        params: &[required("names", Ty::Text), optional("marking", Ty::Any)],
        may_be_absent: true,
        fails: Some("the marking names no given name"),
        examples: &[
            (r#""Hedvig Britt-Marie Siv" | called_name("23")"#, r#""Britt-Marie""#),
            (r#""Hedvig Britt-Marie Siv" | called_name(40)"#, r#""Siv""#),
            (r#""Britt-Marie Siv" | called_name(absent)"#, r#""Britt-Marie""#),
            (r#""Hedvig" | called_name("20")"#, "fails"),
        ],
        ..name("called_name", compose::called_name)
    },
    Function {
        doc: "The name as lists sort it: surname, comma, given name, and a prefix of the surname behind the given \
              name. What is absent is left out, its comma too.",
        params: &[required("family_name", Ty::Text), optional("given_name", Ty::Text), optional("prefix", Ty::Text)],
        examples: &[
            (r#"sort_name("Berg", "Anna", "van der")"#, r#""Berg, Anna van der""#),
            (r#"sort_name("Berg")"#, r#""Berg""#),
            (r#"sort_name(absent, "Anna")"#, "absent"),
        ],
        ..name("sort_name", compose::sort_name)
    },
];

#[cfg(test)]
mod tests {
    use crate::function::calling::of_texts;
    use crate::value::Arena;
    use proptest::prelude::*;

    #[test]
    fn letters_of_the_north_and_beyond() {
        for (text, expected) in [
            ("Ødegård", "Odegard"),
            ("Łódź", "Lodz"),
            ("Þórður Ægir", "Thordur Aegir"),
            ("Weiß", "Weiss"),
            ("Đặng", "Dang"),
            ("Zoe\u{308}", "Zoe"),
            ("ÞÓR", "THOR"),
            ("Ðorđe", "Dorde"),
            ("Иван", "Ivan"),
            ("anna", "anna"),
        ] {
            assert_eq!(of_texts("transliterate", &[text]), expected);
        }
        assert_eq!(of_texts("transliterate", &["ÅSA ÅÅ Å", "aa"]), "AASA AAAA Aa");
        assert_eq!(of_texts("transliterate", &["Åsa", "ao"]), "fails: is none of a, aa");
        assert_eq!(of_texts("transliterate", &["A\u{30a}sa", "aa"]), "Aasa", "a letter in two code points");
    }

    #[test]
    fn fold_is_what_the_benchmark_defines() {
        assert_eq!(of_texts("fold", &["Åsa-ÄÖ É ü1ß"]), "asaaoeu");
        assert_eq!(of_texts("fold", &["berg"]), "berg");
        assert_eq!(of_texts("fold", &["-"]), "absent");
    }

    #[test]
    fn account_names() {
        assert_eq!(of_texts("ad_safe", &["Jean-Pierre.de la Tour-du-Pin"]), "Jean-Pierre.delaTour-du-Pin");
        assert_eq!(of_texts("ad_safe", &[".Zoë..Müller."]), "Zoe.Muller");
        assert_eq!(of_texts("ad_safe", &["anna.berg"]), "anna.berg");
    }

    #[test]
    fn case_of_names() {
        for (text, expected) in [
            ("åsa öberg", "Åsa Öberg"),
            ("JAN D'ANGELO", "Jan D'Angelo"),
            ("DeVries McDonald", "DeVries McDonald"),
            ("IJSBRAND", "IJsbrand"),
            ("Van der Berg", "Van der Berg"),
            ("VON ESSEN", "von Essen"),
            ("DE", "De"),
            ("ANNA  BERG", "Anna  Berg"),
            ("J.P. BERG", "J.P. Berg"),
        ] {
            assert_eq!(of_texts("name_case", &[text]), expected);
        }
    }

    #[test]
    fn marked_names() {
        for (names, marking, expected) in [
            ("Eva Mia", "20", "Mia"),
            ("Kjell Olof Stig", "12", "Kjell Olof"),
            ("Hedvig Britt-Marie", "23", "Britt-Marie"),
            ("Eva Ulla-Karin Isa", "40", "Isa"),
            ("Eva Ulla Karin", "13", "Eva Karin"),
            ("Eva Mia", "10", "Eva"),
        ] {
            assert_eq!(of_texts("called_name", &[names, marking]), expected, "{names} {marking}");
        }
        assert_eq!(of_texts("called_name", &["Eva", "x"]), "fails: has a marking that names no given name");
    }

    proptest! {
        #[test]
        fn spelling_is_ascii_and_never_empty(text in "\\p{L}{1,12}") {
            let arena = Arena::new();
            let spelt = super::spell::spelt(&text, &super::spell::Spelling::default(), &arena);
            prop_assert!(spelt.is_ascii());
            prop_assert!(!spelt.is_empty());
        }

        #[test]
        fn account_names_hold_safe_characters_only(text in "\\PC{0,20}") {
            let safe = of_texts("ad_safe", &[&text]);
            prop_assert!(safe == "absent" || safe.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)));
            prop_assert!(!safe.starts_with('.') && !safe.ends_with('.') && !safe.contains(".."));
        }

        #[test]
        fn name_case_keeps_every_letter(text in "[a-zA-ZåäöÅÄÖ' -]{0,20}") {
            prop_assume!(text != "-");
            let cased = of_texts("name_case", &[&text]);
            prop_assert_eq!(cased.to_lowercase(), text.to_lowercase());
        }
    }
}
