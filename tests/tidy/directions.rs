//! The directions of a crate: which folder may name which, and what each may name of std and of other crates.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::{
    files,
    source::{end_of_code, paths, without_text},
};

/// A folder of `src`, or a file that stands there by itself.
pub(crate) struct Layer {
    /// Its path below `src`, without `.rs`.
    pub(crate) name: &'static str,
    /// The layers that it may name besides itself.
    pub(crate) below: &'static [&'static str],
    /// The other crates that it may name, besides std.
    pub(crate) crates: &'static [&'static str],
    /// Paths of std and of those crates that it may not name, nor anything in them.
    pub(crate) forbidden: &'static [&'static str],
}

/// A file by the path of its module, `lib` and `main` by their names.
type Module = Vec<String>;

/// What is wrong in the files of a crate, its test modules left out: a line for each path that points to a layer that is
/// not below, for each crate and part of std that a layer may not name, for each circle of files, and for each file
/// without a layer.
pub(crate) fn directions(crate_src: &Path, layers: &[Layer]) -> Vec<String> {
    let manifest = fs::read_to_string(crate_src.with_file_name("Cargo.toml")).unwrap();
    let (name, dependencies) = names_of(&manifest);
    let mut sources = BTreeMap::new();
    for path in files(crate_src, ".rs").into_iter().filter(|path| !path.ends_with("tests.rs")) {
        let source = fs::read_to_string(&path).unwrap();
        let module = path.strip_prefix(crate_src).unwrap().with_extension("");
        let mut module: Module = module.iter().map(|segment| segment.to_str().unwrap().to_owned()).collect();
        module.pop_if(|last| last == "mod");
        sources.insert(module, without_text(&source)[..end_of_code(&source)].to_owned());
    }

    let mut faults = BTreeSet::new();
    let mut edges: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (module, code) in &sources {
        let file = module.join("/");
        let Some(layer) = layer_of(module, layers) else {
            faults.insert(format!("{file} is in no layer"));
            continue;
        };
        seen.insert(layer.name);
        for path in paths(code) {
            let shown = path.join("::");
            if let Some(target) = local(module, &path, &name, &sources) {
                let above = layer_of(target, layers)
                    .filter(|other| other.name != layer.name && !layer.below.contains(&other.name));
                faults.extend(above.map(|above| format!("{file} names {shown}, which is in {}", above.name)));
                if target != module {
                    edges.entry(module).or_default().insert(target);
                }
            } else if dependencies.contains(&path[0]) && !layer.crates.contains(&&*path[0]) {
                faults.insert(format!("{file} names {shown}, a crate that is not for {}", layer.name));
            } else if layer.forbidden.iter().any(|forbidden| is_in(&shown, forbidden)) {
                faults.insert(format!("{file} names {shown}, which is not for {}", layer.name));
            }
        }
    }
    let unused = layers.iter().filter(|layer| !seen.contains(layer.name));
    faults.extend(unused.map(|layer| format!("there is no file in {}", layer.name)));
    faults.extend(circles(&edges));
    faults.into_iter().collect()
}

/// The name of the crate as code writes it, and those of the crates that it depends on.
fn names_of(manifest: &str) -> (String, BTreeSet<String>) {
    let mut section = "";
    let mut name = String::new();
    let mut dependencies = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if let Some((key, value)) = line.split_once('=') {
            let key = key.trim().split('.').next().unwrap();
            if section == "[package]" && key == "name" {
                name = value.trim().trim_matches('"').replace('-', "_");
            } else if section.ends_with("dependencies]") {
                dependencies.insert(key.replace('-', "_"));
            }
        }
    }
    (name, dependencies)
}

/// The layer of a file: the one that says most about where it is.
fn layer_of<'l>(module: &Module, layers: &'l [Layer]) -> Option<&'l Layer> {
    let is_within = |layer: &&Layer| {
        let folder: Vec<&str> = layer.name.split('/').collect();
        module.len() >= folder.len() && module.iter().zip(folder).all(|(segment, folder)| segment == folder)
    };
    layers.iter().filter(is_within).max_by_key(|layer| layer.name.len())
}

/// The file of this crate in which a path ends, seen from a module; None if the path leads to another crate or to a name
/// within the module.
fn local<'m>(
    module: &'m Module,
    path: &[String],
    crate_name: &str,
    sources: &'m BTreeMap<Module, String>,
) -> Option<&'m Module> {
    let is_root = *module == ["lib"] || *module == ["main"];
    let here: Module = if is_root { Vec::new() } else { module.clone() };
    let supers = path.iter().take_while(|segment| *segment == "super").count();
    let (mut at, rest) = match &*path[0] {
        "crate" => (Vec::new(), &path[1..]),
        name if name == crate_name => (Vec::new(), &path[1..]),
        "self" => (here, &path[1..]),
        "super" => (here[..here.len().checked_sub(supers)?].to_vec(), &path[supers..]),
        // A child of this module.
        child if sources.contains_key(&[&here[..], &[child.to_owned()]].concat()) => (here, path),
        _ => return None,
    };
    for segment in rest {
        at.push(segment.clone());
        if !sources.contains_key(&at) {
            at.pop();
            break;
        }
    }
    let root = if sources.contains_key(&vec!["lib".to_owned()]) { "lib" } else { "main" };
    sources.get_key_value(&if at.is_empty() { vec![root.to_owned()] } else { at }).map(|(target, _)| target)
}

