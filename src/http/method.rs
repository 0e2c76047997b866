//! Request methods (RFC 9110 section 9).

macro_rules! methods {
    ($($name:ident = $token:literal;)*) => {
        /// The methods this server knows (RFC 9110 section 9, and PATCH of RFC 5789). A route decides
        /// which of them a resource has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Method {
            $(#[doc = concat!("`", $token, "`")] $name,)*
        }

        impl Method {
            const ALL: &[Method] = &[$(Method::$name),*];

            /// The method with this token. Methods are case-sensitive.
            #[must_use]
            pub(super) fn from_token(token: &[u8]) -> Option<Method> {
                $(if token == $token.as_bytes() { return Some(Method::$name); })*
                None
            }

            /// The token on the wire.
            #[must_use]
            pub const fn token(self) -> &'static str {
                match self { $(Method::$name => $token,)* }
            }
        }
    };
}

methods! {
    Get = "GET";
    Head = "HEAD";
    Post = "POST";
    Put = "PUT";
    Delete = "DELETE";
    Connect = "CONNECT";
    Options = "OPTIONS";
    Trace = "TRACE";
    Patch = "PATCH";
}

/// The value of `Allow` (RFC 9110 section 10.2.1) for a resource that has these methods. HEAD goes with GET, and OPTIONS
/// with anything.
pub(crate) fn allow(has: impl Fn(Method) -> bool) -> String {
    let listed = |&&method: &&Method| match method {
        Method::Head => has(Method::Get),
        method => method == Method::Options || has(method),
    };
    Method::ALL.iter().filter(listed).map(|method| method.token()).collect::<Vec<_>>().join(", ")
}
