//! The fields of a message (RFC 9110 section 5): names without case, values as bytes.

/// One field line. The value has lost the white space around it and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as it was sent. Compare it without case (RFC 9110 section 5.1).
    pub name: &'a [u8],
    /// The value: any bytes but controls (RFC 9110 section 5.5).
    pub value: &'a [u8],
}

/// The field lines of a header section, in the order received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields<'a>(pub(crate) Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// The values of all field lines with this name, in order. Together, joined by commas, they are the
    /// field's value (RFC 9110 section 5.3).
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes())).map(|field| field.value)
    }

    /// The value of the first field line with this name: for fields that are not lists.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The value of the only field line with this name. A field that is no list and yet stands twice is
    /// malformed: which of its values counts is anyone's guess.
    #[must_use]
    pub fn single(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The field lines as they came.
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_order_is_kept() {
        let fields = Fields(vec![
            Field { name: b"accept", value: b"a" },
            Field { name: b"Host", value: b"h" },
            Field { name: b"ACCEPT", value: b"b" },
        ]);
        assert_eq!(fields.get("Accept"), Some(&b"a"[..]));
        assert_eq!(fields.all("aCCept").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(fields.get("Accep"), None);
        assert_eq!(fields.single("accept"), None);
        assert_eq!(fields.single("host"), Some(&b"h"[..]));
    }
}
