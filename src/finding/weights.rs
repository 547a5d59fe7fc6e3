//! Findings that weigh more or less than their codes say, since a project wants it so.

use super::{Code, Finding, Severity, codes, page};

/// Codes that are errors, and codes that are warnings, whatever they are by themselves.
#[derive(Clone, Default, Debug)]
pub struct Weights {
    deny: Vec<&'static Code>,
    warn: Vec<&'static Code>,
    /// All warnings are errors.
    deny_warnings: bool,
}

/// What stands for all warnings.
const WARNINGS: &str = "warnings";

impl Weights {
    /// Reads codes, and the word `warnings` for all of them; says what is wrong with one that nobody knows.
    pub fn of(deny: &[String], warn: &[String]) -> Result<Weights, String> {
        let find = |slug: &String| codes::find(slug).ok_or_else(|| page::unknown(slug));
        let deny_warnings = deny.iter().any(|slug| slug == WARNINGS);
        let deny: Vec<&Code> = deny.iter().filter(|slug| *slug != WARNINGS).map(find).collect::<Result<_, _>>()?;
        let warn: Vec<&Code> = warn.iter().map(find).collect::<Result<_, _>>()?;
        match deny.iter().find(|code| warn.iter().any(|other| other.slug == code.slug)) {
            Some(both) => Err(format!("{} cannot be both denied and warned of", both.slug)),
            None => Ok(Weights { deny, warn, deny_warnings }),
        }
    }

    /// Weighs findings. A code that is named counts before `warnings`.
    pub fn weigh(&self, findings: &mut [Finding]) {
        let holds = |codes: &[&Code], finding: &Finding| codes.iter().any(|code| code.slug == finding.code.slug);
        for finding in findings {
            if holds(&self.warn, finding) {
                finding.severity = Severity::Warning;
            } else if holds(&self.deny, finding) || (self.deny_warnings && finding.severity == Severity::Warning) {
                finding.severity = Severity::Error;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;
    use crate::finding::{Finding, Severity, codes};
    use crate::source::{FileId, Span};

    fn weighed(deny: &[&str], warn: &[&str]) -> Vec<Severity> {
        let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
        let at = Span::start_of(FileId(0));
        let mut found =
            [&codes::document::UNKNOWN_KEY, &codes::yaml::KEY_MISREAD_ELSEWHERE].map(|code| Finding::new(code, at));
        Weights::of(&texts(deny), &texts(warn)).expect("known codes").weigh(&mut found);
        found.iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn a_named_code_counts_before_all_warnings() {
        use Severity::{Error, Warning};
        assert_eq!(weighed(&[], &[]), [Error, Warning]);
        assert_eq!(weighed(&["key-misread-elsewhere"], &["unknown-key"]), [Warning, Error]);
        assert_eq!(weighed(&["warnings"], &["key-misread-elsewhere"]), [Error, Warning]);
        assert_eq!(weighed(&["warnings"], &[]), [Error, Error]);
    }

    #[test]
    fn a_slip_has_a_suggestion_and_no_code_is_both() {
        let text = |text: &str| vec![text.to_string()];
        assert!(Weights::of(&text("unknown-kay"), &[]).unwrap_err().contains("unknown-key"));
        assert!(Weights::of(&text("unknown-key"), &text("unknown-key")).is_err());
    }
}
