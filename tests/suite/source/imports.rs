//! Imports between files: no cycles, and only downwards between the top modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::support::{is_recording, repository};

/// The top modules of the library in layers, the lowest first. A module may use modules below it, never beside or
/// above it.
const LAYERS: &[&[&str]] = &[
    &["throttle"], // the package: what the library's root exports and no module has
    &["system"],
    // The data about the original; its behaviour is at the top.
    &["vocabulary", "original/files", "original/defaults"],
    &["agents", "trust"],
    &["audio", "pack", "payload"],
    &["config", "engine"],
    &["backend", "policy"],
    &["speaker"],
    &["player"],
    &["manager"],
    &["original"],
    &["dispatcher"],
    &["original/report"],
];

/// The folders of other packages in the library's.
const OTHERS: &[&str] = &["programs", "relay", "studio", "throttle", "bindings"];

/// A module by its path from the package's root.
type Module = Vec<String>;

/// The modules of a package, each with the modules it uses.
struct Package {
    imports: BTreeMap<Module, BTreeSet<Module>>,
}

/// The paths in a file: imported, exported, and used in place.
#[derive(Default)]
struct Said {
    /// The imports, by the names they introduce.
    imported: Vec<(String, Vec<String>)>,
    exported: Vec<(String, Vec<String>)>,
    named: Vec<Vec<String>>,
    /// The depth of inline modules, which belong to the file.
    inline: usize,
}

impl Said {
    /// `path` relative to the file, from any of its inline modules.
    fn of_file(&self, path: Vec<String>) -> Option<Vec<String>> {
        let supers = path.iter().take_while(|name| *name == "super").count();
        let path = path[supers.min(self.inline)..].to_vec();
        (!path.is_empty()).then_some(path)
    }

    /// The files it uses. Importing a whole module only uses what is taken from it.
    fn used(&self, find: impl Fn(&[String]) -> Option<Target>) -> impl Iterator<Item = Module> {
        let mut modules = BTreeMap::new();
        let mut used = Vec::new();
        for (name, path) in &self.imported {
            match find(path) {
                Some((_, None)) => _ = modules.insert(name, path),
                Some((module, Some(_))) => used.push(module),
                None => {}
            }
        }
        for path in &self.named {
            let whole = match modules.get(&path[0]) {
                Some(module) => [module, &path[1..]].concat(),
                None => path.clone(),
            };
            used.extend(find(&whole).map(|(module, _)| module));
        }
        used.into_iter()
    }
}

impl<'ast> Visit<'ast> for Said {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.inline += 1;
        visit::visit_item_mod(self, module);
        self.inline -= 1;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut leaves = Vec::new();
        spread(&item.tree, &mut Vec::new(), &mut leaves);
        for (name, path) in leaves {
            let Some(path) = self.of_file(path) else {
                continue;
            };
            match item.vis {
                Visibility::Inherited => self.imported.push((name, path)),
                _ => self.exported.push((name, path)),
            }
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // A visibility is not a use.
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|part| part.ident.to_string());
        if path.segments.len() > 1 {
            self.named.extend(self.of_file(names.collect()));
        }
        visit::visit_path(self, path);
    }
}

pub(super) fn is_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    };
    attributes.iter().any(|attribute| {
        let meta = match &attribute.meta {
            syn::Meta::List(list) => list.tokens.to_string(),
            _ => String::new(),
        };
        attribute.path().is_ident("cfg")
            && meta
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == "test")
    })
}

/// The leaves of a `use` tree, each with the name it introduces.
fn spread(tree: &UseTree, above: &mut Vec<String>, leaves: &mut Vec<(String, Vec<String>)>) {
    let with = |name: String| [above.clone(), vec![name]].concat();
    match tree {
        UseTree::Path(path) => {
            above.push(path.ident.to_string());
            spread(&path.tree, above, leaves);
            above.pop();
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| spread(tree, above, leaves)),
        UseTree::Name(name) if name.ident == "self" => {
            leaves.push((above.last().cloned().unwrap_or_default(), above.clone()));
        }
        UseTree::Name(name) => leaves.push((name.ident.to_string(), with(name.ident.to_string()))),
        UseTree::Rename(name) => {
            leaves.push((name.rename.to_string(), with(name.ident.to_string())))
        }
        UseTree::Glob(_) => leaves.push(("*".to_owned(), above.clone())),
    }
}

