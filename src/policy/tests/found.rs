//! What the built-in rules find: scripts that shells read, programs that run others, and each kind of target.

use super::commands::{assert_all, both};
use super::*;

/// A shell runs what it reads, from anywhere in the pipeline.
#[test]
fn what_a_shell_reads_is_looked_into() {
    assert_all(
        &[
            "echo rm -rf / | sh",
            "echo -e 'cd x\\nrm -rf /' | sh",
            "printf 'rm %s %s\\n' -rf / | sh",
            "printf '%s\\n' 'cd x' 'rm -rf /' | sudo bash",
            "echo x | tee log; echo rm -rf / | tee log | bash",
            "{ echo cd x; echo rm -rf /; } | sh",
            "(echo rm -rf /) | (cd x; sh)",
            "for x in 1 2; do echo rm -rf /; done | sh",
            "bash -c sh <<< 'rm -rf /'",
            "eval bash <<< 'rm -rf /'",
            "sudo sh -c 'bash -s' <<EOF\nrm -rf /\nEOF",
            "bash <<EOF; ls\nrm -rf /\nEOF",
            "{ ls; sudo bash; } <<EOF\nrm -rf /\nEOF",
            "su <<< 'rm -rf /'",
            "su - root <<< 'rm -rf /'",
            "sudo -s <<< 'rm -rf /'",
            "sudo -i <<< 'rm -rf /'",
            "sudo -u root -si <<< 'rm -rf /'",
            "sudo --login <<< 'rm -rf /'",
            "doas -s <<< 'rm -rf /'",
            "unshare -r <<< 'rm -rf /'",
            "nsenter -t 1 -m <<< 'rm -rf /'",
            "chroot /mnt <<< 'rm -rf /'",
            "at now <<< 'rm -rf /'",
            "echo rm -rf / | at now + 1 minute",
            "echo rm -rf / | parallel",
            "bash <(echo rm -rf /)",
            "bash < <(echo rm -rf /)",
            "source <(echo rm -rf /)",
            ". <(echo rm -rf /)",
            "bash /dev/stdin <<< 'rm -rf /'",
            "bash /proc/self/fd/0 <<< 'rm -rf /'",
            ". /dev/stdin <<< 'rm -rf /'",
            "eval \"$(echo rm -rf /)\"",
            "sh -c \"$(cat <<'EOF'\nrm -rf /\nEOF\n)\"",
            "fish -C 'rm -rf /'",
            "fish --init-command='rm -rf /'",
            "sh -c '((rm -rf /))'",
            "dash -c 'true && ((cd x; rm -rf /))'",
            "sh <<< '((rm -rf /))'",
            "trap -- 'rm -rf /' EXIT",
        ],
        Some(Deny),
    );
}

