//! What was expected beside what came, line by line.

use serde::Serialize;

/// A line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// On which side it stands.
    pub sign: Sign,
    /// The line.
    pub text: String,
}

/// On which side a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// On both.
    Both,
    /// It was expected, and did not come.
    Expected,
    /// It came, and was not expected.
    Came,
}

impl Line {
    /// As it is printed: `- ` before what was expected, `+ ` before what came.
    pub fn shown(&self) -> String {
        let sign = match self.sign {
            Sign::Both => ' ',
            Sign::Expected => '-',
            Sign::Came => '+',
        };
        format!("{sign} {}", self.text).trim_end().to_owned()
    }
}

/// What stands for any messages, or for the rest of one.
const ANY: char = '…';

/// Whether what was said is as expected: `…` alone is any messages or none, a text that ends in `…` is the
/// beginning of one.
pub(crate) fn is_as(expected: &[String], came: &[String]) -> bool {
    // Place by place: which beginnings of what came fit the expectations so far.
    let mut fits = vec![false; came.len() + 1];
    fits[0] = true;
    for one in expected {
        let mut next = vec![false; came.len() + 1];
        for at in 0..=came.len() {
            next[at] = match is_any(one) {
                true => fits[at] || (at > 0 && next[at - 1]),
                false => at > 0 && fits[at - 1] && is_one(one, &came[at - 1]),
            };
        }
        fits = next;
    }
    fits[came.len()]
}

fn is_any(expected: &str) -> bool {
    expected.trim().chars().eq([ANY])
}

fn is_one(expected: &str, came: &str) -> bool {
    let (expected, came) = (expected.trim_end(), came.trim_end());
    expected == came || expected.strip_suffix(ANY).is_some_and(|begins| came.starts_with(begins.trim_end()))
}

/// The comparison of two lists of messages: first message by message, then what differs line by line.
pub(crate) fn compare(expected: &[String], came: &[String]) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for step in walk(expected, came, |a, b| is_any(a) || is_one(a, b)) {
        match step {
            Walked::Both(_, came) => {
                settle(&mut gone, &mut new, &mut lines);
                lines.extend(came.lines().map(|text| line(Sign::Both, text)));
            }
            Walked::First(text) if is_any(text) => {}
            Walked::First(text) => gone.extend(text.lines().map(str::to_owned)),
            Walked::Second(text) => new.extend(text.lines().map(str::to_owned)),
        }
    }
    settle(&mut gone, &mut new, &mut lines);
    lines
}

fn line(sign: Sign, text: &str) -> Line {
    Line { sign, text: text.to_owned() }
}

/// Writes down what differs, line by line.
fn settle(gone: &mut Vec<String>, new: &mut Vec<String>, lines: &mut Vec<Line>) {
    for step in walk(gone, new, |a, b| a == b) {
        lines.push(match step {
            Walked::Both(text, _) => line(Sign::Both, text),
            Walked::First(text) => line(Sign::Expected, text),
            Walked::Second(text) => line(Sign::Came, text),
        });
    }
    gone.clear();
    new.clear();
}

enum Walked<'a> {
    Both(&'a str, &'a str),
    First(&'a str),
    Second(&'a str),
}

/// The longest common part of two lists, and what stands between.
fn walk<'a>(a: &'a [String], b: &'a [String], same: impl Fn(&str, &str) -> bool) -> Vec<Walked<'a>> {
    // How much the ends have in common that begin at two places.
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if same(&a[i], &b[j]) {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut steps) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && same(&a[i], &b[j]) {
            steps.push(Walked::Both(&a[i], &b[j]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            steps.push(Walked::First(&a[i]));
            i += 1;
        } else {
            steps.push(Walked::Second(&b[j]));
            j += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn dots_stand_for_what_is_not_looked_at() {
        for (expected, came, fits) in [
            (&["a", "b"][..], &["a", "b"][..], true),
            (&["a"], &["a", "b"], false),
            (&["a", "b"], &["a"], false),
            (&[], &["a"], false),
            (&[], &[], true),
            (&["…"], &[], true),
            (&["…"], &["a", "b"], true),
            (&["a", "…"], &["a", "b", "c"], true),
            (&["…", "c"], &["a", "b", "c"], true),
            (&["…", "b"], &["a", "b", "c"], false),
            (&["…", "b", "…"], &["a", "b", "c"], true),
            (&["Hola…"], &["Hola Ana\n¿Qué tal?"], true),
            (&["Hola …"], &["Hola Ana"], true),
            (&["Hola…"], &["Buenas"], false),
            (&["Un momento…"], &["Un momento…"], true),
            (&["a "], &["a"], true),
        ] {
            assert_eq!(is_as(&texts(expected), &texts(came)), fits, "{expected:?} {came:?}");
        }
    }

    #[test]
    fn what_differs_is_shown_line_by_line() {
        let shown = |expected: &[&str], came: &[&str]| -> Vec<String> {
            compare(&texts(expected), &texts(came)).iter().map(Line::shown).collect()
        };
        assert_eq!(
            shown(&["Hola\n¿Qué plato?", "Adiós"], &["Hola\n¿Cuántos platos?", "Adiós"]),
            ["  Hola", "- ¿Qué plato?", "+ ¿Cuántos platos?", "  Adiós"]
        );
        assert_eq!(shown(&["a", "…", "z"], &["a", "b"]), ["  a", "  b", "- z"]);
        assert_eq!(shown(&[], &["a"]), ["+ a"]);
        assert_eq!(shown(&["a"], &[]), ["- a"]);
    }
}