/// Whether a path is another or leads into it; a glob names all that it could lead to.
fn is_in(path: &str, forbidden: &str) -> bool {
    let leads_into = path.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    leads_into || path.strip_suffix('*').is_some_and(|glob| forbidden.starts_with(glob))
}

/// A line for each circle that a walk along the edges comes upon.
fn circles(edges: &BTreeMap<&Module, BTreeSet<&Module>>) -> Vec<String> {
    fn walk<'m>(
        module: &'m Module,
        edges: &BTreeMap<&Module, BTreeSet<&'m Module>>,
        way: &mut Vec<&'m Module>,
        done: &mut BTreeSet<&'m Module>,
        found: &mut Vec<String>,
    ) {
        if let Some(begin) = way.iter().position(|other| *other == module) {
            let circle: Vec<String> = way[begin..].iter().chain([&module]).map(|module| module.join("/")).collect();
            found.push(format!("a circle: {}", circle.join(" -> ")));
        } else if done.insert(module) {
            way.push(module);
            edges.get(module).into_iter().flatten().for_each(|next| walk(next, edges, way, done, found));
            way.pop();
        }
    }
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    edges.keys().for_each(|module| walk(module, edges, &mut Vec::new(), &mut done, &mut found));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: [Layer; 4] = [
        Layer { name: "main", below: &["top", "low"], crates: &["made_up", "anyhow"], forbidden: &[] },
        Layer { name: "lib", below: &[], crates: &[], forbidden: &[] },
        Layer { name: "top", below: &["low"], crates: &["log"], forbidden: &["std::fs"] },
        Layer { name: "low", below: &[], crates: &[], forbidden: &["std::io", "std::time::Instant"] },
    ];

    /// The faults of a crate that has these files besides sound ones, which they may replace.
    fn faults(changed: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let sound = [
            ("../Cargo.toml", "[package]\nname = \"made-up\"\n[dependencies]\nanyhow = \"1\"\nlog.version = \"1\"\n"),
            ("lib.rs", "mod low; mod top;"),
            ("main.rs", "use made_up::top::a; fn main() -> anyhow::Result<()> { a::b() }"),
            ("top/mod.rs", "pub mod a; mod c;"),
            ("top/a.rs", "use super::c::d; use crate::low::{e::f, g}; pub fn b() { log::info!(\"std::fs\"); d() }"),
            ("top/c.rs", "// crate::top::a\npub fn d() {}"),
            ("low/mod.rs", "pub mod e; pub mod g;"),
            ("low/e.rs", "use std::time::Duration; #[cfg(test)] mod tests { use crate::top::a::b; use std::io; }"),
            ("low/g.rs", "use super::e;"),
        ];
        for (name, text) in sound.iter().chain(changed) {
            let path = folder.path().join("src").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directions(&folder.path().join("src"), &LAYERS)
    }

    #[test]
    fn a_crate_whose_paths_lead_down_has_no_fault() {
        assert_eq!(faults(&[]), [""; 0]);
    }

    #[test]
    fn an_arrow_up_is_found_in_use_items_and_in_code() {
        for code in [
            "use crate::top::a::b;",
            "use crate::{low::e, top::{a::b}};",
            "use super::super::top::a;",
            "fn h() { crate::top::a::b() }",
            "#[cfg(test)]\nfn i() {}\nfn h() { crate::top::a::b() }",
            "use crate as all; fn h() { all::top::a::b() }",
        ] {
            let found = faults(&[("low/g.rs", code)]);
            assert!(found.iter().any(|fault| fault.ends_with("which is in top")), "{code}: {found:?}");
        }
    }

    #[test]
    fn a_circle_is_found_within_a_folder() {
        assert_eq!(faults(&[("low/e.rs", "use super::g;")]), ["a circle: low/e -> low/g -> low/e"]);
        assert_eq!(faults(&[("top/mod.rs", "mod a; mod c; use a::b;"), ("top/c.rs", "use super::b;")]).len(), 1);
    }

    #[test]
    fn what_a_layer_may_not_name_is_found() {
        for (file, code, fault) in [
            ("low/e.rs", "use std::io;", "low/e names std::io, which is not for low"),
            ("low/e.rs", "fn h() -> std::io::Result<()> {}", "low/e names std::io::Result, which is not for low"),
            ("low/e.rs", "use std::time::*;", "low/e names std::time::*, which is not for low"),
            (
                "low/e.rs",
                "use std::time; fn h(_: time::Instant) {}",
                "low/e names std::time::Instant, which is not for low",
            ),
            ("low/e.rs", "use std::{fmt, io::Write};", "low/e names std::io::Write, which is not for low"),
            ("low/e.rs", "fn h() { log::info!() }", "low/e names log::info, a crate that is not for low"),
            ("top/a.rs", "use anyhow::Result;", "top/a names anyhow::Result, a crate that is not for top"),
        ] {
            assert_eq!(faults(&[(file, code)]), [fault], "{code}");
        }
    }

    #[test]
    fn every_file_has_a_layer_and_every_layer_a_file() {
        assert_eq!(faults(&[("other.rs", "")]), ["other is in no layer"]);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), "").unwrap();
        let expected = ["there is no file in low", "there is no file in main", "there is no file in top"];
        assert_eq!(directions(&folder.path().join("src"), &LAYERS), expected);
    }
}
