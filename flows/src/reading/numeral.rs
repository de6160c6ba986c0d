//! Numbers in a text, in digits or in words, wherever they stand. What `number`, `date` and `time` share.

use super::tokens::Tokens;

/// The words that are numbers by themselves.
pub(crate) const CARDINALS: &[(&str, u64)] = &[
    ("cero", 0),
    ("un", 1),
    ("uno", 1),
    ("una", 1),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("nueve", 9),
    ("diez", 10),
    ("once", 11),
    ("doce", 12),
    ("trece", 13),
    ("catorce", 14),
    ("quince", 15),
    ("dieciseis", 16),
    ("diecisiete", 17),
    ("dieciocho", 18),
    ("diecinueve", 19),
    ("veinte", 20),
    ("veintiun", 21),
    ("veintiuno", 21),
    ("veintiuna", 21),
    ("veintidos", 22),
    ("veintitres", 23),
    ("veinticuatro", 24),
    ("veinticinco", 25),
    ("veintiseis", 26),
    ("veintisiete", 27),
    ("veintiocho", 28),
    ("veintinueve", 29),
    ("treinta", 30),
    ("cuarenta", 40),
    ("cincuenta", 50),
    ("sesenta", 60),
    ("setenta", 70),
    ("ochenta", 80),
    ("noventa", 90),
    ("cien", 100),
    ("ciento", 100),
    ("doscientos", 200),
    ("doscientas", 200),
    ("trescientos", 300),
    ("trescientas", 300),
    ("cuatrocientos", 400),
    ("cuatrocientas", 400),
    ("quinientos", 500),
    ("quinientas", 500),
    ("seiscientos", 600),
    ("seiscientas", 600),
    ("setecientos", 700),
    ("setecientas", 700),
    ("ochocientos", 800),
    ("ochocientas", 800),
    ("novecientos", 900),
    ("novecientas", 900),
    // Frequent spellings that sound different.
    ("docientos", 200),
    ("docientas", 200),
    ("trecientos", 300),
    ("trecientas", 300),
    ("seicientos", 600),
    ("seicientas", 600),
    ("sietecientos", 700),
    ("nuevecientos", 900),
    ("ventiun", 21),
    ("ventiuno", 21),
    ("ventidos", 22),
    ("ventitres", 23),
    ("venticuatro", 24),
    ("venticinco", 25),
    ("ventiseis", 26),
    ("ventisiete", 27),
    ("ventiocho", 28),
    ("ventinueve", 29),
];

/// The words for places in a row, without their last letter, which follows what they count.
const ORDINALS: [&str; 10] =
    ["primer", "segund", "tercer", "cuart", "quint", "sext", "septim", "octav", "noven", "decim"];

/// A number as it was written, exact: `digits` ÷ 10^`scale`. Never more than 18 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) digits: i64,
    pub(crate) scale: u32,
}

impl Decimal {
    const LIMIT: i64 = 1_000_000_000_000_000_000;

    fn whole(n: u64) -> Option<Self> {
        Self::new(i64::try_from(n).ok()?, 0)
    }

    /// The shortest writing of it; nothing when it is too long.
    fn new(mut digits: i64, mut scale: u32) -> Option<Self> {
        while scale > 0 && digits % 10 == 0 {
            (digits, scale) = (digits / 10, scale - 1);
        }
        (digits < Self::LIMIT && scale <= 18).then_some(Self { digits, scale })
    }

    fn times(self, by: i64) -> Option<Self> {
        Self::new(self.digits.checked_mul(by)?, self.scale)
    }

    fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let lift = |it: Self| it.digits.checked_mul(10_i64.checked_pow(scale - it.scale)?);
        Self::new(lift(self)?.checked_add(lift(other)?)?, scale)
    }

    fn half(of: i64) -> Option<Self> {
        Self::new(5, 1)?.times(of)
    }
}

/// The one word at this place as a number.
pub(crate) fn single(tokens: &Tokens, at: usize) -> Option<u64> {
    let word = tokens.word(at);
    let listed = CARDINALS.iter().find(|(name, _)| *name == word).map(|(_, n)| *n);
    listed.or_else(|| fused(word))
}

