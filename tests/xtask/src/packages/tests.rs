use super::*;

const BUILD: [Need; 2] = [Need::AlsaHeaders, Need::PkgConfig];

fn told(needs: &[Need], manager: Option<Manager>, is_root: bool, has_sudo: bool) -> String {
    match plan(needs, manager, is_root, has_sudo) {
        Plan::Tell(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_missing_nothing_done() {
    assert_eq!(plan(&[], Some(Manager::Apt), true, true), Plan::Nothing);
    assert_eq!(plan(&[], None, false, false), Plan::Nothing);
}

#[test]
fn apt_as_root_updates_then_installs() {
    let Plan::Install(commands) = plan(&BUILD, Some(Manager::Apt), true, true) else {
        panic!("not installed");
    };
    let commands: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
    assert_eq!(
        commands,
        [
            "apt-get update",
            "apt-get install -y --no-install-recommends --no-remove libasound2-dev pkg-config"
        ]
    );
}

#[test]
fn apt_as_a_user_goes_through_sudo() {
    let Plan::Install(commands) = plan(&BUILD, Some(Manager::Apt), false, true) else {
        panic!("not installed");
    };
    let commands: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
    assert_eq!(commands[0], "sudo apt-get update");
    assert!(
        commands[1].starts_with("sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y"),
        "{}",
        commands[1]
    );
}

#[test]
fn apt_without_rights_is_told() {
    let text = told(&BUILD, Some(Manager::Apt), false, false);
    assert!(text.starts_with("as root, run: apt-get install"), "{text}");
}

#[test]
fn other_managers_are_told_their_own_names() {
    for (manager, command) in [
        (
            Manager::Dnf,
            "run: sudo dnf install alsa-lib-devel pkgconf-pkg-config",
        ),
        (
            Manager::Pacman,
            "run: sudo pacman -S --needed alsa-lib pkgconf",
        ),
        (Manager::Apk, "run: sudo apk add alsa-lib-dev pkgconf"),
        (
            Manager::Zypper,
            "run: sudo zypper install alsa-devel pkg-config",
        ),
    ] {
        assert_eq!(told(&BUILD, Some(manager), false, true), command);
    }
    assert_eq!(
        told(&[Need::Linker], Some(Manager::Apk), true, false),
        "run: apk add gcc musl-dev"
    );
    assert_eq!(
        told(
            &[Need::CxxCompiler, Need::Valgrind],
            Some(Manager::Dnf),
            true,
            false
        ),
        "run: dnf install gcc-c++ valgrind"
    );
}

#[test]
fn python_comes_with_what_makes_environments() {
    for (manager, packages) in [
        (Manager::Apk, "python3"),
        (Manager::Dnf, "python3"),
        (Manager::Pacman, "python"),
        (Manager::Zypper, "python3"),
    ] {
        let text = told(&[Need::Python], Some(manager), true, false);
        assert!(text.ends_with(&format!(" {packages}")), "{text}");
    }
    let Plan::Install(commands) = plan(&[Need::Python], Some(Manager::Apt), true, false) else {
        panic!("not installed");
    };
    assert!(commands[1].ends_with(&["python3".to_owned(), "python3-venv".to_owned()]));
}

#[test]
fn an_unknown_distribution_is_told_in_words() {
    assert!(told(&BUILD, None, true, true).contains("package manager"));
}