/// Each row of the table of runners is found.
#[test]
fn a_program_behind_another_is_found() {
    let mut wrong = Vec::new();
    let [quiet, _] = both();
    for before in [
        "unshare -r",
        "unshare --mount --fork",
        "nsenter -t 1 -m",
        "nsenter --target 1 --mount",
        "prlimit --nofile=10",
        "setpriv --reuid 1000",
        "run0 -u root",
        "run0 --user root",
        "firejail --quiet",
        "bwrap --ro-bind / / --dev /dev",
        "dbus-run-session --",
        "valgrind --tool=none -q",
        "perf stat",
        "perf stat -e cycles -r 3",
        "perf record -o x --",
        "numactl -N 0 -m 0",
        "eatmydata",
        "faketime '2020-01-01'",
        "faketime -f '@2020-01-01'",
        "xvfb-run -a",
        "xvfb-run -s '-screen 0 1x1x8'",
        "torsocks",
        "torify",
        "proxychains4 -q -f x.conf",
        "proxychains",
        "ssh-agent",
        "direnv exec .",
        "mise exec node@20 --",
        "mise x --",
        "asdf exec",
        "cross-env A=1 B=2",
        "npx",
        "npx -y",
        "bunx",
        "bun x",
        "npm exec --",
        "npm x -y",
        "pnpm exec",
        "pnpm -r exec",
        "pnpm --filter web exec",
        "pnpm dlx",
        "yarn exec",
        "yarn dlx",
        "poetry run",
        "poetry -C sub run",
        "uv run",
        "uv run --with x --",
        "uv --quiet run -p 3.12",
        "pipenv run",
        "pdm run",
        "rye run",
        "hatch run",
        "conda run -n env",
        "bundle exec",
        "sg wheel",
        "sg wheel -c",
        "tmux new -d -s x",
        "tmux -L sock new-session -d",
        "tmux split-window -h",
        "screen -dm",
        "screen -S x -dm",
        "screen -dmS x",
        "git submodule foreach",
        "git -C sub submodule --quiet foreach --recursive",
        "git bisect run",
        "git rebase main --exec",
        "gtimeout 5",
        "gxargs -n 1",
        "gnice",
        "ip netns exec x",
        "systemd-run --user -p A=b",
        "script -c",
        "script -q /dev/null",
        "fd x -x",
        "nix develop -c",
        "command",
    ] {
        let quoted = ["sg", "tmux", "git rebase", "script -c"];
        let command = match before {
            _ if quoted.iter().any(|name| before.starts_with(name)) => {
                format!("{before} 'rm -rf /'")
            }
            _ => format!("{before} rm -rf /"),
        };
        if action(&quiet, &command) != Some(Deny) {
            wrong.push(command);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_all(&["grm -rf /", "rm.exe -rf /", "sudo grm -rf /"], Some(Deny));
}

#[test]
fn packages_are_installed_in_many_ways() {
    assert_all(
        &[
            "yarn --frozen-lockfile",
            "yarn --immutable",
            "yarn --cwd app",
            "yarn --cwd app --frozen-lockfile",
            "yarn --cwd app add x",
            "yarn workspace x add y",
            "yarn workspaces focus",
            "python3 -mpip install x",
            "python3 -Im pip install x",
            "python3 -Impip install x",
            "python -m pip install x",
            "py -3 -m pip install x",
            "npm cit",
            "npm install-ci-test",
            "npm sit",
            "npm udpate",
            "npm.cmd install",
            "NPM.CMD i",
            "npx.cmd npm install",
            "poetry run pip install x",
            "uv run pip install x",
            "uv run python -m pip install x",
            "npx npm install",
            "pnpm exec npm install",
            "pnpm --dir app add x",
            "pnpm -w add x",
            "pnpm -r update",
            "npm --workspaces install",
            "npm -w web i x",
            "uv --directory x sync",
            "uv tool install x",
        ],
        Some(Ask),
    );
}

/// Any absolute target, the home directory and the project, as in the original; of the directory for
/// temporary files only all of it.
#[test]
fn a_target_outside_the_current_directory_is_denied() {
    assert_all(
        &[
            "rm -rf /etc",
            "rm -rf /usr/local",
            "rm -rf /home/user",
            "rm -rf /home/user/*",
            "rm -rf $HOME/x",
            "rm -rf ${HOME}/x",
            "rm -rf \"$HOME/x\"",
            "rm -rf ${HOME:?}",
            "rm -rf ${HOME:?}/x",
            "rm -rf \"${HOME:-/root}\"/*",
            "rm -rf \"${HOME%/}\"",
            "rm -rf \"$(pwd)\"",
            "rm -rf `pwd`/*",
            "rm -rf $( pwd -P )",
            "rm -rf \"$(git rev-parse --show-toplevel)\"",
            "rm -rf ~/x",
            "rm -rf ~root",
            "rm -rf ~root/x",
            "rm -rf $CLAUDE_PROJECT_DIR/src",
            "rm -rf ${CLAUDE_PROJECT_DIR:?}/src",
            "rm -rf build /etc",
            "rm -r /var/lib",
            "rm -rf /tmp",
            "rm -rf /tmp/",
            "rm -rf /tmp/../etc",
            "rm -rf /tmp/../tmp",
            "rm -rf /tmpfiles",
            "rm -rf C:/Users/x",
            "sudo rm -rf --no-preserve-root /etc",
            "echo 'a; rm -rf /etc' \"\n; rm -rf /etc",
        ],
        Some(Deny),
    );
    let [quiet, original] = both();
    for below in [
        "rm -rf /tmp/x",
        "rm -rf /tmp/*",
        "rm -rf \"/tmp/x y\"/*",
        "rm -rf /tmp/x/../y",
        "rm -rf /private/tmp/x",
    ] {
        assert_eq!(action(&quiet, below), None, "{below}");
        assert_eq!(action(&original, below), Some(Deny), "{below}");
    }
    for relative in [
        "rm -rf build",
        "rm -rf ./etc",
        "rm -rf ../x",
        "rm -rf $PWD/x",
        "rm -rf \"$(pwd)/dist\"",
        "rm -rf \"$(git rev-parse --show-toplevel)/dist\"",
        "rm -rf $(mktemp -d)",
        "rm -rf ${HOME##*/}",
        "rm -rf $HOMES/x",
        "rm /etc/x",
        "rm -f /etc/x",
    ] {
        assert_eq!(action(&quiet, relative), None, "{relative}");
    }
}

/// After `cd x &&`, the current directory is another.
#[test]
fn all_of_a_directory_is_that_of_where_the_command_is() {
    let [quiet, _] = both();
    for command in [
        "cd build && rm -rf *",
        "cd build && rm -rf .",
        "cd build && rm -rf ./* && ls",
        "mkdir -p x && cd x/y && sudo rm -rf -- *",
        "cd /tmp/x && rm -rf *",
        "cd -- build && sh -c 'rm -rf *'",
        "pushd build && rm -rf * && popd",
        "cd /home/user/shop && rm -rf node_modules",
        "cd ~/shop && rm -rf dist",
    ] {
        assert_eq!(action(&quiet, command), None, "{command}");
    }
    assert_all(
        &[
            "cd / && rm -rf *",
            "cd && rm -rf *",
            "cd ~ && rm -rf *",
            "cd $HOME/x && rm -rf *",
            "cd /home/user && rm -rf *",
            "cd .. && rm -rf *",
            "cd src && cd .. && rm -rf *",
            "cd build && rm -rf ..",
            "cd build && rm -rf /",
            "cd - && rm -rf *",
            "cd $X && rm -rf *",
            "cd \"$(x)\" && rm -rf *",
            // `build` may not exist.
            "cd build; rm -rf *",
            "cd build\nrm -rf *",
            "cd build || rm -rf *",
            "! cd build && rm -rf *",
            "(cd build) && rm -rf *",
            "cd build | true && rm -rf *",
            "cd build & rm -rf *",
        ],
        Some(Deny),
    );
}

#[test]
fn a_machine_is_stopped_in_many_ways() {
    assert_all(
        &[
            "systemctl start poweroff.target",
            "systemctl isolate reboot.target",
            "systemctl --no-block start halt.target",
            "systemctl -H box isolate poweroff",
            "systemctl --no-pager reboot",
            "systemctl -q poweroff",
            "sudo systemctl kexec",
            "reboot() { :; }; sudo reboot",
            "reboot; reboot() { :; }",
            "reboot() { :; }; sh -c reboot",
            "halt() { command halt; }; halt",
            "echo halt | bash --norc",
        ],
        Some(Deny),
    );
}

/// Every way in which git discards uncommitted changes.
#[test]
fn git_discards_work_in_many_ways() {
    assert_all(
        &[
            "git checkout .",
            "git checkout ./src",
            "git checkout src/",
            "git checkout '*.rs'",
            "git checkout Cargo.lock",
            "git checkout HEAD f",
            "git checkout main src/a.rs",
            "git checkout -q -- f",
            "git checkout -f main",
            "git checkout -qf",
            "git restore .",
            "git restore f",
            "git restore -SW f",
            "git restore --staged --worktree f",
            "git restore -s HEAD f",
            "git restore --source=HEAD~1 --staged f",
            "git switch -f main",
            "git switch --discard-changes main",
            "git stash drop",
            "git stash drop stash@{1}",
            "git stash clear",
            "git -C sub stash -q drop",
            "git-reset --hard",
            "/usr/lib/git-core/git-clean -fd",
            "git -c clean.requireForce=false clean -dx",
            "git -c CLEAN.requireforce=no clean -d",
            "git clean -xdf",
            "git clean -e a -f",
            "git reset --hard",
            "git submodule foreach git reset --hard",
            "git submodule foreach 'git clean -fd'",
        ],
        Some(Ask),
    );
}

#[test]
fn the_members_of_a_call_have_many_names() {
    let quiet = of_project(json!([]));
    let mut wrong = Vec::new();
    for (input, expected) in [
        (json!({"argv": ["rm", "-rf", "/"]}), Some(Deny)),
        (json!({"program": "rm", "args": ["-rf", "/"]}), Some(Deny)),
        (json!({"program": "/bin/rm", "argv": "-rf /"}), Some(Deny)),
        (
            json!({"program": "/opt/my tools/rm", "args": ["-rf", "/"]}),
            Some(Deny),
        ),
        (
            json!({"command": "/opt/my tools/rm", "args": ["-rf", "/"]}),
            Some(Deny),
        ),
        (json!({"command": "rm -rf", "args": ["/"]}), Some(Deny)),
        (
            json!({"executable": "rm", "arguments": ["-rf", "/"]}),
            Some(Deny),
        ),
        (
            json!({"command": {"program": "rm", "args": ["-rf", "/"]}}),
            Some(Deny),
        ),
        (json!({"script": "cd x\nrm -rf /"}), Some(Deny)),
        (json!({"shell_command": "rm -rf /"}), Some(Deny)),
        (json!({"command_line": "rm -rf /"}), Some(Deny)),
        (json!({"commandLine": "rm -rf /"}), Some(Deny)),
        (json!({"CommandLine": "rm -rf /"}), Some(Deny)),
        (json!({"Command": "rm -rf /"}), Some(Deny)),
        (json!({"command-line": "npm install"}), Some(Ask)),
        (
            json!({"command": ["/opt/my tools/rm", "-rf", "/"]}),
            Some(Deny),
        ),
        (json!(["/opt/my tools/rm", "-rf", "/"]), Some(Deny)),
        (json!({"command": ["cd x", "rm -rf /"]}), Some(Deny)),
        (json!({"uri": "file:///home/dev/shop/.env"}), Some(Deny)),
        (
            json!({"source": "a.txt", "destination": "x/.env"}),
            Some(Deny),
        ),
        (json!({"source": "/root/.ssh/id_rsa"}), Some(Deny)),
        (json!({"file_path": ".env::$DATA"}), Some(Deny)),
        (json!({"file_path": "x\\.env::$data"}), Some(Deny)),
        (json!({"script": "it's (not for a shell"}), None),
        (
            json!({"source": "import x\nload('.env.local')\n.env"}),
            None,
        ),
        (json!({"source": ["load('.env.local')\n", ".env"]}), None),
        (json!({"source": "a".repeat(70_000)}), None),
        (json!({"resource": ".env", "program": "ls"}), None),
        (json!({"command": ["/opt/my tools/ls", "-l"]}), None),
    ] {
        let found = ruling(&quiet, input.clone()).map(|ruling| ruling.action);
        if found != expected {
            wrong.push(format!("{input:.120}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