/// "treintaicinco", "cuarentaytres".
fn fused(word: &str) -> Option<u64> {
    let tens = CARDINALS.iter().filter(|(_, n)| (30..=90).contains(n) && n % 10 == 0);
    let (rest, ten) = tens.filter_map(|(name, n)| word.strip_prefix(name).map(|rest| (rest, n))).next()?;
    let unit = rest.strip_prefix(['i', 'y'])?;
    let units = CARDINALS.iter().filter(|(_, n)| (1..=9).contains(n));
    units.filter(|(name, _)| *name == unit).map(|(_, n)| ten + n).next()
}

/// A number from 0 to 99 in words, and the place after it.
pub(crate) fn below_hundred(tokens: &Tokens, at: usize) -> Option<(u64, usize)> {
    let n = single(tokens, at).filter(|n| *n < 100)?;
    // "diez y seis", "veinte y cinco" are old, and alive.
    if n >= 10
        && n % 10 == 0
        && tokens.word(at + 1) == "y"
        && let Some(unit) = single(tokens, at + 2).filter(|unit| (1..=9).contains(unit))
    {
        return Some((n + unit, at + 3));
    }
    Some((n, at + 1))
}

fn below_thousand(tokens: &Tokens, at: usize) -> Option<(u64, usize)> {
    let Some(hundreds) = single(tokens, at).filter(|n| *n >= 100) else { return below_hundred(tokens, at) };
    let rest = below_hundred(tokens, at + 1).filter(|(n, _)| *n > 0 && tokens.word(at) != "cien");
    Some(rest.map_or((hundreds, at + 1), |(n, next)| (hundreds + n, next)))
}

/// A whole number below a million, all in words: "dos mil veintisiete".
pub(crate) fn cardinal(tokens: &Tokens, at: usize) -> Option<(u64, usize)> {
    let group = below_thousand(tokens, at);
    let next = group.map_or(at, |(_, next)| next);
    if tokens.word(next) != "mil" {
        return group;
    }
    let thousands = group.map_or(1, |(n, _)| n).max(1) * 1000;
    let rest = below_thousand(tokens, next + 1).filter(|(n, _)| *n > 0);
    Some(rest.map_or((thousands, next + 1), |(n, next)| (thousands + n, next)))
}

/// The place in a row that stands here, from 1: "primera", "2do", "3ª", "cuarto".
pub(crate) fn ordinal(tokens: &Tokens, at: usize) -> Option<(u64, usize)> {
    if let Some(digits) = tokens.digits(at) {
        let suffix = tokens.glued(at + 1)
            && (tokens.mark(at + 1) == Some('º') || SUFFIXES.contains(&tokens.word(at + 1)));
        return digits.parse().ok().filter(|_| suffix).map(|n| (n, at + 2));
    }
    let word = tokens.word(at);
    let stem = word.strip_suffix(['o', 'a']).unwrap_or(word);
    let place = ORDINALS
        .iter()
        .position(|ordinal| *ordinal == stem && (stem != word || matches!(word, "primer" | "tercer")))?;
    Some((u64::try_from(place).ok()? + 1, at + 1))
}

/// What follows the digits of an ordinal.
pub(crate) const SUFFIXES: &[&str] =
    &["a", "o", "ro", "ra", "er", "era", "ero", "do", "da", "to", "ta", "mo", "ma", "vo", "va", "no", "na"];

/// The whole number that starts here, and the place after it: "1,500.50", "dos mil", "2 millones y medio".
/// Nothing where no number starts or where it is too long.
pub(crate) fn read(tokens: &Tokens, at: usize) -> Option<(Decimal, usize)> {
    let alone = tokens.word(at) == "millon";
    let (low, mut next) = if alone { (Decimal::whole(1)?, at) } else { below_million(tokens, at)? };
    if !matches!(tokens.word(next), "millon" | "millones") {
        return decimals(tokens, low, next).or(Some((low, next)));
    }
    let mut value = low.times(1_000_000)?;
    next += 1;
    if tokens.are(next, &["y", "medio"]) {
        return Some((value.plus(Decimal::half(1_000_000)?)?, next + 2));
    }
    // "Un millón quinientos" may be 1 000 500 and 1 500 000.
    if let Some((rest, after)) = below_million(tokens, next).filter(|(n, _)| n.scale == 0 && n.digits >= 1000)
    {
        (value, next) = (value.plus(rest)?, after);
    }
    Some((value, next))
}

