//! The words of a direction table in the languages of its readers.

/// The words of one language.
pub struct Words {
    /// Heading of the column of names.
    pub field: &'static str,
    /// Heading of the column of directions.
    pub direction: &'static str,
    /// Heading of the column of numbers of notes.
    pub note: &'static str,
    /// Heading of the column of notes.
    pub notes: &'static str,
    /// `<->`
    pub both: &'static str,
    /// `once`, before a direction.
    pub once: &'static str,
    /// The direction is an option.
    pub adjustable: &'static str,
    /// Before a condition.
    pub only_when: &'static str,
    /// Before operations.
    pub only_on: &'static str,
    /// Before the side that wins a conflict.
    pub prefers: &'static str,
    /// `prefer newest`
    pub newest: &'static str,
    /// `prefer review`
    pub review: &'static str,
    /// Heading of the rows that are not listed.
    pub other: &'static str,
    /// Before the sync that changed a row.
    pub overlay: &'static str,
    /// A row that the customer switched off.
    pub off: &'static str,
    /// What the mark of a field means.
    pub unknown: &'static str,
}

static ENGLISH: Words = Words {
    field: "Field",
    direction: "Direction",
    note: "Note",
    notes: "Notes",
    both: "Both ways",
    once: "Once",
    adjustable: "adjustable",
    only_when: "only if",
    only_on: "only on",
    prefers: "if both changed, what counts is that of",
    newest: "if both changed, the newest counts",
    review: "if both changed, somebody decides",
    other: "Also exchanged: what ties records together",
    overlay: "changed for",
    off: "Off",
    unknown: "no public counterpart of this field is known (evidence: unknown)",
};

static DUTCH: Words = Words {
    field: "Gegevens",
    direction: "Richting",
    note: "Noot",
    notes: "Opmerkingen",
    both: "In 2 richtingen",
    once: "Eenmalig",
    adjustable: "instelbaar",
    only_when: "enkel als",
    only_on: "enkel bij",
    prefers: "als beide wijzigden, telt",
    newest: "als beide wijzigden, telt de nieuwste",
    review: "als beide wijzigden, beslist iemand",
    other: "Ook uitgewisseld: wat gegevens aan elkaar koppelt",
    overlay: "gewijzigd voor",
    off: "Uit",
    unknown: "van dit veld is geen publieke tegenhanger bekend (evidence: unknown)",
};

static SWEDISH: Words = Words {
    field: "Uppgift",
    direction: "Riktning",
    note: "Not",
    notes: "Anmärkningar",
    both: "I båda riktningarna",
    once: "En gång",
    adjustable: "valbart",
    only_when: "bara om",
    only_on: "bara vid",
    prefers: "om båda har ändrats gäller",
    newest: "om båda har ändrats gäller det nyaste",
    review: "om båda har ändrats avgör någon",
    other: "Överförs också: det som håller ihop posterna",
    overlay: "ändrat för",
    off: "Av",
    unknown: "ingen offentlig motsvarighet till fältet är känd (evidence: unknown)",
};

/// The words of a language; English unless it is `nl` or `sv`.
pub fn of(language: Option<&str>) -> &'static Words {
    match language {
        Some("nl") => &DUTCH,
        Some("sv") => &SWEDISH,
        _ => &ENGLISH,
    }
}