impl Package {
    /// The package in `src/root`, without its folders `others`.
    fn read(root: &str, others: &[&str]) -> Self {
        let mut said = BTreeMap::new();
        for (path, text) in super::sources_in(&format!("src/{root}")) {
            let of_others = others.iter().any(|other| path.starts_with(other));
            let module = module_of(&path);
            if of_others || module.iter().any(|name| name.contains("tests")) {
                continue;
            }
            let file = syn::parse_file(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut of_file = Said::default();
            of_file.visit_file(&file);
            said.insert(module, of_file);
        }
        let mut exports = BTreeMap::new();
        // Chains of exports are not longer.
        for _ in 0..3 {
            for (module, of_file) in &said {
                // What a file imports for itself, the files in its folder may take from it.
                for (name, path) in of_file.exported.iter().chain(&of_file.imported) {
                    if let Some(target) = resolve(module, path, &said, &exports) {
                        exports.insert((module.clone(), name.clone()), target);
                    }
                }
            }
        }
        let imports = said.iter().map(|(module, of_file)| {
            let find = |path: &[String]| resolve(module, path, &said, &exports);
            let others = of_file.used(find).filter(|other| other != module);
            (module.clone(), others.collect())
        });
        let imports = imports.collect();
        Self { imports }
    }

    /// A cycle of files, if there is one.
    fn circle(&self) -> Option<Vec<&Module>> {
        let mut done = BTreeSet::new();
        self.imports
            .keys()
            .find_map(|start| self.round(start, &mut Vec::new(), &mut done))
    }

    fn round<'a>(
        &'a self,
        at: &'a Module,
        way: &mut Vec<&'a Module>,
        done: &mut BTreeSet<&'a Module>,
    ) -> Option<Vec<&'a Module>> {
        if let Some(begin) = way.iter().position(|before| *before == at) {
            return Some(way[begin..].to_vec());
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        let found = self
            .imports
            .get(at)?
            .iter()
            .find_map(|next| self.round(next, way, done));
        way.pop();
        found
    }
}

fn module_of(path: &Path) -> Module {
    let path = path.with_extension("");
    let mut names: Module = path
        .iter()
        .map(|name| name.to_str().unwrap().to_owned())
        .collect();
    if names.last().is_some_and(|last| last == "mod") || names == ["lib"] {
        names.pop();
    }
    names
}

type Target = (Module, Option<String>);

/// The file and the item that `path` in `module` refers to; none if it leaves the package.
fn resolve(
    module: &Module,
    path: &[String],
    files: &BTreeMap<Module, Said>,
    exports: &BTreeMap<(Module, String), Target>,
) -> Option<Target> {
    let mut at = module.clone();
    let mut rest = path;
    match &*path[0] {
        "crate" => (at, rest) = (Module::new(), &path[1..]),
        "self" => rest = &path[1..],
        "super" => {
            while rest.first().is_some_and(|name| name == "super") {
                at.pop()?;
                rest = &rest[1..];
            }
        }
        child => {
            if !files.contains_key(&[&at[..], &[child.to_owned()]].concat()) {
                return None;
            }
        }
    }
    for (place, name) in rest.iter().enumerate() {
        let below = [&at[..], std::slice::from_ref(name)].concat();
        if files.contains_key(&below) {
            at = below;
        } else if let Some((target, item)) = exports.get(&(at.clone(), name.clone())) {
            match (item, rest.get(place + 1)) {
                (None, Some(_)) => at = target.clone(),
                _ => return Some((target.clone(), item.clone())),
            }
        } else {
            return files.contains_key(&at).then(|| (at, Some(name.clone())));
        }
    }
    files.contains_key(&at).then_some((at, None))
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    for (root, others) in [
        (".", OTHERS),
        ("throttle", &[]),
        ("programs", &[]),
        ("relay", &[]),
        ("studio", &[]),
        ("bindings/c/src", &[]),
        ("bindings/python/src", &[]),
    ] {
        let package = Package::read(root, others);
        assert!(package.imports.len() > 5, "{root}: its files are gone");
        let circle = package.circle();
        let circle =
            circle.map(|files| files.iter().map(|file| file.join("/")).collect::<Vec<_>>());
        assert_eq!(circle, None, "in src/{root}");
    }
}