/// Up to 999 999 when it is in words; a number in digits may be as large as it likes.
fn below_million(tokens: &Tokens, at: usize) -> Option<(Decimal, usize)> {
    let of_words = |(n, next)| Some((Decimal::whole(n)?, next));
    if matches!(tokens.word(at), "medio" | "media") {
        let half = |by, next| Some((Decimal::half(by)?, next));
        return match tokens.word(at + 1) {
            "docena" => half(12, at + 2),
            _ => half(1, at + 1),
        };
    }
    if let Some(dozens) = dozens(tokens, at) {
        return of_words(dozens);
    }
    let (first, next) = match tokens.digits(at) {
        Some(_) => digits(tokens, at)?,
        None if tokens.word(at) == "mil" => (Decimal::whole(1)?, at),
        None => of_words(below_thousand(tokens, at)?)?,
    };
    if tokens.word(next) == "k" && tokens.glued(next) {
        return Some((first.times(1000)?, next + 1));
    }
    if tokens.word(next) != "mil" {
        return Some((first, next));
    }
    let thousands = first.times(1000)?;
    let rest = match tokens.digits(next + 1) {
        Some(_) => digits(tokens, next + 1),
        None => below_thousand(tokens, next + 1).and_then(of_words),
    };
    match rest.filter(|(n, _)| first.scale == 0 && n.scale == 0 && (1..1000).contains(&n.digits)) {
        Some((rest, after)) => Some((thousands.plus(rest)?, after)),
        None => Some((thousands, next + 1)),
    }
}

/// "docena", "dos docenas", "una docena y media"; "decena"; "un par".
fn dozens(tokens: &Tokens, at: usize) -> Option<(u64, usize)> {
    let (count, next) = match tokens.digits(at) {
        Some(digits) => (digits.parse().ok().filter(|n| *n < 1000)?, at + 1),
        None => below_thousand(tokens, at).unwrap_or((1, at)),
    };
    match tokens.word(next) {
        "docena" if tokens.are(next + 1, &["y", "media"]) => Some((count * 12 + 6, next + 3)),
        "docena" | "docenas" => Some((count * 12, next + 1)),
        "decena" | "decenas" => Some((count * 10, next + 1)),
        "par" if count == 1 => Some((2, next + 1)),
        _ => None,
    }
}

/// What may follow a whole number: "y medio", "punto cinco", "con 50", "soles con veinte céntimos".
fn decimals(tokens: &Tokens, whole: Decimal, at: usize) -> Option<(Decimal, usize)> {
    if whole.scale > 0 {
        return None;
    }
    let fraction = |digits, scale, next| Some((whole.plus(Decimal::new(digits, scale)?)?, next));
    match (tokens.word(at), tokens.word(at + 1)) {
        // "dos mil y medio" may be 2000.5 and 2500.
        ("y", "medio" | "media") if whole.digits < 1000 => return fraction(5, 1, at + 2),
        ("y", "cuarto") if whole.digits < 1000 => return fraction(25, 2, at + 2),
        ("punto" | "coma", _) => {
            let (digits, scale, next) = spoken_digits(tokens, at + 1)?;
            return fraction(digits, scale, next);
        }
        _ => {}
    }
    let at = at + usize::from(CURRENCIES.contains(&tokens.word(at)));
    if !matches!(tokens.word(at), "con" | "y") {
        return None;
    }
    let (cents, next) = match tokens.digits(at + 1) {
        Some(digits) => (digits.parse().ok().filter(|_| digits.len() <= 2)?, at + 2),
        None => below_hundred(tokens, at + 1)?,
    };
    let named = matches!(tokens.word(next), "centimos" | "centavos" | "centimo" | "centavo" | "ctvs" | "cts");
    // "diez con cinco" may be 10.05 and 10.50.
    let clear = tokens.word(at) == "con" && cents >= 10;
    if named || clear { fraction(i64::try_from(cents).ok()?, 2, next + usize::from(named)) } else { None }
}

