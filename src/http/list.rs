//! Comma-separated lists (RFC 9110 section 5.6.1).

/// The members of a list, without the white space around them. Empty members are skipped, as a recipient must. A
/// comma between double quotes belongs to its member.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let separates = move |&byte: &u8| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    };
    value.split(separates).map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_divided_at_its_commas_and_empty_members_are_skipped() {
        for (value, expected) in [
            (&b""[..], &[][..]),
            (b" , gzip ,,\tbr;q=1,", &[&b"gzip"[..], b"br;q=1"]),
            (b"\"a,b\" , W/\"\\\",\"c\"", &[b"\"a,b\"", b"W/\"\\\"", b"\"c\""]),
            (b"\"a, b", &[b"\"a, b"]),
        ] {
            assert_eq!(members(value).collect::<Vec<_>>(), expected, "{}", value.escape_ascii());
        }
    }
}