/// The library without the packages in its folder.
fn library() -> Package {
    Package::read(".", OTHERS)
}

/// The layer and the top module of `module`; none if it is in no top module.
fn top_module(module: &Module) -> Option<(usize, &'static str)> {
    let find = |name: &str| {
        let layers = LAYERS.iter().enumerate();
        let mut tops = layers.flat_map(|(layer, tops)| tops.iter().map(move |top| (layer, *top)));
        tops.find(|(_, top)| *top == name)
    };
    match &module[..] {
        [] => find("throttle"),
        [first] => find(first),
        [first, second, ..] => find(&format!("{first}/{second}")).or_else(|| find(first)),
    }
}

#[test]
fn dependencies_point_downwards() {
    for (module, others) in &library().imports {
        // Pages, and what is only for this repository's packages: no top module may name either.
        if module.is_empty() || ["docs", "internals"].contains(&&*module[0]) {
            continue;
        }
        let (own, _) = top_module(module).unwrap_or_else(|| panic!("{module:?} is on no layer"));
        for other in others.iter().filter(|other| !other.is_empty()) {
            let (below, _) =
                top_module(other).unwrap_or_else(|| panic!("{other:?} is on no layer"));
            let is_below = below < own || other[0] == module[0];
            let (module, other) = (module.join("/"), other.join("/"));
            assert!(is_below, "{module} knows {other}, which is not below it");
        }
    }
}

/// The top modules that each top module uses.
type Uses = BTreeMap<&'static str, BTreeSet<&'static str>>;

fn uses(package: &Package) -> Uses {
    let mut uses = Uses::new();
    let tops = package
        .imports
        .iter()
        .filter(|(module, _)| !module.is_empty());
    for (module, others) in tops {
        let Some((_, own)) = top_module(module) else {
            continue;
        };
        let others = others.iter().filter_map(top_module).map(|(_, other)| other);
        let others = others.filter(|other| *other != own);
        uses.entry(own).or_default().extend(others);
    }
    uses
}

/// The top modules that `top` uses, directly or indirectly.
fn reached(top: &str, uses: &Uses) -> BTreeSet<&'static str> {
    let direct = uses.get(top).into_iter().flatten();
    direct
        .flat_map(|other| reached(other, uses).into_iter().chain([*other]))
        .collect()
}

/// As a Mermaid graph: an arrow from each top module to those it uses, unless a longer path leads there.
fn drawing(uses: &Uses) -> String {
    let mut lines = vec!["flowchart TD".to_owned()];
    for top in LAYERS.iter().rev().flat_map(|tops| tops.iter()) {
        let direct = uses.get(top).cloned().unwrap_or_default();
        let further: BTreeSet<_> = direct
            .iter()
            .flat_map(|other| reached(other, uses))
            .collect();
        let arrows = direct.difference(&further);
        lines.extend(arrows.map(|other| format!("    {top} --> {other}")));
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_modules_are_as_it_is_drawn() {
    const FENCE: &str = "```mermaid\n";
    let path = repository().join("src/docs/design.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(FENCE).expect("the page has a drawing");
    let (stored, after) = rest.split_once("```").unwrap();
    let fresh = drawing(&uses(&library()));
    assert!(fresh.lines().count() > 12, "the modules are gone: {fresh}");
    if is_recording() {
        fs::write(&path, [before, FENCE, &fresh, "```", after].concat()).unwrap();
    } else {
        assert_eq!(
            stored, fresh,
            "the modules use others now: run cargo xtask pictures"
        );
    }
}