/// "cinco", "cero cinco", "veinticinco" after "punto": the digits, and how many they are.
fn spoken_digits(tokens: &Tokens, at: usize) -> Option<(i64, u32, usize)> {
    let mut said = String::new();
    let mut next = at;
    loop {
        if let Some(digits) = tokens.digits(next).filter(|_| said.is_empty()) {
            said.push_str(digits);
            next += 1;
            break;
        }
        let Some((n, after)) = below_thousand(tokens, next) else { break };
        said.push_str(&n.to_string());
        next = after;
        if n >= 10 {
            break;
        }
    }
    let scale = u32::try_from(said.len()).ok().filter(|scale| (1..=15).contains(scale))?;
    Some((said.parse().ok()?, scale, next))
}

/// What may stand between a price and its cents.
const CURRENCIES: &[&str] =
    &["sol", "soles", "peso", "pesos", "dolar", "dolares", "euro", "euros", "boliviano", "bolivianos"];

/// A number in digits, as it is written anywhere where Spanish is spoken.
///
/// One separator before exactly three digits, after one to three that do not start with zero, parts
/// thousands ("1.500", "1,500"); any other single separator parts decimals ("2,5", "0,500", "1234.567").
/// Of several, the last parts decimals when it differs from all before it ("1.500,50"); an apostrophe
/// parts millions ("1'500.000").
fn digits(tokens: &Tokens, at: usize) -> Option<(Decimal, usize)> {
    let mut groups = vec![tokens.digits(at)?];
    let mut separators = Vec::new();
    let mut next = at + 1;
    loop {
        let three = |at: usize| tokens.digits(at).filter(|group| group.len() == 3);
        let (separator, group, after) = match tokens.mark(next) {
            Some(mark @ ('.' | ',' | '\'')) if tokens.glued(next) && tokens.glued(next + 1) => {
                (mark, tokens.digits(next + 1), next + 2)
            }
            None if !tokens.glued(next) => (' ', three(next), next + 1),
            _ => break,
        };
        let Some(group) = group else { break };
        separators.push(separator);
        groups.push(group);
        next = after;
    }
    let value = assemble(&groups, &separators)?;
    Some((value, next))
}

fn assemble(groups: &[&str], separators: &[char]) -> Option<Decimal> {
    let write = |whole: &[&str], fraction: &str| {
        let fraction = fraction.trim_end_matches('0');
        let digits = whole.concat() + fraction;
        let digits = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        Decimal::new(digits, u32::try_from(fraction.len()).ok()?)
    };
    let (first, rest) = groups.split_first()?;
    let thousands = |rest: &[&str]| {
        (1..=3).contains(&first.len()) && !first.starts_with('0') && rest.iter().all(|group| group.len() == 3)
    };
    let Some((last_separator, before)) = separators.split_last() else { return write(groups, "") };
    let (last, middle) = rest.split_last()?;
    let alike = |separators: &[char]| separators.windows(2).all(|pair| pair[0] == pair[1]);
    // An apostrophe may stand before another separator of thousands: 1'500.000.
    let after_millions = before.strip_prefix(&['\'']).unwrap_or(before);
    if before.is_empty() {
        return match last_separator {
            _ if thousands(rest) => write(groups, ""),
            ' ' => None,
            _ => write(&[first], last),
        };
    }
    let all_thousands = alike(separators)
        || (before.first() == Some(&'\'') && alike(&separators[1..]) && { last.len() == 3 });
    if all_thousands {
        return thousands(rest).then(|| write(groups, ""))?;
    }
    let differs = !before.contains(last_separator) && matches!(last_separator, '.' | ',');
    let fits = differs && (alike(before) || alike(after_millions)) && thousands(middle);
    fits.then(|| write(&groups[..groups.len() - 1], last))?
}
