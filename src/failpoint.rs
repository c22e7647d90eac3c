//! Named points at which a test build kills its own process, as a power cut or `kill -9` would.

/// Ends this process with SIGKILL if the point is armed with `return` (feature `failpoints` only).
///
/// Armed through the variable `FAILPOINTS`, such as `after_sync=5%return`.
pub fn crash_point(name: &str) {
    #[cfg(feature = "failpoints")]
    fail::eval(name, |_| {
        let own = rustix::process::getpid();
        drop(rustix::process::kill_process(own, rustix::process::Signal::KILL));
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
