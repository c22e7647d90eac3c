//! Named points at which a test build kills its own process, as a power cut or `kill -9` would.

/// Ends this process with SIGKILL if the point is armed with `return` (feature `failpoints` only).
///
/// Armed through the variable `FAILPOINTS`, such as `after_sync=5%return`.
pub fn crash_point(name: &str) {
    #[cfg(feature = "failpoints")]
    fail::eval(name, |_| {
        let own = rustix::process::getpid();
        let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
    });
    #[cfg(not(feature = "failpoints"))]
    let _ = name;
}

/// Says whether a test build runs with this point armed with `return`; always false otherwise.
#[must_use]
pub fn is_armed(name: &str) -> bool {
    #[cfg(feature = "failpoints")]
    return fail::eval(name, |_| ()).is_some();
    #[cfg(not(feature = "failpoints"))]
    {
        let _ = name;
        false
    }
}

#[cfg(all(test, feature = "failpoints"))]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::crash_point;

    /// Reaches the point; the other test runs this one in a process of its own that has it configured.
    #[test]
    fn an_unconfigured_point_is_passed() {
        let scenario = fail::FailScenario::setup();
        crash_point("probe");
        scenario.teardown();
    }

    #[test]
    fn a_configured_point_kills_the_process() {
        let program = std::env::current_exe().expect("a test knows its own file");
        let ended = Command::new(program)
            .args(["--exact", "failpoint::tests::an_unconfigured_point_is_passed"])
            .env("FAILPOINTS", "probe=return")
            .output()
            .expect("the test binary starts");
        assert_eq!(ended.status.signal(), Some(9), "ended with {}", ended.status);
    }
}
