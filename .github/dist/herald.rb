class Herald < Formula
  desc "Audio engine for coding-agent hooks: the right sound, at once, exactly once"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@URL@/herald-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256 herald-@VERSION@-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@URL@/herald-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256 herald-@VERSION@-x86_64-apple-darwin.tar.gz@"
    end
  end
  on_linux do
    on_arm do
      url "@URL@/herald-@VERSION@-aarch64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 herald-@VERSION@-aarch64-unknown-linux-gnu.tar.gz@"
    end
    on_intel do
      url "@URL@/herald-@VERSION@-x86_64-unknown-linux-gnu.tar.gz"
      sha256 "@SHA256 herald-@VERSION@-x86_64-unknown-linux-gnu.tar.gz@"
    end
  end

  def install
    bin.install "bin/herald", "bin/herald-player", "bin/herald-relay", "bin/herald-studio"
    man1.install Dir["man/*"]
    bash_completion.install "completions/herald.bash" => "herald"
    fish_completion.install "completions/herald.fish"
    pkgshare.install "claude-plugin"
    zsh_completion.install "completions/_herald"
  end

  def caveats
    "Register the hooks in your agent: herald install. Before uninstalling: herald uninstall"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/herald --version")
  end
end
